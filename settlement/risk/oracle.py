"""Prices from registered oracles, and the grids that follow from them.

    price and volatility of an asset in an epoch = the medians of its quotes, the lower of the two middle ones for an
    even number

Every held asset is priced, the numeraire too: a stablecoin has a price like any other, and a rule without exceptions
has no exception to exploit.  The lower median favours those who owe the asset over those who hold it, by no more than
the difference of the two middle quotes.  Loans and options have no prices of their own (settlement.risk.market).

A claim's price may be missing: an oracle signs 0 for a perpetual's price or an option's volatility to say that it has
none.  Where the median is 0 the claim is suspended, and nothing else (settlement.risk.market).  So the publisher cannot
suspend a claim by leaving quotes out: they lack the quorum then, and the whole publication is refused.

Power of liars.  Of n quotes with f liars among them the median lies between two honest prices while 2f < n.  The
publisher chooses the quotes, but never fewer than the quorum, and a quorum is more than two thirds of the oracles, so
fewer liars than half of it change nothing.  With 4 of 5 a single liar cannot move a price outside the honest ones, and
one who is silent stops nobody.

Time.  All quotes of an epoch are newer than all of the epoch before, and at most SPREAD_MS apart.  So the publisher has
no choice among old and new prices, neither within an epoch nor by holding one back.

No price is ever too far from the last: a publication that leaves what the last one covers says so, and the ledger then
stops what it must (settlement.risk.coverage).  Refusing it would leave the old prices in force, which are worse.
"""

from collections.abc import Mapping, Sequence

from settlement.pool import assets as slots
from settlement.pool import poolfile
from settlement.pool.assets import Option
from settlement.pool.parameters import Parameters
from settlement.pool.pool import Pool
from settlement.rejection import Rejected, Rejection
from settlement.risk import coverage, market, quotes, risk
from settlement.risk.grids import Publication
from settlement.risk.market import Observation
from settlement.risk.quotes import Quote
from zk import signature
from zk.errors import FormatError

CLOCK_SKEW_MS = 30_000
SPREAD_MS = 60_000
LEAST_PRICE = 10**6
"""Rounding a value by a unit then changes it by less than 10^-6."""


def check(
    pool: Pool, parameters: Parameters, rates: Mapping[int, int], quoted: Sequence[Quote],
    previous: Publication | None, now_ms: int,
) -> Publication:  # fmt: skip
    """The publication that these quotes make after `previous`, at `now_ms`.

    `rates` are the claims that have been settled before, by this time.

    Raises FormatError when a quote is malformed or there are too many, and Rejected, in the order of the rejections,
    for a signature, a time, the quorum, the epoch or a price.  The audit repeats this call with a stored publication's
    quotes, its predecessor and the time at which it was published, and gets the same publication.
    """
    if len(quoted) > quotes.MAX_QUOTES:
        raise FormatError(f"there are {len(quoted)} quotes, more than {quotes.MAX_QUOTES}")
    for quote in quoted:
        quotes.check_ranges(quote)
    _check_signatures(pool, parameters, quoted)
    check_times(parameters, quoted, now_ms)
    _check_order(quoted, previous)
    _check_quorum(pool, parameters, quoted, market.quoted(pool, rates))
    epoch = 1 if previous is None else previous.epoch + 1
    for quote in quoted:
        if quote.epoch != epoch:
            raise Rejected(Rejection.WRONG_EPOCH, f"a quote is for epoch {quote.epoch}, but {epoch} is next")
    for quote in quoted:
        _check_numbers(pool, parameters, quote)
    before = None if previous is None else previous.market
    time_ms = max(quote.time_ms for quote in quoted)
    after = market.advance(pool, parameters, _medians(quoted), rates, before, time_ms)
    try:
        initial, maintenance = risk.grids(pool, parameters, after)
    except OverflowError as error:
        raise Rejected(Rejection.PRICE_RANGE, str(error)) from None
    found = coverage.find(previous, after.prices, maintenance)
    return Publication(epoch, after, initial, maintenance, found, quotes.encode(quoted))


def observation(publication: Publication) -> Observation:
    """The medians from which a publication was made."""
    return _medians(quotes.decode(publication.evidence))


