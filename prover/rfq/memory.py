"""What a wallet remembers of requests: those it sent, and those it answered.

    HOME/wallets/NAME.rfq      records (prover/trader/beside.py), each {"format": "zksettle-rfq", "version": 1,
                               "inquiry": {…}, "answered": null} or the other way round; the last of an id counts

An asker needs it to read the answers: each maker was sent a request of its own.  A maker needs it so that it answers
a request once, whoever repeats it, and to see which of its quotes were taken.  The wallet can do without it: what was
settled is on the ledger.  It keeps the newest MAX_KEPT of each.
"""

import json
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeVar

from circuits.records import Nullifier
from prover.rfq.messages import Line, Request, Way
from prover.trader import beside, keys
from prover.trader.sessions import Session
from settlement.ids import LedgerId
from zk.errors import FormatError
from zk.formats import dataclassjson, strictjson

SUFFIX = "rfq"
FORMAT: Final = "zksettle-rfq"
VERSION: Final = 1
MAX_KEPT = 256
MAX_BYTES = 4 << 20

T = TypeVar("T")
BuyOrSell = Literal["buy", "sell"]
SIDES: tuple[BuyOrSell, BuyOrSell] = ("buy", "sell")
"""The sides of an asker, with respect to the lines as it asked about them."""


@dataclass(frozen=True, repr=False)
class Asked(keys.Secret):
    """What one maker was asked: the maker's address, its request's id, the owner of the reply address, and which lines.

    `sign` is -1 where the request's lines are those of the inquiry with all signs changed, so that it looks like any
    other.
    """

    maker: str
    request_id: bytes
    reply_owner: bytes
    lines: tuple[int, ...]
    sign: Literal[1, -1]


@dataclass(frozen=True, repr=False)
class Inquiry(keys.Secret):
    """What the wallet asked some makers at once.  `taken` says which side it took, of what was asked, or None."""

    inquiry_id: bytes
    ledger_id: bytes
    lines: tuple[Line, ...]
    made_ms: int
    expires_ms: int
    asked: tuple[Asked, ...]
    taken: BuyOrSell | None = None

    def request(self, asked: Asked) -> Request:
        """What this maker was sent."""
        lines = tuple(signed(self.lines[number], asked.sign) for number in asked.lines)
        return Request(LedgerId(self.ledger_id), asked.request_id, lines)


@dataclass(frozen=True, repr=False)
class Quoted(keys.Secret):
    """A firm leg that the wallet gave away: its id, its account's nullifier, whether it bids or offers, until when."""

    leg_id: bytes
    nullifier: bytes
    way: Literal[1, 2]
    payments: tuple[tuple[int, int], ...]
    expires_ms: int

    @property
    def spends(self) -> Nullifier:
        """The nullifier as a number."""
        return Nullifier(int.from_bytes(self.nullifier, "big"))


@dataclass(frozen=True, repr=False)
class Answered(keys.Secret):
    """A request that the wallet answered, and what it quoted."""

    request_id: bytes
    lines: tuple[Line, ...]
    made_ms: int
    quoted: tuple[Quoted, ...]


class Memory:
    """What an open wallet remembers.  It changes the file at once; its wallet is open in one process at a time."""

    def __init__(self, session: Session):
        """Reads the file.  Raises FormatError when it is damaged or of another version."""
        self._wallet, self._view = session.file.path, session.wallet.view
        self._inquiries: dict[bytes, Inquiry] = {}
        self._answered: dict[bytes, Answered] = {}
        records = beside.records(self._wallet, self._view, SUFFIX, MAX_BYTES)
        for record in records:
            self._take(_decode(record))
        self._appended = 0
        self._rewrite()

    def __repr__(self) -> str:
        return "Memory"

    @property
    def inquiries(self) -> list[Inquiry]:
        """What the wallet asked, the oldest first."""
        return list(self._inquiries.values())

    @property
    def answered(self) -> list[Answered]:
        """What the wallet answered, the oldest first."""
        return list(self._answered.values())

    def inquiry(self, text: str) -> Inquiry:
        """The inquiry that an id, or its first digits, names.  Raises FormatError unless it names exactly one."""
        matching = [each for each in self.inquiries if each.inquiry_id.hex().startswith(text)]
        if len(matching) != 1 or not text:
            count = "no request" if not matching else f"{len(matching)} requests"
            raise FormatError(f"{count} of this wallet's own begins with {text[:32]!r}: see `zksettle rfq list`")
        return matching[0]

    def quoted(self, request_id: bytes) -> tuple[Quoted, ...]:
        """What was quoted for a request; nothing where none was."""
        found = self._answered.get(request_id)
        return () if found is None else found.quoted

    def has_answered(self, request_id: bytes) -> bool:
        """Whether a request of this id was answered."""
        return request_id in self._answered

    def keep(self, remembered: Inquiry | Answered) -> None:
        """Remembers an inquiry as it is now, or one more answer.  On return it is on the disk."""
        self._take(remembered)
        if self._appended < MAX_KEPT:
            beside.append(self._wallet, self._view, SUFFIX, _encode(remembered))
            self._appended += 1
        else:
            self._rewrite()

    def _take(self, remembered: Inquiry | Answered) -> None:
        if isinstance(remembered, Inquiry):
            _put(self._inquiries, remembered.inquiry_id, remembered)
        else:
            _put(self._answered, remembered.request_id, remembered)

    def _rewrite(self) -> None:
        """Writes a file of what is kept, without what became of it before; a record that was cut off goes with it."""
        kept: list[Inquiry | Answered] = [*self.inquiries, *self.answered]
        if kept or beside.path_of(self._wallet, SUFFIX).exists():
            beside.replace_records(self._wallet, self._view, SUFFIX, [_encode(each) for each in kept])
        self._appended = 0


@dataclass(frozen=True, repr=False)
class _Record(keys.Secret):
    format: Literal["zksettle-rfq"]
    version: Literal[1]
    inquiry: Inquiry | None
    answered: Answered | None


def _encode(remembered: Inquiry | Answered) -> bytes:
    pair = (remembered, None) if isinstance(remembered, Inquiry) else (None, remembered)
    return json.dumps(dataclassjson.write(_Record(FORMAT, VERSION, *pair)), separators=(",", ":")).encode()


def _decode(record: bytes) -> Inquiry | Answered:
    what = "the file of requests beside the wallet"
    document = strictjson.loads(record, what, MAX_BYTES)
    version = document.get("version") if isinstance(document, dict) else None
    if version != VERSION:
        raise FormatError(f"{what} has version {version!r}; this program knows {VERSION}")
    found = dataclassjson.read(_Record, document, what)
    one = found.answered if found.inquiry is None else found.inquiry
    if one is None:
        raise FormatError(f"{what} has a record of nothing")
    return one


def _put(kept: dict[bytes, T], name: bytes, value: T) -> None:
    """Puts it in its place, or at the end; the oldest gives way where there are too many."""
    kept[name] = value
    if len(kept) > MAX_KEPT:
        del kept[next(iter(kept))]


def signed(line: Line, sign: int) -> Line:
    """The line with this sign for all its amounts."""
    return replace(line, sizes=tuple(sign * size for size in line.sizes))


def way_taken(side: BuyOrSell, sign: int) -> Way:
    """The side of a maker's quote that an asker takes who buys or sells what it asked about."""
    way = Way.OFFER if side == "buy" else Way.BID
    return way if sign > 0 else way.other
