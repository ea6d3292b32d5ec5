"""A ceremony in miniature: toy circuits in place of the statements, with as many public inputs, and powers of 2^4."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import pytest

from circuits import pins, registry
from circuits.frontend import compiler
from circuits.frontend.builder import Builder
from circuits.frontend.compiler import Circuit
from prover.operator import contributing
from settlement import pool
from settlement.ceremony import transcript, verifying
from settlement.ceremony.contribution import Beacon
from settlement.ceremony.verifying import Verified
from tests.settlement.ceremony import chains
from zk.ceremony import phase1, preparation
from zk.fields.prime import R
from zk.formats import ptau

POWER = 4
NOW_MS = 1_800_000_000_000


@lru_cache(maxsize=None)
def circuit(name: str) -> Circuit:
    """A square root of the first public input, and the others are anything."""
    b = Builder(R)
    publics = [b.public(f"public {i}") for i in range(pool.NUM_PUBLIC[name])]
    root = b.private("root")
    b.require(root, root, publics[0], "the square")
    b.require(root, publics[0], b.multiply(root, publics[0]), "the cube")
    return compiler.compile(b, name)


@contextmanager
def statements() -> Iterator[None]:
    """The statements leg and margin are toys until the context ends."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "compiled", circuit)
        patch.setattr(registry, "pinned", lambda name: compiler.fingerprint(circuit(name)))
        patch.setattr(pins, "fingerprint", lambda name: compiler.fingerprint(circuit(name)))
        yield


def unprepared() -> bytes:
    """Powers of tau of 2^4 without what keys are made from."""
    begun, made = io.BytesIO(), io.BytesIO()
    phase1.new(POWER, begun)
    phase1.contribute(ptau.decode(begun.getvalue()), made, "Dora", b"")
    return made.getvalue()


@lru_cache(maxsize=None)
def prepared(salt: int = 0) -> bytes:
    """Powers of tau of 2^4 by Dora and Emil, prepared for phase 2; others for another salt."""
    files = [io.BytesIO() for _ in range(4)]
    phase1.new(POWER, files[0])
    for before, after, name in zip(files, files[1:], ("Dora", "Emil")):
        phase1.contribute(ptau.decode(before.getvalue()), after, name, bytes([salt]))
    preparation.prepare(ptau.decode(files[2].getvalue()), files[3])
    return files[3].getvalue()


def begin(folder: Path, data: bytes | None = None) -> Verified:
    """A ceremony that nobody has contributed to, in a new folder."""
    given = folder.with_name(f"{folder.name}.ptau")
    given.write_bytes(prepared() if data is None else data)
    contributing.begin(folder, given, registry.names(), NOW_MS, verifying.unwatched)
    return verified(folder)


def verified(folder: Path) -> Verified:
    """The ceremony in a folder, worked out again."""
    return verifying.verify(transcript.read(folder))


def contribute(folder: Path, name: str, by: int = 1) -> Path:
    """The next contribution, by a signer of chains.py.  The new file."""
    return contributing.contribute(verified(folder), name, b"", chains.signer(by), NOW_MS, verifying.unwatched).path


def end(folder: Path) -> Path:
    """A beacon at the end.  The new file."""
    return contributing.end(verified(folder), Beacon("0102", 10), chains.signer(9), NOW_MS, verifying.unwatched).path
