"""A miniature ceremony: a toy circuit for each statement, with few public inputs, and 2^4 powers."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from circuits import pins, registry
from circuits.frontend import compiler
from circuits.frontend.builder import Builder
from circuits.frontend.compiler import Circuit
from prover.operator import contributing
from settlement.ceremony import transcript, verifying
from settlement.ceremony.verifying import Verified
from settlement.pool import pool
from tests.settlement.ceremony import chains
from zk.ceremony import phase1, preparation
from zk.fields.prime import R
from zk.formats import ptau
from zk.formats.attribution import Beacon

POWER = 4
NOW_MS = 1_800_000_000_000
PUBLIC = {name: 9 - i for i, name in enumerate(pool.NUM_PUBLIC)}  # every toy is another circuit


@cache
def circuit(name: str) -> Circuit:
    """I know a square root of the first public input; the others are free."""
    b = Builder(R)
    publics = [b.public(f"public {i}") for i in range(PUBLIC[name])]
    root = b.private("root")
    b.require(root, root, publics[0], "the square")
    b.require(root, publics[0], b.multiply(root, publics[0]), "the cube")
    return compiler.compile(b, name)


@contextmanager
def statements() -> Iterator[None]:
    """Replaces the statements by toys until the context ends."""
    with pytest.MonkeyPatch.context() as patch:
        for name, count in PUBLIC.items():
            patch.setitem(pool.NUM_PUBLIC, name, count)
        patch.setattr(registry, "compiled", circuit)
        patch.setattr(registry, "pinned", lambda name: compiler.fingerprint(circuit(name)))
        patch.setattr(pins, "fingerprint", lambda name: compiler.fingerprint(circuit(name)))
        yield


def unprepared() -> bytes:
    """2^4 powers of tau, unprepared."""
    begun, made = io.BytesIO(), io.BytesIO()
    phase1.new(POWER, begun)
    phase1.contribute(ptau.decode(begun.getvalue()), made, "Dora", b"")
    return made.getvalue()


@cache
def prepared(salt: int = 0) -> bytes:
    """2^4 powers of tau by Dora and Emil, prepared for phase 2; another salt gives other powers."""
    files = [io.BytesIO() for _ in range(4)]
    phase1.new(POWER, files[0])
    for before, after, name in zip(files[:2], files[1:3], ("Dora", "Emil"), strict=True):
        phase1.contribute(ptau.decode(before.getvalue()), after, name, bytes([salt]))
    preparation.prepare(ptau.decode(files[2].getvalue()), files[3])
    return files[3].getvalue()


def begin(folder: Path, data: bytes | None = None) -> Verified:
    """A ceremony without contributions, in a new folder."""
    powers = folder.with_name(f"{folder.name}.ptau")
    powers.write_bytes(prepared() if data is None else data)
    contributing.begin(folder, powers, registry.names(), NOW_MS, verifying.unwatched)
    return verified(folder)


def verified(folder: Path) -> Verified:
    """The ceremony in a folder, verified."""
    return verifying.verify(transcript.read(folder))


def contribute(folder: Path, name: str, by: int = 1) -> Path:
    """Adds a contribution by a signer of chains.py; returns the new file."""
    return contributing.contribute(verified(folder), name, b"", chains.signer(by), NOW_MS, verifying.unwatched).path


def end(folder: Path) -> Path:
    """Adds a beacon; returns the new file."""
    return contributing.end(verified(folder), Beacon(b"\1\2", 10), chains.signer(9), NOW_MS, verifying.unwatched).path
