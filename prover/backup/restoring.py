"""Checks a backup, and restores it as a new home: all of it, or nothing.

A backup is valid when its archive is; its ledger opens, and its newest event is the one of the manifest and no older
than what a wallet has seen; its wallet files, its secrets and its proving keys are readable and belong to its pool.
What is in the wallets' boxes takes their passphrases, and whether the ledger's history is sound takes an audit.
"""

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from prover.backup.archive import Archive, Manifest
from prover.farm import farmkey, pins
from prover.guardian import guardianfile, meeting
from prover.machine import arrayfolder, files
from prover.machine import home as homes
from prover.machine.home import Home
from prover.operator import founderkeys, operatorkey, ownkey, signer, validatorkey
from prover.proofs.keystores import Keystore
from prover.trader import walletfile, walletsync
from settlement import databases
from settlement.ledger import Ledger
from settlement.pool.parameters import Parameters
from settlement.pool.pool import Pool
from zk import signature
from zk.errors import FormatError
from zk.runtime import ownership

_LABEL = "restored-"  # begins the name of an unfinished home, after arrayfolder.UNFINISHED
ROOM_BYTES = 16 << 20  # what the file system needs besides the files' contents


def check(path: Path) -> Manifest:
    """The manifest of a valid backup.  Raises FormatError, walletsync.LedgerWentBack or OSError when it is not one."""
    files.check_regular(path)
    with path.open("rb") as file:
        return check_opened(file)


def check_opened(file: BinaryIO) -> Manifest:
    """As `check`, of an open file."""
    with tempfile.TemporaryDirectory(prefix="zksettle-check-") as folder:
        return _unpack(Archive(file), Path(folder))


def restore(path: Path, home: Home) -> Manifest:
    """Makes a home of a backup, which is checked first as `check` does.

    The home appears by one rename, when all of it is on the disk.  Raises FileExistsError when there is anything at its
    place but an empty folder.
    """
    if os.path.lexists(home.path) and (home.path.is_symlink() or not home.path.is_dir() or os.listdir(home.path)):
        raise FileExistsError(f"there is something in {home.path} already: choose a new folder with --home")
    files.check_regular(path)
    with path.open("rb") as file:
        archive = Archive(file)  # what is no backup makes no folders
        _remove_leftovers(files.make_folder(home.path.parent))
        return _restored(archive, home)


def proves_nothing(home: Home) -> bool:
    """Whether the home has the copy of a ledger that is elsewhere and none of its proving keys, as validators have."""
    return home.pool.joined.exists() and not home.keys.exists()


def open_here(home: Home) -> Ledger:
    """The home's ledger as it is in the home, without asking the service of one that is a copy.

    Raises FormatError as Ledger.open does, and walletsync.LedgerWentBack when it lost what a wallet of the home saw.
    """
    home.check_pool()
    ledger = Ledger.open(home.ledger)
    try:
        for seen in walletfile.last_seen(home):
            walletsync.check_seen(ledger, seen)
    except BaseException:
        ledger.close()
        raise
    return ledger


def _restored(archive: Archive, home: Home) -> Manifest:
    with arrayfolder.creating(home.path, _LABEL) as folder, homes.changing(Home(folder)):
        manifest = _unpack(archive, folder)
        for inside in (folder, *(found for found in folder.rglob("*") if found.is_dir())):
            files.sync_folder(inside)
    return manifest


def _remove_leftovers(parent: Path) -> None:
    """Removes the folders of restorations that were interrupted: those that no process has locked.

    The parent may be /tmp, where others make what they like: what is not this user's own folder is left alone.
    """
    for leftover in parent.glob(f"{arrayfolder.UNFINISHED}{_LABEL}*"):
        state = leftover.lstat()
        if not stat.S_ISDIR(state.st_mode) or not ownership.is_own(state):
            continue
        with suppress(files.Busy, OSError), homes.changing(Home(leftover), wait_s=0):
            shutil.rmtree(leftover)


def _unpack(archive: Archive, folder: Path) -> Manifest:
    """Makes a home of the archive in an empty folder, and examines it."""
    needed = sum(file.size for file in archive.manifest.files) + ROOM_BYTES
    if needed > (free := shutil.disk_usage(folder).free):
        raise OSError(errno.ENOSPC, f"the backup takes {needed} bytes, and {free} are free", str(folder))
    for index, file in enumerate(archive.manifest.files):
        path = folder / file.name
        files.make_folder(path.parent)
        with files.writing(path, files.PRIVATE_FILE) as output:
            archive.unpack(index, output)
    try:
        _examine(Home(folder), archive.manifest)
    except (FormatError, walletsync.LedgerWentBack) as error:
        named = str(error).replace(f"{folder}{os.sep}", "")  # which is gone when somebody reads this
        raise FormatError(f"the backup cannot be restored: {named}") from None
    return archive.manifest


def _examine(home: Home, manifest: Manifest) -> None:
    """Raises FormatError when the home is not one that can be used, or not the manifest's."""
    walletfile.last_seen(home)
    if home.ceremony_key.exists():
        signer.read(home.ceremony_key)
    for role in ownkey.ROLES:
        ownkey.find(home, role)
    if home.validator.exists():
        validatorkey.read(home.validator)
    farmkey.find(home.farm_key)
    pins.known(home.path / pins.NAME)
    guardianfile.here(home.guardians)
    if home.guardian_identity.exists():
        meeting.read(home.guardian_identity)
    state = manifest.ledger
    if (state is None) == home.pool.exists():
        raise FormatError("the backup's manifest has a ledger that is not in it, or none for the one that is")
    if state is None:
        return
    if home.ledger.exists():
        databases.upgrade(home.ledger)  # whoever restores an old backup has nothing yet that he could upgrade
    with open_here(home) as ledger:
        newest = ledger.reader.last_event()
        found = ledger.ledger_id.hex(), newest.height, newest.digest.hex()
        if found != (state.ledger_id, state.height, state.digest):
            raise FormatError("the backup's ledger is not the one of its manifest")
        announced = [each.change.parameters for each in ledger.reader.changes()]
        _check_secrets(home, ledger.pool, [ledger.pool.parameters, *announced])


def _check_secrets(home: Home, pool: Pool, records: Sequence[Parameters]) -> None:
    """Raises FormatError for secrets that neither the pool nor any record of its parameters names."""
    if pool.leg.transcript is None and not proves_nothing(home):
        Keystore(home.keys, 0).check_pool(pool)
    if (secrets := founderkeys.find(home.pool, ownkey.ORACLE)) is not None:
        public = tuple(map(signature.public, secrets))
        if public not in [parameters.oracle_keys for parameters in records]:
            raise FormatError("the backup's oracle keys are not those of its pool")
    if (secrets := founderkeys.find(home.pool, ownkey.GOVERNOR)) is not None:
        public = tuple(map(signature.public, secrets))
        if public != pool.governance.keys:
            raise FormatError("the backup's governor keys are not those of its pool")
    if home.pool.operator.exists():
        own = operatorkey.public(operatorkey.read(home.pool.operator))
        if own != pool.operator and not home.pool.joined.exists() and not home.pool.promoted.exists():
            raise FormatError("the backup's operator key is not that of its pool")
