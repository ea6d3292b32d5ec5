"""The outbox of a wallet: what it was about to put on the ledger, so that no command acts twice.

The wallet saves an entry before it submits.  What became of it is then on the ledger, whatever happened to the command:

    nothing saved           nothing was submitted
    saved, not submitted    the same bytes are submitted when the command is repeated; if the ledger refuses them,
                            they are made again and replace these
    submitted               the ledger has the id: the command, repeated, reports that and does nothing
    told                    the command has reported its outcome: the same command is a new action from now on

A command is the same when it has the same key (`--once KEY`), or, without a key, when it asks for the same thing.
Entries that were told are kept only if they have a key.  A wallet remembers its newest MAX_ENTRIES keys; one that was
restored from its phrase remembers none.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated, Any

from prover.trader import keys
from zk import domains
from zk.errors import FormatError, Unsatisfied
from zk.formats import dataclassjson

MAX_KEY_CHARACTERS = 64
MAX_ENTRIES = 1000
MAX_WAITING = 16
"""How many of the newest entries keep their bytes: what is older is made again if it is repeated."""

_MAX_HEIGHT = (1 << 63) - 1


def check(key: str | None) -> None:
    """Raises FormatError unless the key is None or 1 to 64 printable characters."""
    if key is not None:
        _read_key(key, "--once")


def _read_key(value: Any, place: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_KEY_CHARACTERS or not value.isprintable():
        raise FormatError(f"{place} is not a key of 1 to {MAX_KEY_CHARACTERS} printable characters")
    return value


_Key = Annotated[str | None, dataclassjson.optional(dataclassjson.Codec(_read_key, str))]
_Digest = Annotated[bytes, dataclassjson.hexadecimal(32)]


@dataclass(frozen=True, repr=False)
class Asked(keys.Secret):
    """What a command asks for, as a digest, and its key, or None when its user gave none."""

    key: str | None
    digest: bytes


@dataclass(frozen=True, repr=False)
class Entry(keys.Secret):
    """Something that the wallet made in order to submit it; also its form in the wallet's JSON.

    `asked` is the digest of the command, `made` the id of the bundle or order.  `data` has its bytes until the outcome
    was told.  `voids` has the ids of the wallet's own orders whose account it moves.  `height` is the event of the
    ledger that settled it, as far as the wallet knows.
    """

    key: _Key
    asked: _Digest
    made: _Digest
    data: bytes
    voids: tuple[_Digest, ...] = ()
    height: Annotated[int | None, dataclassjson.optional(dataclassjson.integer(0, _MAX_HEIGHT))] = None
    is_told: bool = False


def asked(command: str, key: str | None, **what: Any) -> Asked:
    """What a command asks for; `what` has every argument that makes it another action (JSON values, by name).

    Raises FormatError for a malformed key.
    """
    check(key)
    text = json.dumps([command, what], sort_keys=True, separators=(",", ":"))
    return Asked(key, hashlib.sha256(domains.REQUEST + text.encode()).digest())


def find(entries: Iterable[Entry], request: Asked) -> Entry | None:
    """The entry of the same command: by its key; without a key, the newest of the same digest that was not told.

    Raises Unsatisfied when the key was used for something else.
    """
    if request.key is None:
        same = [entry for entry in entries if entry.asked == request.digest and not entry.is_told]
        return same[-1] if same else None
    entry = next((entry for entry in entries if entry.key == request.key), None)
    if entry is not None and entry.asked != request.digest:
        raise Unsatisfied(f"the key {request.key!r} was used for something else: choose another --once")
    return entry


def with_entry(entries: Iterable[Entry], entry: Entry) -> tuple[Entry, ...]:
    """The entries with this one as the newest, in place of the one for the same command; within the limits."""
    kept = (*without(entries, entry), entry)[-MAX_ENTRIES:]
    waiting = len(kept) - MAX_WAITING
    return tuple(replace(each, data=b"") if place < waiting else each for place, each in enumerate(kept))


def without(entries: Iterable[Entry], entry: Entry) -> tuple[Entry, ...]:
    """The entries without the one for the same command."""
    same = (entry.key, None if entry.key else entry.asked)
    return tuple(each for each in entries if (each.key, None if each.key else each.asked) != same)


def with_told(entries: Iterable[Entry], entry: Entry, height: int | None) -> tuple[Entry, ...]:
    """The entries once the outcome was told: without this one; if it has a key, with it, and without its bytes if they
    settled at a height, where the ledger has them."""
    if entry.key is None:
        return without(entries, entry)
    told = replace(entry, data=entry.data if height is None else b"", height=height, is_told=True)
    return tuple(told if each.key == entry.key else each for each in entries)
