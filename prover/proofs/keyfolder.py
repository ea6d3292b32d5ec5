"""The folder of one statement's key.

    manifest.json             format, statement, fingerprint, origin, SHA-256 of every other file
    verification_key.json     as snarkjs writes it
    proving-NAME.npy          the arrays of the proving key
    program-NAME.npy          the arrays of the witness program

Every opening checks every file.  Arrays are memory-mapped, so proving never compiles the circuit again and processes
share their pages.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from circuits import registry
from circuits.frontend import compiler, program
from circuits.frontend.program import Program
from prover.machine import arrayfolder, files
from zk.errors import FormatError
from zk.formats import dataclassjson, snarkjs, strictjson
from zk.groth16 import provingkey
from zk.groth16.keys import VerifyingKey
from zk.groth16.provingkey import ProvingKey

FORMAT: Final = "zksettle-keys"
VERSION: Final = 2
DEVELOPMENT = "development: single party"
CEREMONY = "ceremony: "  # followed by the transcript's digest
MANIFEST = "manifest.json"
VERIFICATION_KEY = "verification_key.json"
MAX_MANIFEST_BYTES = 64 << 10
PROVING, PROGRAM = "proving-", "program-"
PROVING_FILES = tuple(f"{PROVING}{name}.npy" for name in ("verifying", "points", "sizes", *provingkey.ARRAYS.values()))
"""The files of the proving key itself; the rest of a folder follows from the statement."""


@dataclass(frozen=True)
class Key:
    """Everything that proving one statement needs."""

    statement: str
    fingerprint: str
    proving: ProvingKey
    program: Program

    @property
    def verifying(self) -> VerifyingKey:
        """The verifier's part."""
        return self.proving.verifying


@dataclass(frozen=True)
class Manifest:
    """The content of manifest.json: `files` maps every other file's name to its SHA-256."""

    format: Literal["zksettle-keys"]
    version: Literal[2]
    statement: str
    fingerprint: str
    origin: str
    made_ms: int
    files: dict[str, str]


def origin(transcript: str | None) -> str:
    """A manifest's `origin`: a development key, or a key of the ceremony with this transcript."""
    return DEVELOPMENT if transcript is None else f"{CEREMONY}{transcript}"


def write(name: str, folder: Path, proving: ProvingKey, transcript: str | None, now_ms: int) -> None:
    """Writes the files of a key into an empty folder."""
    circuit, fingerprint = registry.compiled(name), registry.pinned(name)
    assert compiler.fingerprint(circuit) == fingerprint, "a compiled statement has its pinned fingerprint"
    arrayfolder.save(folder, provingkey.to_arrays(proving), PROVING)
    arrayfolder.save(folder, program.to_arrays(circuit.program), PROGRAM)
    files.replace(folder / VERIFICATION_KEY, snarkjs.encode_verifying_key(proving.verifying).encode())
    digests = arrayfolder.digests(folder)
    manifest = Manifest(FORMAT, VERSION, name, fingerprint, origin(transcript), now_ms, digests)
    files.replace(folder / MANIFEST, json.dumps(dataclassjson.write(manifest), indent=1).encode() + b"\n")


def read(name: str, folder: Path, transcript: str | None) -> Key:
    """The key in a folder.  Raises FormatError when it is damaged, of another origin, or for another statement."""
    manifest = read_manifest(name, folder)
    if manifest.origin != origin(transcript):
        raise _damaged(name, folder, f"its manifest states another origin, {manifest.origin}")
    for file, digest in manifest.files.items():
        path = folder / Path(file).name
        if not path.is_file() or files.digest(path) != digest:
            raise _damaged(name, folder, f"{path.name} has changed since the key was made")
    try:
        proving = provingkey.from_arrays(arrayfolder.load(folder, PROVING))
        return Key(name, manifest.fingerprint, proving, program.from_arrays(arrayfolder.load(folder, PROGRAM)))
    except FormatError as error:
        raise _damaged(name, folder, str(error)) from None


def holds(name: str, folder: Path, transcript: str, verifying: VerifyingKey) -> bool:
    """Whether the folder claims to hold this key of this ceremony.  Only the verifying key is compared."""
    try:
        is_of_ceremony = read_manifest(name, folder).origin == origin(transcript)
        key_data = files.read(folder / VERIFICATION_KEY, MAX_MANIFEST_BYTES)
    except FormatError:
        return False
    return is_of_ceremony and key_data == snarkjs.encode_verifying_key(verifying).encode()


def read_manifest(name: str, folder: Path) -> Manifest:
    """The manifest in a folder.  Raises FormatError when it does not describe this statement and these files."""
    try:
        data = files.read(folder / MANIFEST, MAX_MANIFEST_BYTES)
        document = strictjson.loads(data, MANIFEST, MAX_MANIFEST_BYTES)
        version = document.get("version") if isinstance(document, dict) else None
        if type(version) is int and version != VERSION:
            raise FormatError(f"the {name} key in {folder} has version {version}; this program knows {VERSION}")
        manifest = dataclassjson.read(Manifest, document, MANIFEST)
    except FormatError as error:
        raise _damaged(name, folder, str(error)) from None
    if (manifest.statement, manifest.fingerprint) != (name, registry.pinned(name)):
        raise _damaged(name, folder, "its manifest is for another statement, or for another version of it")
    if {path.name for path in folder.iterdir()} != {MANIFEST, *manifest.files}:
        raise _damaged(name, folder, "it has more or fewer files than its manifest lists")
    return manifest


def _damaged(name: str, folder: Path, what: str) -> FormatError:
    return FormatError(f"the {name} key in {folder} is damaged: {what}; restore the folder from a copy")
