"""The book of a dealer: what it has on the board, and what it is about to put there.

    HOME/wallets/NAME.book     {"format": "zksettle-book", "version": 1, "number": n, "standing": […], "intended": […]}

It is encrypted (prover/trader/beside.py) and replaced as a whole.  The order of writes makes a kill harmless:

    intended      the book has the key under which the wallet's outbox will know the order
    placed        the wallet remembers it, then the board has it
    standing      the book has its id, and the intention is gone
    forgotten     the outbox drops the key

So whatever may have left this machine is in the wallet under a key of the book, and `resumed` finds it there.
"""

import json
from dataclasses import dataclass, replace
from typing import Annotated, Final, Literal

from circuits import records
from prover.trader import beside, keys
from prover.trader.sessions import Session
from prover.trader.terms import GROUP_BYTES
from prover.trader.wallets import OwnOrder, Wallet
from zk.errors import FormatError
from zk.formats import dataclassjson, strictjson

SUFFIX = "book"
FORMAT: Final = "zksettle-book"
VERSION: Final = 1
MAX_BYTES = 4 << 20
KEY = "desk "
"""How the keys of a dealer's orders begin in the outbox; a number follows."""

Name = tuple[str, str]
"""The names of a strategy and of one of its quotes."""
_Changes = Annotated[
    tuple[int, ...], dataclassjson.row(*[dataclassjson.integer(-(1 << 64) + 1, (1 << 64) - 1)] * records.ASSETS)
]


@dataclass(frozen=True, repr=False)
class Part(keys.Secret):
    """An order on the board: its id, the position of its account, and what it sells and buys."""

    order_id: str
    position: int
    changes: _Changes


@dataclass(frozen=True, repr=False)
class Stood(keys.Secret):
    """A quote that a strategy wanted, and the orders that stand for it: one, or one for each lot."""

    strategy: str
    name: str
    parts: tuple[Part, ...]
    lots: int
    readers: tuple[str, ...]
    expiry_ms: int
    placed_ms: int

    @property
    def key(self) -> Name:
        """Its names."""
        return self.strategy, self.name

    @property
    def changes(self) -> tuple[int, ...]:
        """What its orders sell and buy together."""
        return tuple(map(sum, zip(*(part.changes for part in self.parts), strict=True)))

    @property
    def positions(self) -> frozenset[int]:
        """The positions of its accounts."""
        return frozenset(part.position for part in self.parts)


@dataclass(frozen=True, repr=False)
class Intended(keys.Secret):
    """A quote that is about to be placed, and its key in the outbox."""

    strategy: str
    name: str
    once: str
    lots: int
    readers: tuple[str, ...]
    placed_ms: int


@dataclass(frozen=True, repr=False)
class Content(keys.Secret):
    """What the file has.  `number` counts the keys that were given."""

    format: Literal["zksettle-book"]
    version: Literal[1]
    number: int
    standing: tuple[Stood, ...]
    intended: tuple[Intended, ...]


class Book:
    """The open book of a wallet, whose lock the caller holds.  Every change is on the disk when it returns."""

    def __init__(self, session: Session):
        """Reads the file, or begins an empty book.  Raises FormatError when it is damaged or of another version."""
        self._session = session
        data = beside.read(session.file.path, session.wallet.view, SUFFIX, MAX_BYTES)
        self._content = Content(FORMAT, VERSION, 0, (), ()) if data is None else _decode(data)

    def __repr__(self) -> str:
        return "Book"

    @property
    def standing(self) -> dict[Name, Stood]:
        """What stands, by its names."""
        return {stood.key: stood for stood in self._content.standing}

    @property
    def intended(self) -> tuple[Intended, ...]:
        """What was about to be placed when the book was last written."""
        return self._content.intended

    def intend(self, quotes: list[tuple[Name, int, tuple[str, ...]]], now_ms: int) -> list[Intended]:
        """Gives each of these quotes (names, lots, readers) a key, and remembers it."""
        first = self._content.number
        made = [
            Intended(*name, f"{KEY}{first + place}", lots, readers, now_ms)
            for place, (name, lots, readers) in enumerate(quotes)
        ]
        self._write(replace(
            self._content, number=first + len(made), intended=(*self._content.intended, *made)
        ))  # fmt: skip
        return made

    def settle(self, stands: list[Stood], gone: set[Name] | frozenset[Name] = frozenset()) -> None:
        """Ends all intentions: these stand now, and those of `gone` do not any more."""
        standing = {name: stood for name, stood in self.standing.items() if name not in gone}
        standing |= {stood.key: stood for stood in stands}
        changed = replace(self._content, standing=tuple(standing.values()), intended=())
        if changed != self._content:
            self._write(changed)
        self._forget()

    def _forget(self) -> None:
        """Drops from the outbox what is known to stand or to be over."""
        wallet = self._session.wallet
        kept = tuple(entry for entry in wallet.outbox if not _is_ours(entry.key))
        if kept != wallet.outbox:
            self._session.file.save(replace(wallet, outbox=kept))

    def _write(self, content: Content) -> None:
        data = json.dumps(dataclassjson.write(content), separators=(",", ":")).encode()
        beside.write(self._session.file.path, self._session.wallet.view, SUFFIX, data)
        self._content = content


def resumed(wallet: Wallet, intended: Intended) -> Stood | None:
    """What an intention became before a kill, as far as the wallet knows; None when nothing can have left the machine.

    Whatever the wallet remembers may be on the board, or with somebody who copied it there.
    """
    entry = next((each for each in wallet.outbox if each.key == intended.once), None)
    if entry is None:
        return None
    if intended.lots > 1:
        own = [order for order in wallet.orders if order.terms.group == entry.made[:GROUP_BYTES]]
    else:
        own = [order for order in wallet.orders if order.order_id == entry.made.hex()]
    return stood(intended, own) if own else None


def stood(intended: Intended, own: list[OwnOrder]) -> Stood:
    """The quote for which these orders of the wallet stand."""
    parts = tuple(Part(order.order_id, order.position, order.terms.changes) for order in own)
    expiry_ms = min(order.terms.expiry_ms for order in own)
    return Stood(
        intended.strategy, intended.name, parts, intended.lots, intended.readers, expiry_ms, intended.placed_ms
    )  # fmt: skip


def _is_ours(key: str | None) -> bool:
    return key is not None and key.startswith(KEY) and key.removeprefix(KEY).isdecimal()


def _decode(data: bytes) -> Content:
    what = "the dealer's book beside the wallet"
    document = strictjson.loads(data, what, MAX_BYTES)
    version = document.get("version") if isinstance(document, dict) else None
    if version != VERSION:
        raise FormatError(f"{what} has version {version!r}; this program knows {VERSION}")
    return dataclassjson.read(Content, document, what)
