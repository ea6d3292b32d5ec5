"""Adding to a ceremony: its start, a contribution, a beacon.  Each is one new file, written whole or not at all.

Before anything is added everything that is there is verified, and what is added is verified like everybody else's
before it is written.  The secrets of a contribution are drawn by zk/ceremony/phase2.py, one for each statement, and
are in memory only.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from circuits import registry
from prover.machine import files
from prover.operator import signer
from settlement.ceremony import contribution, start, transcript, verifying
from settlement.ceremony.contribution import Beacon, Head
from settlement.ceremony.start import Circuit, Powers, Start
from settlement.ceremony.transcript import Link, Transcript
from settlement.ceremony.verifying import Step, Verified
from zk.errors import FormatError, InvalidProof
from zk.formats import openfile
from zk.runtime.progress import Progress

if TYPE_CHECKING:
    from zk.formats.zkeyfile import KeyFile

    Change = Callable[[KeyFile, Progress], KeyFile]

MAX_POWERS_BYTES = 1 << 32
NAME_OF_BEACON = "beacon"


def begin(folder: Path, powers: Path, statements: Iterable[str], made_ms: int, step: Step) -> Transcript:
    """A new folder with the powers and the start of a ceremony for these statements.

    Raises FileExistsError when the folder is there, InvalidProof or FormatError when the powers are not right.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} is there already; a ceremony begins in a new folder")
    beside = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    try:
        _copy_powers(powers, beside / start.POWERS_FILE)
        (beside / start.FILE).write_bytes(start.encode(_start(beside / start.POWERS_FILE, statements, made_ms, step)))
        found = transcript.read(beside)  # whoever gets the folder must be able to
        beside.rename(folder)
    except BaseException:
        shutil.rmtree(beside)
        raise
    return replace(found, folder=folder)


def check_open(found: Transcript) -> None:
    """Raises InvalidProof when the ceremony has ended, FormatError when it has as many contributions as it can."""
    if found.has_beacon:
        raise InvalidProof(f"the ceremony has ended with a beacon, {found.chain[-1].path.name}")
    if len(found.chain) >= contribution.MAX_NUMBER:
        raise FormatError(
            f"the ceremony has {len(found.chain)} contributions, and {contribution.MAX_NUMBER} is the limit"
        )


def check_contributed(found: Transcript) -> None:
    """Raises InvalidProof when nobody has contributed."""
    if not found.contributions:
        raise InvalidProof("nobody has contributed yet, so everybody knows the secret of these keys")


def contribute(verified: Verified, name: str, text: bytes, key: Ed25519PrivateKey, made_ms: int, step: Step) -> Link:
    """Adds a contribution of fresh secrets, from the operating system's randomness and this text, to the folder.

    Raises InvalidProof when the ceremony has ended with a beacon, FormatError for a name that cannot be shown.
    """
    from zk.ceremony import phase2

    def change(before: "KeyFile", progress: Progress) -> "KeyFile":
        return phase2.contribute(before, name, text, progress)

    return _add(verified, _head(verified, name, key, made_ms, None), change, key, step)


def end(verified: Verified, beacon: Beacon, key: Ed25519PrivateKey, made_ms: int, step: Step) -> Link:
    """Adds the contribution of a public beacon, after which there is no other.

    Raises InvalidProof when the ceremony has ended already or nobody has contributed.
    """
    from zk.ceremony import phase2

    def change(before: "KeyFile", progress: Progress) -> "KeyFile":
        return phase2.beacon(before, bytes.fromhex(beacon.value), beacon.iterations_exp, NAME_OF_BEACON, progress)

    contribution.check_beacon(beacon, "the beacon")
    check_contributed(verified.transcript)
    return _add(verified, _head(verified, NAME_OF_BEACON, key, made_ms, beacon), change, key, step)


def _copy_powers(path: Path, to: Path) -> None:
    """Copies the file.  Raises FormatError before it does when that has no powers, or more than any statement needs."""
    from zk.formats import ptau

    with openfile.opened(path) as file:
        ptau.decode(file, str(path))
        if file.seek(0, os.SEEK_END) > MAX_POWERS_BYTES:
            raise FormatError(f"{path} is larger than any statement needs: `zksettle powersoftau truncate` shortens it")
        file.seek(0)
        with to.open("wb") as copy:
            shutil.copyfileobj(file, copy)


def _start(powers: Path, statements: Iterable[str], made_ms: int, step: Step) -> Start:
    from zk.formats import ptau

    with openfile.opened(powers) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        found = ptau.decode(file, start.POWERS_FILE)
        circuits = verifying.circuits_for(found, statements)
        contributors = verifying.check_powers(found, step)
        keys = verifying.first_keys(circuits, found, step)
    about = (Circuit(name, registry.pinned(name), key.ceremony.circuit_hash.hex()) for name, key in keys.items())
    return Start(Powers(digest, found.power, contributors), tuple(about), made_ms)


def _head(verified: Verified, name: str, key: Ed25519PrivateKey, made_ms: int, beacon: Beacon | None) -> Head:
    """What is said of the next contribution."""
    found = verified.transcript
    check_open(found)
    contribution.check_name(name, "the contribution")
    return Head(len(found.chain) + 1, found.digest, name, made_ms, signer.public(key), beacon)


def _add(verified: Verified, head: Head, change: "Change", key: Ed25519PrivateKey, step: Step) -> Link:
    """Writes the next file, having verified it."""
    from settlement.ceremony import shares

    keys = {}
    for statement, before in verified.keys.items():
        with step(f"Contributing to {statement}", 0) as progress:
            keys[statement] = change(before, progress)
    verifying.check_added(verified, keys, step)
    data = contribution.encode(contribution.signed(head, list(map(shares.encode, keys.values())), key.sign))
    path = verified.transcript.folder / contribution.file_name(head)
    if path.exists():
        raise FileExistsError(f"{path} is there already")
    with files.writing(path) as file:
        file.write(data)
    return Link(path, hashlib.sha256(data).hexdigest(), head)
