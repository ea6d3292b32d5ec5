"""Requests and answers, and their bytes inside letters (prover/carriers/letters.py).

    request  = ledger id 32 │ request id 16 │ number of lines 1 │ each line
    line     = paid in 1 │ number of assets 1 │ each: asset 1, amount 8, signed
    answer   = request id 16 │ number of quotes 1 │ each quote
    quote    = lines 4, one bit each │ sides 1: 1 offer, 2 bid, 3 both │ offer │ bid, where it has them
    side     = payments 8 each, signed │ blinding 32 │ length of the leg 2 │ leg (settlement.encoding)

Numbers are big-endian, and everything has one spelling: assets ascend, no amount is 0, and the first of a request is
positive.  So what is asked looks the same whether its asker means to buy it or to sell it.  A *line* is what one price
is for: amounts of assets, of one sign or both (a spread), and the asset that they are paid in.  Its kind says which
version a letter's body is of; another version has another kind.

A quote says what is paid for all of its lines together, for each asset that they are paid in, ascending.  What its leg
changes is not in the answer: the asker computes it from what it asked and the payments, and the leg's value commitment
opens to exactly that or the quote is refused.  With S the sum of the lines,

    offer    the maker sells S and is paid:     changes = payments − S
    bid      the maker buys S and pays:         changes = S − payments
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

from circuits import records
from prover.trader import keys
from prover.trader.plan import Changes
from settlement.bundles import encoding
from settlement.fieldreader import FieldReader
from settlement.ids import LedgerId
from zk import entropy
from zk.errors import FormatError
from zk.fields import prime

REQUEST_KIND, ANSWER_KIND = 16, 17
"""The kinds of the letters that these bytes are in."""

ID_BYTES = 16
MAX_LINES = 20
MAX_QUOTES = 8
PAYMENT_BYTES = 8
LIMIT = 1 << 63
"""Amounts and payments are below this, in absolute value."""


class Way(IntEnum):
    """Which side of a quote: the maker offers what was asked about, or bids for it."""

    OFFER = 1
    BID = 2

    @property
    def other(self) -> "Way":
        """The other side."""
        return Way.BID if self is Way.OFFER else Way.OFFER


@dataclass(frozen=True)
class Line:
    """What one price is for: signed amounts by asset, in smallest units, and the index of the asset it is paid in."""

    sizes: Changes
    paid_in: int

    def __post_init__(self) -> None:
        if not any(self.sizes):
            raise FormatError("a line asks for nothing")
        if self.sizes[self.paid_in]:
            raise FormatError("what a line is paid in cannot be what it asks for")
        if not all(-LIMIT < size < LIMIT for size in self.sizes):
            raise FormatError("an amount of a line does not fit in 64 bits")


@dataclass(frozen=True)
class Request:
    """What is asked of one maker."""

    ledger_id: LedgerId
    request_id: bytes
    lines: tuple[Line, ...]

    def __post_init__(self) -> None:
        if not 0 < len(self.lines) <= MAX_LINES:
            raise FormatError(f"a request has {len(self.lines)} lines: from 1 to {MAX_LINES} are allowed")
        if next(size for size in self.lines[0].sizes if size) < 0:
            raise FormatError("the first amount of a request is negative, which would tell the asker's side")

    @cached_property
    def all_lines(self) -> frozenset[int]:
        """The numbers of its lines, from 0."""
        return frozenset(range(len(self.lines)))


@dataclass(frozen=True, repr=False)
class Side(keys.Secret):
    """A firm leg of a quote: what is paid for it, and the blinding that binds it into a bundle."""

    payments: Mapping[int, int]
    blinding: int
    leg_bytes: bytes


@dataclass(frozen=True, repr=False)
class Quote(keys.Secret):
    """The firm sides of one account for some lines of a request, of which one at most can settle."""

    lines: frozenset[int]
    sides: Mapping[Way, Side]


def new_id() -> bytes:
    """A fresh id of a request."""
    return entropy.token(ID_BYTES)


def paid_in(lines: Sequence[Line], numbers: frozenset[int]) -> tuple[int, ...]:
    """The assets that these lines are paid in, ascending."""
    return tuple(sorted({lines[number].paid_in for number in numbers}))


def total(lines: Sequence[Line], numbers: frozenset[int]) -> Changes:
    """The amounts of these lines together.

    Raises FormatError when one is paid in what another asks for: then no price would say which is which.
    """
    summed = tuple(sum(lines[number].sizes[slot] for number in numbers) for slot in range(records.ASSETS))
    if any(summed[asset] for asset in paid_in(lines, numbers)):
        raise FormatError("one of these lines is paid in what another one asks for: quote them apart")
    return summed


def changes(lines: Sequence[Line], numbers: frozenset[int], way: Way, payments: Mapping[int, int]) -> Changes:
    """What a maker's account changes by on this side.  Raises FormatError as `total`."""
    sign = 1 if way is Way.BID else -1
    return tuple(sign * (amount - payments.get(slot, 0)) for slot, amount in enumerate(total(lines, numbers)))


