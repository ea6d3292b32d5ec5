"""Prices from registered oracles, and the grids that follow from them.

    quote    = (oracle, asset, price, time, epoch), signed by the oracle for one ledger
    price of an asset in an epoch = the median of its quotes, the lower of the two middle ones for an even number

Every asset is priced, the numeraire too: a stablecoin has a price like any other, and a rule without exceptions has no
exception to exploit.  The lower median favours those who owe the asset over those who hold it, by no more than the
difference of the two middle quotes.

Power of liars.  Of n quotes with f liars among them the median lies between two honest prices while 2f < n.  The
publisher chooses the quotes, but never fewer than the quorum, and a quorum is more than two thirds of the oracles, so
fewer liars than half of it change nothing.  With 3 of 3 a single liar cannot move the price outside the honest ones; it
can only keep silent, so that nothing is published.  A quorum of 2 would let one liar set any lower price.

No price of an epoch may be outside the range that the previous epoch's initial grid covers.  So a margin proof against
that grid, which may be used for one epoch more, covers every asset's current price.

The evidence of a publication is its quotes, so that anybody with the ledger's database can verify every signature again
and compute the same grids:

    evidence = "zkQ1" │ n × quote
    quote    = oracle 1 │ asset 1 │ price 8 │ time 8 │ epoch 8 │ signature 96, big-endian
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from circuits import records
from settlement import amounts, poolfile, risk
from settlement.bundle import MAX_EPOCH
from settlement.grids import Publication
from settlement.ids import LedgerId
from settlement.parameters import MAX_ORACLES
from settlement.pool import Pool
from settlement.rejection import Rejected, Rejection
from zk import domains, signature
from zk.errors import FormatError, InvalidProof
from zk.hashes import poseidon
from zk.signature import Signature

MAX_QUOTES = MAX_ORACLES * records.ASSETS
MAX_PRICE = 2**63 - 1
MAX_TIME_MS = 2**63 - 1
CLOCK_SKEW_MS = 30_000

MAGIC = b"zkQ1"
_HEAD = struct.Struct(">BBQQQ")
_QUOTE_BYTES = _HEAD.size + signature.ENCODED_BYTES
MAX_EVIDENCE_BYTES = len(MAGIC) + MAX_QUOTES * _QUOTE_BYTES


@dataclass(frozen=True)
class Quote:
    """One oracle's price of one asset.  `oracle` is an index into the pool's keys; risk.SCALE is the price's unit."""

    oracle: int
    asset: int
    price: int
    time_ms: int
    epoch: int
    signature: Signature


def message(ledger_id: LedgerId, asset: int, price: int, time_ms: int, epoch: int) -> int:
    """The message that an oracle signs: H[QUOTE](upper and lower half of the ledger id, asset, price, time, epoch)."""
    halves = (int.from_bytes(ledger_id[:16], "big"), int.from_bytes(ledger_id[16:], "big"))
    return int(poseidon.hash((*halves, asset, price, time_ms, epoch), domains.TAG_QUOTE))


def sign(pool: Pool, secret: int, asset: int, price: int, time_ms: int, epoch: int) -> Quote:
    """A quote under the registered key of this secret.

    Raises Rejected when the pool has no such oracle, and FormatError when a number is out of range.
    """
    key = signature.public(secret)
    if key not in pool.parameters.oracle_keys:
        raise Rejected(Rejection.UNKNOWN_ORACLE, "the secret does not belong to a registered key")
    quote_signature = signature.sign(secret, message(poolfile.ledger_id(pool), asset, price, time_ms, epoch))
    quote = Quote(pool.parameters.oracle_keys.index(key), asset, price, time_ms, epoch, quote_signature)
    _check_ranges(quote)
    return quote


def encode(quotes: Sequence[Quote]) -> bytes:
    """The evidence of a publication: its quotes ordered by asset and oracle."""
    sorted_quotes = sorted(quotes, key=lambda quote: (quote.asset, quote.oracle))
    parts = (
        _HEAD.pack(quote.oracle, quote.asset, quote.price, quote.time_ms, quote.epoch)
        + signature.encode(quote.signature)
        for quote in sorted_quotes
    )
    return MAGIC + b"".join(parts)


def decode(data: bytes) -> tuple[Quote, ...]:
    """The quotes in these bytes.  Raises FormatError for their size, their order, or a number out of range."""
    if len(data) > MAX_EVIDENCE_BYTES:
        raise FormatError(f"the quotes have {len(data)} bytes, more than {MAX_EVIDENCE_BYTES}")
    if not data.startswith(MAGIC) or (len(data) - len(MAGIC)) % _QUOTE_BYTES:
        raise FormatError(f"the quotes are not {MAGIC.decode()} followed by whole quotes of {_QUOTE_BYTES} bytes")
    quotes = []
    for start in range(len(MAGIC), len(data), _QUOTE_BYTES):
        index, asset, price, time_ms, epoch = _HEAD.unpack_from(data, start)
        quote_signature = signature.decode(data[start + _HEAD.size : start + _QUOTE_BYTES], "a quote's signature")
        quotes.append(Quote(index, asset, price, time_ms, epoch, quote_signature))
        _check_ranges(quotes[-1])
    if encode(quotes) != data:
        raise FormatError("the quotes are not ordered by asset and oracle")
    return tuple(quotes)


