"""What a wallet notes of its trades because neither the ledger nor its phrase tells it later.

    HOME/wallets/NAME.diary      encrypted lines (prover/trader/sealedlines.py), each
                                 what 1 │ made 32 │ group 16 │ others 1, 32 each │ parties 1, each length 1 and ASCII

`made` is the id of a bundle that the wallet settled, or of an order that it placed.  `others` are the ids of the legs
in a bundle that somebody else made: among dummy legs nobody can find them again.  `parties` are the addresses of those
who quoted, who were paid, or who could read an order.  A number after a field's name is its size in bytes.

The wallet can do without it, and one that was restored from its phrase does: the books (prover/books) say what they do
not know then.  So a note is written after what it is about, and nothing fails for want of it.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from prover.trader import keys, sealedlines
from prover.trader.terms import ALONE, GROUP_BYTES

SUFFIX = "diary"
ID_BYTES = 32
MOST = 255


class What(IntEnum):
    """What was done: an order was placed, or taken; lots of orders were taken; a quote; a payment was made."""

    PLACED = 1
    ORDER = 2
    LOTS = 3
    QUOTE = 4
    PAYMENT = 5


@dataclass(frozen=True, repr=False)
class About(keys.Secret):
    """What a bundle is about, and the addresses of whom it is with, as far as they are known."""

    what: What
    parties: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False)
class Note(keys.Secret):
    """One note: see the head of this file."""

    made: bytes
    what: What
    others: tuple[bytes, ...] = ()
    parties: tuple[str, ...] = ()
    group: bytes = ALONE


def path_of(wallet: Path) -> Path:
    """The diary of a wallet file."""
    return wallet.with_suffix(f".{SUFFIX}")


def keep(wallet: Path, view: keys.View, notes: Iterable[Note]) -> None:
    """Appends the notes, if the disk takes them."""
    lines = [_encode(note) for note in notes]
    if lines:
        with suppress(OSError):
            sealedlines.append(path_of(wallet), _key(view), lines)


def read(wallet: Path, view: keys.View) -> dict[bytes, Note]:
    """The notes by what was made, the last of each; none when there is no diary."""
    found = map(_decode, sealedlines.read(path_of(wallet), _key(view)))
    return {note.made: note for note in found if note is not None}


def _key(view: keys.View) -> bytes:
    return keys.beside_key(keys.viewing_key(view), SUFFIX)


def _encode(note: Note) -> bytes:
    assert len(note.made) == ID_BYTES and len(note.others) <= MOST, "an id has 32 bytes, and a bundle 32 legs"
    parties = [party.encode() for party in note.parties[:MOST]]
    named = b"".join(bytes([len(party)]) + party for party in parties if len(party) <= MOST)
    count = sum(len(party) <= MOST for party in parties)
    head = bytes([note.what]) + note.made + note.group
    return head + bytes([len(note.others)]) + b"".join(note.others) + bytes([count]) + named


def _decode(line: bytes) -> Note | None:
    """The note, or None for what a later version wrote."""
    at = 1 + ID_BYTES + GROUP_BYTES
    if len(line) <= at or line[0] not in set(What):
        return None
    made, group, end = line[1 : 1 + ID_BYTES], line[1 + ID_BYTES : at], at + 1 + line[at] * ID_BYTES
    others = tuple(line[start : start + ID_BYTES] for start in range(at + 1, end, ID_BYTES))
    parties, place = [], end + 1
    for _ in range(line[end] if end < len(line) else 0):
        size = line[place] if place < len(line) else 0
        parties.append(line[place + 1 : place + 1 + size].decode("ascii", "replace"))
        place += 1 + size
    if place != len(line):
        return None
    return Note(made, What(line[0]), others, tuple(parties), group)