def encode_request(request: Request) -> bytes:
    """A request's bytes."""
    parts = [request.ledger_id, request.request_id, bytes([len(request.lines)])]
    for line in request.lines:
        asked = [(slot, size) for slot, size in enumerate(line.sizes) if size]
        parts.append(bytes([line.paid_in, len(asked)]))
        parts += [bytes([slot]) + size.to_bytes(8, "big", signed=True) for slot, size in asked]
    return b"".join(parts)


def decode_request(data: bytes) -> Request:
    """The request in these bytes.  Raises FormatError."""
    reader = FieldReader(data, "the request")
    ledger_id, request_id = LedgerId(reader.digest("ledger id")), reader.take(ID_BYTES, "id")
    lines = tuple(_line(reader) for _ in range(reader.count("lines", MAX_LINES)))
    reader.finish()
    return Request(ledger_id, request_id, lines)


def _line(reader: FieldReader) -> Line:
    paid, last, sizes = reader.number(1, "asset of payment", most=records.ASSETS - 1), -1, [0] * records.ASSETS
    for _ in range(reader.count("assets", records.ASSETS)):
        slot = reader.number(1, "asset", most=records.ASSETS - 1)
        amount = reader.number(8, "amount", signed=True)
        if slot <= last or not amount:
            raise FormatError("the request's assets do not ascend, or one of its amounts is 0")
        sizes[slot], last = amount, slot
    return Line(tuple(sizes), paid)


def encode_answer(request: Request, quotes: Sequence[Quote]) -> bytes:
    """The answer to a request that consists of these quotes."""
    assert 0 < len(quotes) <= MAX_QUOTES, "an answer has from 1 to 8 quotes"
    parts = [request.request_id, bytes([len(quotes)])]
    for quote in quotes:
        marks = sum(1 << number for number in quote.lines)
        parts.append(marks.to_bytes(4, "big") + bytes([sum(quote.sides)]))
        for way in sorted(quote.sides):
            side = quote.sides[way]
            assets, leg = paid_in(request.lines, quote.lines), side.leg_bytes
            parts += [side.payments.get(asset, 0).to_bytes(PAYMENT_BYTES, "big", signed=True) for asset in assets]
            parts += [prime.to_bytes(side.blinding), len(leg).to_bytes(2, "big"), leg]
    return b"".join(parts)


def decode_answer(data: bytes, request: Request) -> tuple[Quote, ...]:
    """The quotes in an answer to this request.  Raises FormatError; prover.rfq.checking checks the legs."""
    reader = FieldReader(data, "the answer")
    if reader.take(ID_BYTES, "id of the request") != request.request_id:
        raise FormatError("the answer is to another request")
    quotes = tuple(_quote(reader, request) for _ in range(reader.count("quotes", MAX_QUOTES)))
    reader.finish()
    if not quotes:
        raise FormatError("the answer has no quote")
    return quotes


def _quote(reader: FieldReader, request: Request) -> Quote:
    marks = reader.number(4, "lines", most=(1 << len(request.lines)) - 1)
    numbers = frozenset(number for number in request.all_lines if marks >> number & 1)
    sides = reader.number(1, "sides", most=3)
    if not numbers or not sides:
        raise FormatError("the answer has a quote of nothing")
    total(request.lines, numbers)
    return Quote(numbers, {way: _side(reader, paid_in(request.lines, numbers)) for way in Way if sides & way})


def _side(reader: FieldReader, assets: tuple[int, ...]) -> Side:
    payments = {asset: reader.number(PAYMENT_BYTES, "payment", signed=True) for asset in assets}
    if not all(-LIMIT < payment < LIMIT for payment in payments.values()):
        raise FormatError("a payment of the answer does not fit in 64 bits")
    blinding = reader.scalar("blinding")
    length = reader.number(2, "length of the leg", most=encoding.MAX_LEG_BYTES)
    return Side(payments, blinding, reader.take(length, "leg"))