def check_times(parameters: Parameters, quoted: Sequence[Quote], now_ms: int) -> None:
    """Raises Rejected when a price was signed too long ago, or in the future."""
    for quote in quoted:
        age_ms = now_ms - quote.time_ms
        if age_ms > parameters.limits.price_age_ms or age_ms < -CLOCK_SKEW_MS:
            when = f"{age_ms} ms ago" if age_ms >= 0 else f"{-age_ms} ms in the future"
            raise Rejected(Rejection.PRICE_STALE, f"oracle {quote.oracle + 1} signed a price {when}")


def _check_signatures(pool: Pool, parameters: Parameters, quoted: Sequence[Quote]) -> None:
    for quote in quoted:
        if quote.oracle >= len(parameters.oracle_keys):
            raise Rejected(Rejection.UNKNOWN_ORACLE, f"the pool has no oracle {quote.oracle + 1}")
    ledger_id = poolfile.ledger_id(pool)
    claims = [
        signature.Claim(parameters.oracle_keys[quote.oracle], quotes.message(ledger_id, quote), quote.signature)
        for quote in quoted
    ]
    for index in signature.verify_batch(claims)[:1]:
        quote = quoted[index]
        detail = f"oracle {quote.oracle + 1} did not sign this price of {pool.assets[quote.asset].symbol}"
        raise Rejected(Rejection.PRICE_SIGNATURE, detail)


def _check_order(quoted: Sequence[Quote], previous: Publication | None) -> None:
    """Raises Rejected when the quotes are too far apart in time, or one is not newer than the last epoch's newest."""
    times_ms = [quote.time_ms for quote in quoted]
    apart_ms = max(times_ms, default=0) - min(times_ms, default=0)
    if apart_ms > SPREAD_MS:
        raise Rejected(Rejection.PRICE_SPREAD, f"the oldest and the newest quote are {apart_ms} ms apart")
    for quote in quoted:
        if previous is not None and quote.time_ms <= previous.market.time_ms:
            behind_ms = previous.market.time_ms - quote.time_ms
            raise Rejected(
                Rejection.PRICE_ORDER,
                f"oracle {quote.oracle + 1} signed a price {behind_ms} ms before the newest of the last epoch",
            )


def _check_quorum(pool: Pool, parameters: Parameters, quoted: Sequence[Quote], expected: Sequence[int]) -> None:
    for slot, asset in enumerate(pool.assets):
        oracles = [quote.oracle for quote in quoted if quote.asset == slot]
        if slot not in expected:
            if oracles:
                raise Rejected(Rejection.NO_QUORUM, f"slot {slot} ({asset.symbol}) is not priced by oracles")
            continue
        if len(oracles) != len(set(oracles)):
            raise Rejected(Rejection.NO_QUORUM, f"an oracle has two prices of {asset.symbol}")
        if len(oracles) < parameters.quorum:
            raise Rejected(Rejection.NO_QUORUM, f"{asset.symbol} has {len(oracles)} of {parameters.quorum} prices")


def _check_numbers(pool: Pool, parameters: Parameters, quote: Quote) -> None:
    """Raises Rejected when the quote's price is too coarse, and FormatError when it has no use for one of its numbers.

    It raises FormatError, too, when a factor or an option lacks its volatility.
    """
    asset = pool.assets[quote.asset]
    if asset.is_claim and not quote.price and not quote.volatility_bps:
        return  # the oracle says that it has no price
    is_option, is_factor = isinstance(asset.terms, Option), quote.asset in risk.factors(parameters)
    if is_option and quote.price:
        raise FormatError(f"a quote of {asset.symbol} has a price: an option's follows from its volatility")
    if (is_option or is_factor) != (quote.volatility_bps > 0):
        has = (
            "lacks a volatility"
            if quote.volatility_bps == 0
            else "has a volatility, which only factors and options have"
        )
        raise FormatError(f"a quote of {asset.symbol} {has}")
    if not is_option and quote.price < LEAST_PRICE:
        raise Rejected(
            Rejection.PRICE_COARSE,
            f"oracle {quote.oracle + 1} prices {asset.symbol} at {quote.price} units, fewer than {LEAST_PRICE}",
        )


def _medians(quoted: Sequence[Quote]) -> Observation:
    """The lower medians of each slot."""
    by_slot = [[quote for quote in quoted if quote.asset == slot] for slot in range(slots.SLOTS)]
    return Observation(
        tuple(_median([quote.price for quote in each]) for each in by_slot),
        tuple(_median([quote.volatility_bps for quote in each]) for each in by_slot),
    )


def _median(values: list[int]) -> int:
    return sorted(values)[(len(values) - 1) // 2] if values else 0
