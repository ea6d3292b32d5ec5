"""Requests and answers have one spelling, and nothing else is read."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circuits import records
from prover.rfq import messages
from prover.rfq.messages import Line, Quote, Request, Side, Way
from settlement.ids import LedgerId
from tests.prover.rfq.desks import ETH, USDC, XAU, line
from zk.errors import FormatError

AMOUNT = st.integers(-messages.LIMIT + 1, messages.LIMIT - 1)


@st.composite
def lines(draw):
    sizes, paid_in = draw(st.lists(AMOUNT, min_size=16, max_size=16)), draw(st.integers(0, records.ASSETS - 1))
    sizes[paid_in] = 0
    sizes[(paid_in + 1) % 16] = abs(sizes[(paid_in + 1) % 16]) or 1
    return Line(tuple(sizes), paid_in)


@st.composite
def requests(draw):
    first, *rest = draw(st.lists(lines(), min_size=1, max_size=messages.MAX_LINES))
    sign = 1 if next(size for size in first.sizes if size) > 0 else -1
    first = replace(first, sizes=tuple(sign * size for size in first.sizes))
    return Request(LedgerId(b"l" * 32), draw(st.binary(min_size=16, max_size=16)), (first, *rest))


@given(requests())
def test_a_request_is_read_as_it_was_written(request):
    assert messages.decode_request(messages.encode_request(request)) == request


@given(requests(), st.data())
def test_bytes_that_are_read_are_written_as_they_were(request, data):
    """So nothing has two spellings: any change gives another request or none."""
    encoded = bytearray(messages.encode_request(request))
    encoded[data.draw(st.integers(0, len(encoded) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        found = messages.decode_request(bytes(encoded))
    except FormatError:
        return
    assert messages.encode_request(found) == bytes(encoded) and found != request


REQUEST = Request(LedgerId(b"l" * 32), b"r" * 16, (line(ETH=5, XAU=-2), line(BTC=1, paid_in=XAU)))
GOOD = messages.encode_request(REQUEST)


@pytest.mark.parametrize("data, why", [
    (b"", "ends inside the ledger id"),
    (GOOD[:-1], "ends inside the amount"),
    (GOOD + b"\0", "1 bytes too many"),
    (GOOD[:48] + b"\0", "has 0 lines"),
    (GOOD[:48] + bytes([21]) + GOOD[49:], "has 21 lines"),
    (GOOD[:49] + bytes([16]) + GOOD[50:], "asset of payment is above 15"),
    (GOOD[:51] + bytes([16]) + GOOD[52:], "asset is above 15"),
    (GOOD[:51] + bytes([XAU]) + GOOD[52:], "do not ascend"),
    (GOOD[:52] + bytes(8) + GOOD[60:], "one of its amounts is 0"),
    (GOOD[:52] + b"\xff" * 8 + GOOD[60:], "would tell the asker's side"),
    (GOOD[:52] + b"\x80" + bytes(7) + GOOD[60:], "does not fit in 64 bits"),
    (GOOD[:49] + bytes([ETH]) + GOOD[50:], "cannot be what it asks for"),
    (GOOD[:48] + bytes([1, USDC, 0]), "asks for nothing"),
])  # fmt: skip
def test_what_is_not_a_request_is_refused_with_the_reason(data, why):
    with pytest.raises(FormatError, match=why):
        messages.decode_request(data)


def side(**payments: int) -> Side:
    named = {"USDC": USDC, "XAU": XAU}
    return Side({named[name]: paid for name, paid in payments.items()}, 7, b"a leg")


def test_an_answer_is_read_as_it_was_written():
    apart = replace(REQUEST, lines=(line(ETH=5), line(BTC=1, paid_in=XAU)))
    quotes = (
        Quote(frozenset([0, 1]), {Way.BID: side(USDC=-3, XAU=4)}),
        Quote(frozenset([1]), {Way.OFFER: side(XAU=5), Way.BID: side(XAU=-(1 << 62))}),
    )
    assert messages.decode_answer(messages.encode_answer(apart, quotes), apart) == quotes


ONE = messages.encode_answer(REQUEST, [Quote(frozenset([1]), {Way.OFFER: side(XAU=5)})])


@pytest.mark.parametrize("data, why", [
    (b"x" + ONE[1:], "to another request"),
    (ONE[:-1], "ends inside the leg"),
    (ONE + b"\0", "1 bytes too many"),
    (ONE[:16] + b"\0", "has no quote"),
    (ONE[:16] + b"\x09" + ONE[17:], "9 quotes, more than 8"),
    (ONE[:17] + bytes(4) + ONE[21:], "a quote of nothing"),
    (ONE[:20] + b"\4" + ONE[21:], "lines is above 3"),
    (ONE[:20] + b"\3" + ONE[21:], "quote them apart"),
    (ONE[:21] + b"\0" + ONE[22:], "a quote of nothing"),
    (ONE[:21] + b"\4" + ONE[22:], "sides is above 3"),
    (ONE[:22] + b"\x80" + bytes(7) + ONE[30:], "does not fit in 64 bits"),
    (ONE[:30] + b"\xff" * 32 + ONE[62:], "blinding"),
    (ONE[:62] + b"\xff\xff" + ONE[64:], "length of the leg is above"),
])  # fmt: skip
def test_what_is_not_an_answer_is_refused_with_the_reason(data, why):
    with pytest.raises(FormatError, match=why):
        messages.decode_answer(data, REQUEST)


def test_the_sides_of_a_quote_are_opposite_trades_but_for_the_price():
    both = frozenset([0])
    offer = messages.changes(REQUEST.lines, both, Way.OFFER, {USDC: 31})
    bid = messages.changes(REQUEST.lines, both, Way.BID, {USDC: 29})
    assert (offer[ETH], offer[XAU], offer[USDC]) == (-5, 2, 31)
    assert (bid[ETH], bid[XAU], bid[USDC]) == (5, -2, -29)
