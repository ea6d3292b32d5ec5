"""Transcripts with real chains and signatures, but with arbitrary bytes for points."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from circuits import registry
from settlement.ceremony import contribution, start, transcript
from settlement.ceremony.contribution import Head, Share
from settlement.ceremony.start import Circuit, Contributor, Powers, Start
from zk.formats.attribution import Beacon

START = Start(
    Powers("ab" * 32, 14, (Contributor("Dora", False), Contributor(None, False), Contributor(None, True))),
    tuple(Circuit(name, registry.pinned(name), "cd" * 64) for name in ("leg", "margin")),
    1_800_000_000_000,
)
SHARES = tuple(Share(b"record", b"delta", b"points c", f"points h of {i}".encode()) for i in range(2))
BEACON = Beacon(b"\1\2", 10)


def signer(number: int) -> Ed25519PrivateKey:
    """The key of a contributor, by number."""
    return Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)


def begin(folder: Path) -> Path:
    """A folder with a start and a placeholder for the powers."""
    folder.mkdir()
    (folder / start.FILE).write_bytes(start.encode(START))
    (folder / start.POWERS_FILE).write_bytes(b"powers")
    return folder


def head(folder: Path, name: str, key: Ed25519PrivateKey, **changes) -> Head:
    """The head of the next contribution to the folder."""
    ceremony = transcript.survey(folder)
    public = key.public_key().public_bytes_raw().hex()
    return replace(Head(len(ceremony.chain) + 1, ceremony.digest, name, START.made_ms, public, None), **changes)


def add(folder: Path, name: str = "Alice", by: int = 1, shares: Sequence[Share] = SHARES, **changes) -> Path:
    """Adds a contribution to the folder by signer `by`, with changes to its head; returns the new file."""
    key = signer(by)
    new = head(folder, name, key, **changes)
    path = folder / contribution.file_name(new)
    path.write_bytes(contribution.encode(contribution.sign(new, shares, key.sign)))
    return path
