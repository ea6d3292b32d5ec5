"""Keys in the queue's database, in chunks of files that are named by their digests, and on the disk of a worker.

    CACHE/DIGEST/…      the files of a key (keycontents.py), complete by one rename; the folder is private to the user

A file is fetched once and checked against its digest before anything reads it, and again whenever a process opens the
key: so nobody who can write to the database chooses what a worker computes with.  Its arrays are memory-mapped.
"""

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from circuits.frontend import program
from circuits.frontend.program import Program
from prover.farm import keycontents, keysweep
from prover.farm.keycontents import Contents, FarmKey
from prover.farm.session import Session
from prover.machine import arrayfolder, files
from prover.proofs import keyfolder
from zk.errors import FormatError
from zk.formats import snarkjs
from zk.groth16 import provingkey
from zk.groth16.keys import VerifyingKey
from zk.groth16.provingkey import ProvingKey
from zk.runtime import ownership

CHUNK_BYTES = 1 << 20
SETTING = "name another folder with --cache"


@dataclass(frozen=True)
class OpenKey:
    """A key that is ready to prove under.  A key of a .zkey has no program: its jobs bring the whole witness."""

    name: str
    proving: ProvingKey
    program: Program | None


def put(session: Session, key: FarmKey) -> bool:
    """Puts a key into the database unless it is there.  Returns whether it is new.

    An upload that breaks off leaves chunks that the next one finds.  Raises FormatError when a file has changed or is
    gone.
    """
    session.rows(keysweep.USE, ([key.digest],))
    if session.rows("SELECT 1 FROM keys WHERE digest = %s", (key.digest,)):
        return False
    while not _list(session, key):
        for name, listed in key.contents.files.items():
            with _opened(key, name) as file:
                _put_file(session, file, listed, name)
    return True


def contents(session: Session, digest: bytes) -> Contents:
    """What a key in the database consists of.  Raises FormatError when there is none, or it has another digest."""
    rows = session.rows("SELECT contents FROM keys WHERE digest = %s", (digest,))
    if not rows:
        raise FormatError(f"the queue has no key {digest.hex()[:16]}")
    return keycontents.decode(bytes(rows[0][0]), digest)


def verifying(session: Session, digest: bytes) -> VerifyingKey:
    """The verifying key of a key in the database.  Raises FormatError as `contents`."""
    listed = contents(session, digest).files[keyfolder.VERIFICATION_KEY]
    if listed.size > snarkjs.MAX_BYTES:
        raise FormatError("the verifying key of a key in the queue's database is too large")
    file = io.BytesIO()
    _copy(session, listed, file, keyfolder.VERIFICATION_KEY)
    return snarkjs.decode_verifying_key(file.getvalue())


def fetch(session: Session, digest: bytes, cache: Path) -> Path:
    """The folder of a key's files, fetched unless it is there.

    Raises FormatError when the database does not have what the digest names, and OSError when the disk is full.
    """
    cache = ownership.make_private(cache, SETTING)
    folder = cache / digest.hex()
    with files.locked(folder, "a key of the queue", wait_s=-1):
        if not folder.exists():
            listed = contents(session, digest)
            with arrayfolder.creating(folder) as unfinished:
                for name, file in listed.files.items():
                    with (unfinished / name).open("xb") as written:
                        _copy(session, file, written, name)
    return folder


def open_key(folder: Path, contents: Contents) -> OpenKey:
    """The key whose files lie in a folder, each of which is checked against its digest.

    Raises FormatError when one has changed, or what is in it could take a kernel out of bounds.
    """
    for name, listed in contents.files.items():
        if files.digest(folder / name) != listed.digest.hex():
            raise FormatError(f"{folder / name} has changed since it was fetched: delete that folder")
    name = keycontents.shown(contents)
    if contents.kind == keycontents.ZKEY_KIND:
        from prover.circom import proofs

        opened = OpenKey(name, proofs.load_key(folder / keycontents.ZKEY).proving, None)
    else:
        proving = provingkey.from_arrays(arrayfolder.load(folder, keyfolder.PROVING))
        opened = OpenKey(name, proving, program.from_arrays(arrayfolder.load(folder, keyfolder.PROGRAM)))
    told = snarkjs.decode_verifying_key(files.read(folder / keyfolder.VERIFICATION_KEY, snarkjs.MAX_BYTES))
    wires = opened.proving.num_wires
    if told != opened.proving.verifying or (opened.program is not None and opened.program.num_wires != wires):
        raise FormatError(f"the files of the key {name} do not belong together")
    return opened


def _list(session: Session, key: FarmKey) -> bool:
    """Lists a key and its files, if all their chunks are there, and returns whether they are."""
    listed = key.contents.files.values()
    query = "SELECT count(*) FROM chunks WHERE file = %s AND number < %s"
    with session.transaction():
        keysweep.hold_off(session)
        for file in listed:
            chunks = -(-file.size // CHUNK_BYTES)
            if session.rows(query, (file.digest, chunks)) != [(chunks,)]:
                return False
        session.rows(
            "INSERT INTO keys (digest, contents) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            (key.digest, keycontents.encode(key.contents)),
        )
        session.rows(
            "INSERT INTO listed SELECT %s, unnest(%s::bytea[]) ON CONFLICT DO NOTHING",
            (key.digest, [file.digest for file in listed]),
        )
    return True


@contextmanager
def _opened(key: FarmKey, name: str) -> Iterator[BinaryIO]:
    if name in key.made:
        yield io.BytesIO(key.made[name])
        return
    try:
        file = key.paths[name].open("rb")
    except OSError as error:
        raise FormatError(f"the key's file {key.paths[name]} cannot be read: {error.strerror or error}") from None
    with file:
        yield file


def _put_file(session: Session, file: BinaryIO, listed: keycontents.File, name: str) -> None:
    there = {number for (number,) in session.rows("SELECT number FROM chunks WHERE file = %s", (listed.digest,))}
    hashed, number = hashlib.sha256(), 0
    while data := file.read(CHUNK_BYTES):
        hashed.update(data)
        if number not in there:
            session.rows(
                "INSERT INTO chunks (file, number, data) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                (listed.digest, number, data),
            )
        number += 1
    if hashed.digest() != listed.digest:
        raise FormatError(f"the key's file {name} changed while it was put into the queue")


def _copy(session: Session, listed: keycontents.File, written: BinaryIO, name: str) -> None:
    hashed, size = hashlib.sha256(), 0
    for number in range(-(-listed.size // CHUNK_BYTES)):
        rows = session.rows("SELECT data FROM chunks WHERE file = %s AND number = %s", (listed.digest, number))
        data = bytes(rows[0][0]) if rows else b""
        hashed.update(data)
        size += len(data)
        written.write(data)
    if (hashed.digest(), size) != (listed.digest, listed.size):
        raise FormatError(f"the file {name} of a key in the queue's database is damaged")
