"""The proving keys on this machine, made on first use.

    KEYS/STATEMENT-FINGERPRINT/manifest.json             format, statement, fingerprint, SHA-256 of every other file
                               verification_key.json     as snarkjs writes it
                               proving-NAME.npy          the arrays of the proving key
                               program-NAME.npy          the arrays of the witness program

Whoever makes a key alone could keep what forges proofs, so these are development keys and the manifest says so.
The randomness is the operating system's and is forgotten.  A folder appears whole, by one rename, and is checked
file by file whenever it is opened; arrays are memory-mapped, so proving never compiles the circuit again and
processes share their pages.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from circuits import registry
from circuits.frontend import compiler, program
from circuits.frontend.program import Program
from prover.machine import files, progress
from settlement import pool
from zk.errors import FormatError
from zk.formats import snarkjs, strict
from zk.groth16 import keys
from zk.groth16.keys import ProvingKey, VerifyingKey

FORMAT = "zksettle-keys"
VERSION = 2
ORIGIN = "development: single party"
MANIFEST = "manifest.json"
VERIFICATION_KEY = "verification_key.json"
MAX_MANIFEST_BYTES = 64 << 10
FINGERPRINT_DIGITS = 16
UNFINISHED = ".unfinished-"


@dataclass(frozen=True)
class Key:
    """All that proving one statement takes."""

    statement: str
    fingerprint: str
    proving: ProvingKey
    program: Program

    @property
    def verifying(self) -> VerifyingKey:
        """The verifier's part."""
        return self.proving.verifying


class Keystore:
    """The keys in one folder.  `now_ms` is written into keys that are made now."""

    def __init__(self, folder: Path, now_ms: int):
        self._folder = folder
        self._now_ms = now_ms
        self._opened: dict[str, Key] = {}

    def folder(self, name: str) -> Path:
        """Where the statement's key lies, or would."""
        return self._folder / f"{name}-{registry.pinned(name)[:FINGERPRINT_DIGITS]}"

    def open(self, name: str) -> Key:
        """The key of a statement, made now if there is none.  Raises FormatError when it is damaged."""
        if name not in self._opened:
            folder = self.folder(name)
            if not folder.exists():
                self._make(name, folder)
            self._opened[name] = _read(name, folder)
        return self._opened[name]

    def statement_key(self, name: str) -> pool.StatementKey:
        """What a pool holds of this key."""
        key = self.open(name)
        return pool.StatementKey(name, key.fingerprint, key.verifying)

    def check_pool(self, of: pool.Pool) -> None:
        """Raises FormatError when the pool was made with other keys, or these are gone: new ones would be no help."""
        for theirs in (of.leg, of.margin):
            if not self.folder(theirs.statement).exists():
                raise FormatError(
                    f"there is no {theirs.statement} key in {self._folder}: restore that folder, for a new key would "
                    "not be the one this ledger's pool verifies with"
                )
            if self.statement_key(theirs.statement).digest != theirs.digest:
                raise FormatError(
                    f"the {theirs.statement} key in {self.folder(theirs.statement)} is not the one this ledger's pool "
                    "verifies with: put the pool's key folder there, or make a new pool"
                )

    def _make(self, name: str, folder: Path) -> None:
        files.make_folder(self._folder)
        with files.locked(folder, f"the {name} key", wait_s=-1):
            if folder.exists():  # another process made it while this one waited
                return
            for leftover in self._folder.glob(f"{UNFINISHED}{name}-*"):
                shutil.rmtree(leftover)
            beside = Path(tempfile.mkdtemp(prefix=f"{UNFINISHED}{name}-", dir=self._folder))
            _write(name, beside, self._now_ms)
            os.rename(beside, folder)
            files.sync_folder(self._folder)


def _write(name: str, folder: Path, now_ms: int) -> None:
    from zk.groth16 import generator

    circuit, fingerprint = registry.compiled(name), registry.pinned(name)
    assert compiler.fingerprint(circuit) == fingerprint, "a compiled statement has its pinned fingerprint"
    with progress.task(f"Making the {name} key", note="this happens once") as task:
        proving = generator.generate(circuit.r1cs, task.reach)
    _save_arrays(folder, "proving", keys.to_arrays(proving))
    _save_arrays(folder, "program", program.to_arrays(circuit.program))
    files.replace(folder / VERIFICATION_KEY, snarkjs.encode_verifying_key(proving.verifying).encode())
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "statement": name,
        "fingerprint": fingerprint,
        "origin": ORIGIN,
        "made_ms": now_ms,
        "files": {path.name: files.digest(path) for path in sorted(folder.iterdir())},
    }
    files.replace(folder / MANIFEST, json.dumps(manifest, indent=1).encode() + b"\n")


def _read(name: str, folder: Path) -> Key:
    manifest = _manifest(name, folder)
    for file, digest in manifest["files"].items():
        path = folder / Path(file).name
        if not path.is_file() or files.digest(path) != digest:
            raise FormatError(_damaged(name, folder, f"{path.name} is not what was made"))
    proving = keys.from_arrays(_load_arrays(folder, "proving"))
    return Key(name, manifest["fingerprint"], proving, program.from_arrays(_load_arrays(folder, "program")))


def _manifest(name: str, folder: Path) -> dict:
    path = folder / MANIFEST
    try:
        with path.open("rb") as file:
            manifest = strict.loads(file.read(MAX_MANIFEST_BYTES + 1), "the manifest", MAX_MANIFEST_BYTES)
        version, listed = manifest["version"], dict(manifest["files"])
        described = manifest["format"], manifest["statement"], manifest["fingerprint"]
    except (OSError, ValueError, TypeError, KeyError):
        raise FormatError(_damaged(name, folder, "its manifest is not readable")) from None
    if version != VERSION:
        raise FormatError(f"the {name} key in {folder} has version {version!r}; this program knows {VERSION}")
    if described != (FORMAT, name, registry.pinned(name)):
        raise FormatError(_damaged(name, folder, "its manifest is for something else"))
    if {path.name for path in folder.iterdir()} != {MANIFEST, *listed}:
        raise FormatError(_damaged(name, folder, "it has more or fewer files than were made"))
    return manifest


def _damaged(name: str, folder: Path, what: str) -> str:
    return f"the {name} key in {folder} is damaged: {what}; restore the folder from a copy"


def _save_arrays(folder: Path, kind: str, arrays: Mapping[str, np.ndarray]) -> None:
    for name, values in arrays.items():
        np.save(folder / f"{kind}-{name}.npy", values, allow_pickle=False)


def _load_arrays(folder: Path, kind: str) -> dict[str, np.ndarray]:
    """Copy-on-write maps: as fast as read-only ones, and the kernels need not be compiled a second time for them."""
    paths = sorted(folder.glob(f"{kind}-*.npy"))
    return {path.stem.removeprefix(f"{kind}-"): np.load(path, mmap_mode="c", allow_pickle=False) for path in paths}
