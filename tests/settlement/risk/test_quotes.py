"""Quotes: only what an oracle signed counts, and its bytes have one spelling."""

from dataclasses import replace

import pytest

from settlement.pool import poolfile
from settlement.rejection import Rejected, Rejection
from settlement.risk import quotes
from tests.settlement.pool import pools
from tests.settlement.risk.oracles import NOW, POOL, check, refused, signed
from zk import signature
from zk.errors import FormatError


@pytest.fixture(scope="module")
def honest():
    return signed()


@pytest.fixture(scope="module")
def first(honest):
    return check(honest)


def test_an_unregistered_key_neither_signs_nor_counts(honest):
    with pytest.raises(Rejected) as caught:
        quotes.sign(POOL, POOL.parameters, 44, asset=1, price=10**6, volatility_bps=1, time_ms=NOW, epoch=1)
    assert caught.value.rejection == Rejection.UNKNOWN_ORACLE
    assert refused([*honest[:-1], replace(honest[-1], oracle=3)]) == Rejection.UNKNOWN_ORACLE


@pytest.mark.parametrize(
    "change", [{"price": 10**7}, {"volatility_bps": 9}, {"asset": 0}, {"time_ms": NOW + 1}, {"epoch": 2}, {"oracle": 1}]
)
def test_every_part_of_a_quote_is_signed(honest, change):
    assert honest[5].oracle == 0
    assert refused([*honest[:5], replace(honest[5], **change), *honest[6:]]) == Rejection.PRICE_SIGNATURE


def test_a_price_signed_for_another_ledger_does_not_count(honest):
    elsewhere = pools.make(salt=bytes([1]) * 16)
    assert refused(honest, pool=elsewhere) == Rejection.PRICE_SIGNATURE


def test_more_quotes_than_any_pool_can_have_are_refused_unread(honest):
    with pytest.raises(FormatError, match="there are 257 quotes, more than 256"):
        check(honest[:1] * (quotes.MAX_QUOTES + 1))
    with pytest.raises(FormatError, match=f"the quotes have {quotes.MAX_EVIDENCE_BYTES + 1} bytes, more than"):
        quotes.decode(bytes(quotes.MAX_EVIDENCE_BYTES + 1))


def test_quotes_read_back_from_their_bytes_in_the_order_of_assets_and_oracles(honest):
    read = quotes.decode(quotes.encode(reversed(honest)))
    assert sorted(read, key=lambda quote: (quote.oracle, quote.asset)) == honest


SIZE = quotes.QUOTE_BYTES


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: b"zkQ1" + data[4:],
        lambda data: data[:4] + data[4 + SIZE : 4 + 2 * SIZE] + data[4 : 4 + SIZE] + data[4 + 2 * SIZE :],
        lambda data: data[:5] + b"\x10" + data[6:],
        lambda data: data * 12,
    ],
    ids=["short", "long", "magic", "order", "asset 16", "too many"],
)
def test_other_bytes_are_no_quotes(first, spoil):
    with pytest.raises(FormatError):
        quotes.decode(spoil(first.evidence))


def test_a_number_out_of_range_is_no_quote(honest):
    for change in (
        {"price": -1}, {"price": 2**63}, {"epoch": 0}, {"asset": 16}, {"time_ms": -1}, {"oracle": 16},
        {"volatility_bps": 10**6 + 1},
    ):  # fmt: skip
        with pytest.raises(FormatError, match=f"{next(iter(change)).split('_')[0]}"):
            check([replace(honest[0], **change), *honest[1:]])


def test_a_quote_is_the_bytes_that_its_oracle_signed(honest):
    """Written out from the format: SHA-256 over the tag, the ledger's id and the fields, each after its length."""
    import hashlib
    import struct

    quote = honest[1]
    body = struct.pack(">BBQIQQ", 0, quote.asset, quote.price, quote.volatility_bps, quote.time_ms, quote.epoch)
    parts = (b"zksettle/quote", poolfile.ledger_id(POOL), body)
    framed = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    message = int.from_bytes(hashlib.sha256(framed).digest()[:31], "big")
    assert quotes.message(poolfile.ledger_id(POOL), quote) == message
    signature.verify(POOL.parameters.oracle_keys[quote.oracle], message, quote.signature)
