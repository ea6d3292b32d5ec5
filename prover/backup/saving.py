"""Makes a backup of a home that may be in use, and reads it back before anybody relies on it.

What may change meanwhile is first copied into a private folder in the home: the wallets, then the ledger, which
therefore has every event that a copied wallet has seen.  When a wallet changed meanwhile, all is copied again.  So the
copied ledger has nothing of a wallet's that is not in the copied wallet either, whose outbox has it before it settles
(prover/trader/outbox.py): a command that is repeated in the restored home settles nothing twice.

No wallet is locked, because a desk may keep its wallet open for days.  A wallet file is always replaced whole, and its
archive only grows.
"""

import filecmp
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from prover.backup import archive, restoring
from prover.backup.archive import LedgerState, Manifest
from prover.farm import pins
from prover.machine import arrayfolder, files
from prover.machine import home as homes
from prover.machine.home import Home
from prover.operator import ownkey
from prover.proofs.keystores import Keystore
from settlement import snapshot
from settlement.ledger import Ledger
from zk.errors import FormatError

ATTEMPTS = 20
_LABEL = "backup-"  # begins the name of the private folder, after arrayfolder.UNFINISHED


def save(home: Home, path: Path, now_ms: int) -> Manifest:
    """Writes a backup of the home to a new file with mode 0600, and checks it as `restoring.check` does.

    Raises FileExistsError when there is something at `path`; FormatError when the home is damaged or empty, or the
    backup is not what was written; files.Busy when another process changes the home, or a wallet all the time.
    """
    home.check()
    home.check_not_old()
    if home.pool.exists():
        restoring.open_here(home).close()  # a ledger that went back would make a backup that cannot be restored
    if os.path.lexists(path):
        raise FileExistsError(f"{path} is there already: a backup overwrites nothing")
    with homes.changing(home), _private_folder(home) as folder, ExitStack() as stack:
        sources, ledger = _copied(home, folder)
        roles = (role.file(home) for role in ownkey.ROLES)
        single = (
            *roles, home.carriers, home.validator, home.guardian_identity, home.ceremony_key, home.farm_key,
            home.path / pins.NAME,
        )  # fmt: skip
        sources |= {path.relative_to(home.path).as_posix(): path for path in single if path.exists()}
        sources |= {f"{home.guardians.name}/{path.name}": path for path in _own_files(home.guardians)}
        if ledger is not None:
            sources |= _development_keys(home)
        if not sources:
            raise FormatError(f"there is nothing to back up in {home.path}: no pool, no wallet and no secret key")
        opened = [stack.enter_context(source.open("rb")) for source in sources.values()]
        listed = tuple(archive.measure(name, file) for name, file in zip(sources, opened, strict=True))
        manifest = Manifest(archive.FORMAT, archive.VERSION, now_ms, ledger, listed)
        files.remove_unfinished(path)
        with files.writing(path, files.PRIVATE_FILE, replaces=False) as output:
            archive.write(output, manifest, opened)
            output.flush()
            restoring.check_opened(output)
    return manifest


@contextmanager
def _private_folder(home: Home) -> Iterator[Path]:
    """A folder in the home that only its user can enter.  Removes those of backups that were interrupted."""
    for leftover in home.path.glob(f"{arrayfolder.UNFINISHED}{_LABEL}*"):
        shutil.rmtree(leftover)
    with tempfile.TemporaryDirectory(prefix=f"{arrayfolder.UNFINISHED}{_LABEL}", dir=home.path) as folder:
        yield Path(folder)


def _copied(home: Home, folder: Path) -> tuple[dict[str, Path], LedgerState | None]:
    """Copies of the wallets and the pool by their names in the backup, and the state of the copied ledger, if any."""
    for attempt in range(ATTEMPTS):
        copies = files.make_folder(folder / str(attempt))
        wallets = _copied_wallets(home, copies)
        pool, ledger = _copied_pool(home, copies) if home.pool.exists() else ({}, None)
        if all(path.exists() and filecmp.cmp(path, wallets[path], shallow=False) for path in wallets):
            return {f"{home.wallets.name}/{path.name}": copy for path, copy in wallets.items()} | pool, ledger
        shutil.rmtree(copies)
    raise files.Busy(f"the wallets of {home.path} change all the time: try again when nobody trades with them")


def _copied_wallets(home: Home, folder: Path) -> dict[Path, Path]:
    """{a wallet's file: its copy}; the file before its archive, which then has what the file does not have any more."""
    copies = files.make_folder(folder / home.wallets.name)
    paths = sorted(_own_files(home.wallets), key=lambda path: (path.suffix != ".json", path))
    return {path: Path(shutil.copyfile(path, copies / path.name)) for path in paths}


def _copied_pool(home: Home, folder: Path) -> tuple[dict[str, Path], LedgerState]:
    """The files of the pool's folder by their names in the backup, and the state of the copied ledger."""
    copied = files.make_folder(folder / home.pool.path.name)
    ledger_id, event = snapshot.write(home.ledger, copied / home.ledger.name)
    in_use = {home.ledger.name + suffix for suffix in snapshot.SUFFIXES}
    sources = [*_own_files(copied), *(path for path in _own_files(home.pool.path) if path.name not in in_use)]
    state = LedgerState(ledger_id.hex(), event.height, event.digest.hex())
    return {f"{copied.name}/{path.name}": path for path in sources}, state


def _development_keys(home: Home) -> dict[str, Path]:
    """The files of the pool's keys by their names in the backup; none when a ceremony's transcript has the keys."""
    with Ledger.open(home.ledger) as ledger:
        pool = ledger.pool
    if pool.leg.transcript is not None or restoring.proves_nothing(home):
        return {}
    keystore = Keystore(home.keys, 0)
    keystore.check_pool(pool)
    folders = [keystore.folder(key.statement) for key in pool.keys]
    return {f"{home.keys.name}/{folder.name}/{path.name}": path for folder in folders for path in _own_files(folder)}


def _own_files(folder: Path) -> list[Path]:
    """The regular files of a folder: no locks, no links, nothing hidden.

    Raises FormatError for a file that no home has, because a backup either has all or says what it lacks.
    """
    found = [
        path for path in sorted(folder.glob("*"))
        if path.is_file() and not path.is_symlink() and path.suffix != ".lock" and not path.name.startswith(".")
    ]  # fmt: skip
    for path in found:
        if not archive.is_part(path.name):
            raise FormatError(f"{path} belongs to no home, so no backup can have it: move it elsewhere, and try again")
    return found
