"""A proving key as the queue knows it: a list of files, whose digest is the key's name.

    contents = {"format": "zksettle-farm-key", "version": 1, "kind": "statement", "name": "leg", "fingerprint": "…",
                "files": {"proving-a.npy": {"digest": "…", "size": 1234}, …}}           keys sorted, no spaces
    digest   = SHA-256(FARM_KEY ‖ contents)

A key of a statement has the files of prover/proofs/keyfolder.py, the program that computes the witness among them.  So
a worker proves any version of any statement, whether or not its own program has it.  A key of a .zkey has that file.
Either has the verifying key as a file of its own, by which evidence against a worker is checked.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from circuits import registry
from prover.machine import files
from prover.proofs import keyfolder
from prover.proofs.keystores import Keystore
from zk import domains
from zk.errors import FormatError
from zk.formats import dataclassjson, snarkjs, strictjson
from zk.groth16.keys import VerifyingKey

MAX_BYTES = 1 << 16  # of contents
MAX_FILES = 64
MAX_KEY_BYTES = 16 << 30
ZKEY = "circuit.zkey"
STATEMENT_KIND: Literal["statement"] = "statement"
ZKEY_KIND: Literal["zkey"] = "zkey"

_NAME = re.compile(r"[a-z][A-Za-z0-9_-]{0,63}\.[a-z]{3,5}", re.ASCII)
_SHOWN_DIGITS = 8


@dataclass(frozen=True)
class File:
    """The SHA-256 of a file and its size in bytes."""

    digest: Annotated[bytes, dataclassjson.hexadecimal(32)]
    size: Annotated[int, dataclassjson.integer(1, MAX_KEY_BYTES)]


@dataclass(frozen=True)
class Contents:
    """What a key consists of; `fingerprint` is a statement's, and empty for a .zkey."""

    format: Literal["zksettle-farm-key"]
    version: Literal[1]
    kind: Literal["statement", "zkey"]
    name: str
    fingerprint: str
    files: dict[str, File]


@dataclass(frozen=True)
class FarmKey:
    """A key that is on this machine: its contents, where its files lie, and the verifier's part."""

    digest: bytes
    contents: Contents
    verifying: VerifyingKey
    paths: Mapping[str, Path] = field(repr=False)
    made: Mapping[str, bytes] = field(repr=False)  # files that are not on disk

    @property
    def name(self) -> str:
        """What people call it."""
        return shown(self.contents)


def of_statement(keystore: Keystore, name: str) -> FarmKey:
    """The key that a keystore has for a statement.  Raises FormatError as `Keystore.open`."""
    verifying = keystore.open(name).verifying
    return of_folder(keystore.folder(name), name, registry.pinned(name), verifying)


def of_folder(folder: Path, name: str, fingerprint: str, verifying: VerifyingKey) -> FarmKey:
    """The key whose arrays lie in a folder, as prover/proofs/keyfolder.py names them."""
    prefixes = keyfolder.PROVING, keyfolder.PROGRAM
    paths = {path.name: path for path in sorted(folder.iterdir()) if path.name.startswith(prefixes)}
    return _key(STATEMENT_KIND, name, fingerprint, verifying, paths)


def of_zkey(path: Path) -> FarmKey:
    """The key in a .zkey file, of which only the header is read.  Raises FormatError when that is malformed."""
    from prover import groth16

    return _key(ZKEY_KIND, "", "", groth16.load_verifying_key(path), {ZKEY: path})


def encode(contents: Contents) -> bytes:
    """The canonical bytes."""
    return json.dumps(dataclassjson.write(contents), sort_keys=True, separators=(",", ":")).encode()


def decode(data: bytes, expected: bytes) -> Contents:
    """The contents in these bytes, whose digest is the `expected` one.

    Raises FormatError when it is not, or something in them is malformed or too large.
    """
    what = "the key's list of files"
    if digest(data) != expected:
        raise FormatError(f"{what} in the queue's database is not the one that its digest names")
    contents = dataclassjson.read(Contents, strictjson.loads(data, what, MAX_BYTES), what)
    needed = {keyfolder.VERIFICATION_KEY, ZKEY} if contents.kind == ZKEY_KIND else {keyfolder.VERIFICATION_KEY}
    if len(contents.files) > MAX_FILES or not needed <= contents.files.keys():
        raise FormatError(f"{what} does not have the files of a key")
    if not all(_NAME.fullmatch(name) for name in contents.files):
        raise FormatError(f"{what} has a file whose name is not allowed")
    if sum(file.size for file in contents.files.values()) > MAX_KEY_BYTES:
        raise FormatError(f"{what} is of a key of more than {MAX_KEY_BYTES >> 30} GiB")
    return contents


def digest(contents: bytes) -> bytes:
    """The digest that names a key, 32 bytes."""
    return hashlib.sha256(domains.FARM_KEY + contents).digest()


def shown(contents: Contents) -> str:
    """What people call a key: "leg 1234abcd", "zkey 5678cdef"."""
    if contents.kind == ZKEY_KIND:
        return f"zkey {contents.files[ZKEY].digest.hex()[:_SHOWN_DIGITS]}"
    return f"{contents.name[:32]} {contents.fingerprint[:_SHOWN_DIGITS]}"


def _key(
    kind: Literal["statement", "zkey"], name: str, fingerprint: str, verifying: VerifyingKey, paths: Mapping[str, Path]
) -> FarmKey:
    made = {keyfolder.VERIFICATION_KEY: snarkjs.encode_verifying_key(verifying).encode()}
    listed = {
        path_name: File(bytes.fromhex(files.digest(path)), path.stat().st_size) for path_name, path in paths.items()
    }
    listed |= {name: File(hashlib.sha256(data).digest(), len(data)) for name, data in made.items()}
    contents = Contents("zksettle-farm-key", 1, kind, name, fingerprint, listed)
    return FarmKey(digest(encode(contents)), contents, verifying, paths, made)
