"""Adds to a ceremony: its start, a contribution, a beacon.  Each is one new file, written completely or not at all.

Everything in the folder is verified first, and the addition is verified like any other before it is written.  The
secrets of a contribution are drawn by zk/ceremony/phase2.py, one per statement, and stay in memory.
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
from settlement.ceremony.contribution import Head
from settlement.ceremony.start import Circuit, Powers, Start
from settlement.ceremony.transcript import Link, Transcript
from settlement.ceremony.verifying import Step, Verified
from zk.errors import FormatError, InvalidProof
from zk.formats import openfile
from zk.formats.attribution import Beacon
from zk.runtime.progress import Progress

if TYPE_CHECKING:
    from zk.formats.zkeyfile import KeyFile

    Change = Callable[[KeyFile, Progress], KeyFile]

MAX_POWERS_BYTES = 1 << 32
NAME_OF_BEACON = "beacon"


def begin(folder: Path, powers: Path, statements: Iterable[str], made_ms: int, step: Step) -> Transcript:
    """Creates a folder with the powers and the start of a ceremony for these statements.

    Raises FileExistsError when the folder exists, InvalidProof or FormatError when the powers are invalid.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} already exists; a ceremony begins in a new folder")
    beside = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    try:
        _copy_powers(powers, beside / start.POWERS_FILE)
        (beside / start.FILE).write_bytes(start.encode(_start(beside / start.POWERS_FILE, statements, made_ms, step)))
        begun = transcript.read(beside)  # as everybody who receives the folder will
        beside.rename(folder)
    except BaseException:
        shutil.rmtree(beside)
        raise
    return replace(begun, folder=folder)


def check_open(ceremony: Transcript) -> None:
    """Raises InvalidProof when the ceremony has ended, FormatError when it has no room for a contribution."""
    if ceremony.has_beacon:
        raise InvalidProof(f"the ceremony has ended with a beacon, {ceremony.chain[-1].path.name}")
    if len(ceremony.chain) >= contribution.MAX_NUMBER:
        raise FormatError(f"the ceremony has {contribution.MAX_NUMBER} contributions already, the limit")


def check_contributed(ceremony: Transcript) -> None:
    """Raises InvalidProof before the first contribution."""
    if not ceremony.contributions:
        raise InvalidProof("there is no contribution yet, so anybody can forge proofs under these keys")


def contribute(verified: Verified, name: str, text: bytes, key: Ed25519PrivateKey, made_ms: int, step: Step) -> Link:
    """Adds a contribution of fresh secrets, from the operating system's randomness and this text, to the folder.

    Raises InvalidProof when the ceremony has ended with a beacon, FormatError for a name that cannot be printed.
    """
    from zk.ceremony import phase2

    def change(before: "KeyFile", progress: Progress) -> "KeyFile":
        return phase2.contribute(before, name, text, progress)

    return _add(verified, _head(verified, name, key, made_ms, None), change, key, step)


def end(verified: Verified, beacon: Beacon, key: Ed25519PrivateKey, made_ms: int, step: Step) -> Link:
    """Adds the contribution of a random beacon, which ends the ceremony.

    Raises InvalidProof when the ceremony has ended already or has no contribution yet.
    """
    from zk.ceremony import phase2

    def change(before: "KeyFile", progress: Progress) -> "KeyFile":
        return phase2.beacon(before, beacon.value, beacon.iterations_exp, NAME_OF_BEACON, progress)

    check_contributed(verified.transcript)
    return _add(verified, _head(verified, NAME_OF_BEACON, key, made_ms, beacon), change, key, step)


def _copy_powers(path: Path, to: Path) -> None:
    """Copies the file.  Raises FormatError first when it is not a .ptau file or is larger than any statement needs."""
    from zk.formats import ptau

    with openfile.opened(path) as file:
        ptau.decode(file, str(path))
        if file.seek(0, os.SEEK_END) > MAX_POWERS_BYTES:
            raise FormatError(f"{path} is larger than any statement needs: run `zksettle powersoftau truncate`")
        file.seek(0)
        with to.open("wb") as copy:
            shutil.copyfileobj(file, copy)


def _start(powers: Path, statements: Iterable[str], made_ms: int, step: Step) -> Start:
    from zk.formats import ptau

    with openfile.opened(powers) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        decoded = ptau.decode(file, start.POWERS_FILE)
        circuits = verifying.circuits_for(decoded, statements)
        contributors = verifying.check_powers(decoded, step)
        keys = verifying.initial_keys(circuits, decoded, step)
    listed = (Circuit(name, registry.pinned(name), key.ceremony.circuit_hash.hex()) for name, key in keys.items())
    return Start(Powers(digest, decoded.power, contributors), tuple(listed), made_ms)


def _head(verified: Verified, name: str, key: Ed25519PrivateKey, made_ms: int, beacon: Beacon | None) -> Head:
    """The head of the next contribution."""
    ceremony = verified.transcript
    check_open(ceremony)
    contribution.check_name(name, "the name")
    return Head(len(ceremony.chain) + 1, ceremony.digest, name, made_ms, signer.public(key), beacon)


def _add(verified: Verified, head: Head, change: "Change", key: Ed25519PrivateKey, step: Step) -> Link:
    """Verifies the next contribution and writes its file."""
    from settlement.ceremony import shares

    keys = {}
    for statement, before in verified.keys.items():
        with step(f"Contributing to {statement}", 0) as progress:
            keys[statement] = change(before, progress)
    verifying.check_added(verified, keys, step)
    data = contribution.encode(contribution.sign(head, list(map(shares.encode, keys.values())), key.sign))
    path = verified.transcript.folder / contribution.file_name(head)
    if path.exists():
        raise FileExistsError(f"{path} already exists")
    with files.writing(path) as file:
        file.write(data)
    return Link(path, hashlib.sha256(data).hexdigest(), head)
