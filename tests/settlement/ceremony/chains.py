"""Transcripts whose chain and signatures are real, and whose points are any bytes."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from circuits import registry
from settlement.ceremony import contribution, start, transcript
from settlement.ceremony.contribution import Beacon, Head, Share
from settlement.ceremony.start import Circuit, Contributor, Powers, Start

START = Start(
    Powers("ab" * 32, 14, (Contributor("Dora", False), Contributor(None, False), Contributor(None, True))),
    tuple(Circuit(name, registry.pinned(name), "cd" * 64) for name in ("leg", "margin")),
    1_800_000_000_000,
)
SHARES = tuple(Share(b"record", b"delta", b"points c", f"points h of {i}".encode()) for i in range(2))
BEACON = Beacon("0102", 10)


def signer(number: int) -> Ed25519PrivateKey:
    """Somebody's key, always the same for a number."""
    return Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)


def begin(folder: Path) -> Path:
    """A folder with a start, and with powers that nobody looks into."""
    folder.mkdir()
    (folder / start.FILE).write_bytes(start.encode(START))
    (folder / start.POWERS_FILE).write_bytes(b"powers")
    return folder


def head(folder: Path, name: str, key: Ed25519PrivateKey, **changes) -> Head:
    """What the next contributor to the folder says."""
    found = transcript.survey(folder)
    public = key.public_key().public_bytes_raw().hex()
    return replace(Head(len(found.chain) + 1, found.digest, name, START.made_ms, public, None), **changes)


def add(folder: Path, name: str = "Alice", by: int = 1, shares: Sequence[Share] = SHARES, **changes) -> Path:
    """The next contribution to the folder, by signer `by`; `changes` are to its head.  The new file."""
    key = signer(by)
    said = head(folder, name, key, **changes)
    path = folder / contribution.file_name(said)
    path.write_bytes(contribution.encode(contribution.signed(said, shares, key.sign)))
    return path
