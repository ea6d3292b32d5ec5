"""The folder of one statement's key.

    manifest.json             format, statement, fingerprint, origin, SHA-256 of every other file
    verification_key.json     as snarkjs writes it
    proving-NAME.npy          the arrays of the proving key
    program-NAME.npy          the arrays of the witness program

It is checked file by file whenever it is opened.  Arrays are memory-mapped, so proving never compiles the circuit again
and processes share their pages.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from circuits import registry
from circuits.frontend import compiler, program
from circuits.frontend.program import Program
from prover.machine import files
from zk.errors import FormatError
from zk.formats import snarkjs, strictjson
from zk.groth16 import keys
from zk.groth16.keys import ProvingKey, VerifyingKey

FORMAT = "zksettle-keys"
VERSION = 2
DEVELOPMENT = "development: single party"
CEREMONY = "ceremony: "  # and the transcript's digest
MANIFEST = "manifest.json"
VERIFICATION_KEY = "verification_key.json"
MAX_MANIFEST_BYTES = 64 << 10


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


def origin(transcript: str | None) -> str:
    """What a manifest says of where its key comes from."""
    return DEVELOPMENT if transcript is None else f"{CEREMONY}{transcript}"


def write(name: str, folder: Path, proving: ProvingKey, transcript: str | None, now_ms: int) -> None:
    """Puts the files of a key into an empty folder."""
    circuit, fingerprint = registry.compiled(name), registry.pinned(name)
    assert compiler.fingerprint(circuit) == fingerprint, "a compiled statement has its pinned fingerprint"
    _save_arrays(folder, "proving", keys.to_arrays(proving))
    _save_arrays(folder, "program", program.to_arrays(circuit.program))
    files.replace(folder / VERIFICATION_KEY, snarkjs.encode_verifying_key(proving.verifying).encode())
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "statement": name,
        "fingerprint": fingerprint,
        "origin": origin(transcript),
        "made_ms": now_ms,
        "files": {path.name: files.digest(path) for path in sorted(folder.iterdir())},
    }
    files.replace(folder / MANIFEST, json.dumps(manifest, indent=1).encode() + b"\n")


def read(name: str, folder: Path, transcript: str | None) -> Key:
    """The key in a folder.  Raises FormatError when it is damaged, of another origin or made for something else."""
    manifest = read_manifest(name, folder)
    if manifest["origin"] != origin(transcript):
        raise FormatError(
            _damaged(name, folder, f"its manifest says that it is of another origin, {manifest['origin']}")
        )
    for file, digest in manifest["files"].items():
        path = folder / Path(file).name
        if not path.is_file() or files.digest(path) != digest:
            raise FormatError(_damaged(name, folder, f"{path.name} is not what was made"))
    proving = keys.from_arrays(_load_arrays(folder, "proving"))
    return Key(name, manifest["fingerprint"], proving, program.from_arrays(_load_arrays(folder, "program")))


def holds(name: str, folder: Path, transcript: str, verifying: VerifyingKey) -> bool:
    """Whether the folder says that it has this key, of this ceremony.  Nothing but the verifying key is looked at."""
    try:
        is_named = read_manifest(name, folder)["origin"] == origin(transcript)
        found = files.read(folder / VERIFICATION_KEY, MAX_MANIFEST_BYTES)
    except FormatError:
        return False
    return is_named and found == snarkjs.encode_verifying_key(verifying).encode()


def read_manifest(name: str, folder: Path) -> dict:
    """What the manifest in a folder says.  Raises FormatError when it is not for this statement or these files."""
    path = folder / MANIFEST
    try:
        with path.open("rb") as file:
            manifest = strictjson.loads(file.read(MAX_MANIFEST_BYTES + 1), "the manifest", MAX_MANIFEST_BYTES)
        version, listed = manifest["version"], dict(manifest["files"])
        described = manifest["format"], manifest["statement"], manifest["fingerprint"]
        is_plain = isinstance(manifest["origin"], str) and type(manifest["made_ms"]) is int
    except (OSError, ValueError, TypeError, KeyError):
        raise FormatError(_damaged(name, folder, "its manifest is not readable")) from None
    if version != VERSION:
        raise FormatError(f"the {name} key in {folder} has version {version!r}; this program knows {VERSION}")
    if described != (FORMAT, name, registry.pinned(name)) or not is_plain:
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