def prices(publication: Publication) -> tuple[int, ...]:
    """The median price of every asset in a published epoch."""
    return _medians(decode(publication.evidence))


def check(pool: Pool, quotes: Sequence[Quote], previous: Publication | None, now_ms: int) -> Publication:
    """The publication that these quotes make after `previous`, at `now_ms`.

    Raises FormatError when a quote is malformed or there are too many, and Rejected, in the order of the rejections,
    for a signature, a time, the quorum, a price or the epoch.  The audit repeats this call with a stored publication's
    quotes, its predecessor and the time at which it was published, and gets the same publication.
    """
    if len(quotes) > MAX_QUOTES:
        raise FormatError(f"there are {len(quotes)} quotes, more than {MAX_QUOTES}")
    for quote in quotes:
        _check_ranges(quote)
    _check_signatures(pool, quotes)
    check_times(pool, quotes, now_ms)
    _check_quorum(pool, quotes)
    medians = _medians(quotes)
    if previous is not None:
        _check_covered(pool, medians, previous.initial)
    epoch = 1 if previous is None else previous.epoch + 1
    for quote in quotes:
        if quote.epoch != epoch:
            raise Rejected(Rejection.WRONG_EPOCH, f"a quote is for epoch {quote.epoch}, but {epoch} is next")
    try:
        initial, maintenance = risk.grids(pool, medians, epoch)
    except OverflowError as error:
        raise Rejected(Rejection.PRICE_RANGE, str(error)) from None
    return Publication(epoch, initial, maintenance, encode(quotes))


def _check_ranges(quote: Quote) -> None:
    for value, least, most, what in (
        (quote.oracle, 0, MAX_ORACLES - 1, "oracle"),
        (quote.asset, 0, records.ASSETS - 1, "asset"),
        (quote.price, 1, MAX_PRICE, "price"),
        (quote.time_ms, 0, MAX_TIME_MS, "time"),
        (quote.epoch, 1, MAX_EPOCH, "epoch"),
    ):
        if not least <= value <= most:
            raise FormatError(f"a quote's {what} is {value}, not between {least} and {most}")


def _check_signatures(pool: Pool, quotes: Sequence[Quote]) -> None:
    for quote in quotes:
        if quote.oracle >= len(pool.parameters.oracle_keys):
            raise Rejected(Rejection.UNKNOWN_ORACLE, f"the pool has no oracle {quote.oracle}")
    ledger_id = poolfile.ledger_id(pool)
    for quote in quotes:
        expected = message(ledger_id, quote.asset, quote.price, quote.time_ms, quote.epoch)
        try:
            signature.verify(pool.parameters.oracle_keys[quote.oracle], expected, quote.signature)
        except InvalidProof:
            detail = f"oracle {quote.oracle} did not sign this price of {pool.assets[quote.asset].symbol}"
            raise Rejected(Rejection.PRICE_SIGNATURE, detail) from None


def check_times(pool: Pool, quotes: Sequence[Quote], now_ms: int) -> None:
    """Raises Rejected when a price was signed too long ago, or in the future."""
    for quote in quotes:
        age_ms = now_ms - quote.time_ms
        if age_ms > pool.parameters.limits.price_age_ms or age_ms < -CLOCK_SKEW_MS:
            when = f"{age_ms} ms ago" if age_ms >= 0 else f"{-age_ms} ms in the future"
            raise Rejected(Rejection.PRICE_STALE, f"oracle {quote.oracle} signed a price {when}")


def _check_quorum(pool: Pool, quotes: Sequence[Quote]) -> None:
    for index, asset in enumerate(pool.assets):
        oracles = [quote.oracle for quote in quotes if quote.asset == index]
        if len(oracles) != len(set(oracles)):
            raise Rejected(Rejection.NO_QUORUM, f"an oracle has two prices of {asset.symbol}")
        if len(oracles) < pool.parameters.quorum:
            raise Rejected(Rejection.NO_QUORUM, f"{asset.symbol} has {len(oracles)} of {pool.parameters.quorum} prices")


def _check_covered(pool: Pool, medians: tuple[int, ...], grid: records.RiskGrid) -> None:
    """min_s M[s][i] <= price_i <= max_s M[s][i], where M is the previous epoch's initial grid."""
    numeraire = pool.assets[amounts.NUMERAIRE]
    for asset, price, column in zip(pool.assets, medians, zip(*grid.values, strict=True), strict=True):
        if not min(column) <= price <= max(column):
            price_text, least_text, most_text = (
                amounts.show_price(value, asset, numeraire) for value in (price, min(column), max(column))
            )
            raise Rejected(
                Rejection.PRICE_DEVIATION,
                f"the price of {asset.symbol} is {price_text} {numeraire.symbol}, "
                f"but the grid in force covers {least_text} to {most_text} {numeraire.symbol}",
            )


def _medians(quotes: Sequence[Quote]) -> tuple[int, ...]:
    """The lower median for each asset; every asset has a quote."""
    prices_by_asset = (
        sorted(quote.price for quote in quotes if quote.asset == asset) for asset in range(records.ASSETS)
    )
    return tuple(sorted_prices[(len(sorted_prices) - 1) // 2] for sorted_prices in prices_by_asset)
