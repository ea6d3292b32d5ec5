"""What every asset of a pool is worth at one time, from the medians of its oracles' quotes.

    held          the quoted price
    loan          the quoted price of the numeraire · I, rounded up
    perpetual     its quoted price · J, rounded down
    option        Black's value (risk.black76) of the underlying's price, the strike, the time until expiry and
                  the quoted volatility, rounded down; its quotes have no price
    settled       the settlement price of an expired claim, a whole number of the loan's smallest units (`rates`),
                  times the price of the loan: it grows with the loan, into which it may be converted at any time
    unused claim  the loan, as if it had been settled at a rate of 1: so it is worth what it may be converted into,
                  and moves with the loan alone.  In a pool without a loan, 0
    unused        0

Suspended claims.  A claim for which no price is quoted (a median of 0: most of its oracles said that they have none),
or one that is worth more than LIMIT, is suspended: that claim alone, and nothing else stops.  What is missing is taken
from the epoch before: a perpetual moves with its underlying, an option keeps its volatility, and what was never priced
is worth 0; what is too much counts as LIMIT.  In the initial grid whoever owes it is ruined, and whoever holds it has
nothing, so nobody takes any on (settlement.risk.risk).

Interest and funding touch no balance: they are in the price of what is owed.  Both indices begin at 1 (`ONE`), and dt
is the time between the newest quotes of two epochs.  These times only go forward, so nobody accrues twice by publishing
twice.

    I  grows by I·rate·dt, rounded up            the lender gains less than 10^-12 of what is owed, each epoch
    J  falls by J·premium·dt / 8 h, where premium = perpetual / underlying − 1, between ±PREMIUM_BPS, and dt is a day at
       most.  J is rounded down: whoever is long loses less than 10^-12.  When the perpetual is dear the long pay the
       short, which draws its price to the underlying's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from settlement.pool import assets as slots
from settlement.pool.assets import Asset, Option, Perpetual
from settlement.pool.parameters import Parameters
from settlement.pool.pool import Pool
from settlement.risk import optionrisk

ONE = 10**12
BPS = 10**4
YEAR_MS = 365 * 24 * 3_600_000
FUNDING_MS = 8 * 3_600_000
MAX_FUNDING_MS = 24 * 3_600_000
PREMIUM_BPS = 50
MAX_INDEX = 2**64 - 1
MAX_PRICE = 2**63 - 1
LIMIT = MAX_PRICE // 8
"""The most that a claim counts for: no move in a scenario makes more than seven times as much of it."""


@dataclass(frozen=True)
class Observation:
    """What is observed of each slot, by one oracle or as the median of many: 0 where nothing is quoted."""

    prices: tuple[int, ...]
    volatilities: tuple[int, ...]


@dataclass(frozen=True)
class Market:
    """Sixteen of each, by slot, at `time_ms`.

    `prices` are in the unit of settlement.risk.risk.  `volatilities` are in bps: of a factor over a day, of an option
    over a year, otherwise 0.  `indices` are I of the loan and J of a perpetual in units of 1/ONE, and ONE for all
    others.  `rates` is the settlement price of a claim that has expired, otherwise None.  `suspended` has the slots of
    claims without a price.  """

    prices: tuple[int, ...]
    volatilities: tuple[int, ...]
    indices: tuple[int, ...]
    rates: tuple[int | None, ...]
    time_ms: int
    suspended: frozenset[int] = frozenset()


def quoted(pool: Pool, rates: Mapping[int, int]) -> tuple[int, ...]:
    """The slots that oracles quote: neither a loan's, nor an unused one, nor one of `rates`, which has been settled."""
    return tuple(
        slot
        for slot, asset in enumerate(pool.assets)
        if not asset.is_unused and asset.kind != "loan" and slot not in rates
    )


def advance(
    pool: Pool, parameters: Parameters, observed: Observation, rates: Mapping[int, int], previous: Market | None,
    time_ms: int,
) -> Market:  # fmt: skip
    """The market at `time_ms`, after `previous`.  `rates` are the claims that were settled before.

    An option whose expiry has come is settled here, at what it is worth now: this is the first epoch that knows.
    """
    indices = tuple(_index(pool, parameters, observed, slot, previous, time_ms) for slot in range(slots.SLOTS))
    loan = slots.loan_slot(pool.assets)
    loan_price = 0 if loan is None else -(-observed.prices[slots.NUMERAIRE] * indices[loan] // ONE)
    prices, settled, suspended = [], [], set()
    volatilities = list(observed.volatilities)
    for slot, asset in enumerate(pool.assets):
        rate = 1 if asset.is_unused and slot >= slots.HELD and loan is not None else rates.get(slot)
        if slot == loan:
            price = loan_price
        elif isinstance(asset.terms, Option):
            has_expired = asset.terms.expiry_ms <= time_ms
            if not volatilities[slot] and rate is None and not has_expired:
                suspended.add(slot)
                volatilities[slot] = 0 if previous is None else previous.volatilities[slot]
            if rate is None and underlying_price(pool, asset, observed.prices) > LIMIT:
                suspended.add(slot)
            price = optionrisk.value(option(pool, asset, observed.prices, volatilities[slot], time_ms))
            if rate is None and has_expired:
                rate = min(price, LIMIT) // loan_price
        elif isinstance(asset.terms, Perpetual) and not observed.prices[slot] and rate is None:
            suspended.add(slot)
            price = _carried(pool, asset, slot, observed, previous)
        else:
            price = observed.prices[slot] * indices[slot] // ONE
        price = price if rate is None else rate * loan_price
        if price > LIMIT and asset.is_claim:
            suspended.add(slot)
            price = LIMIT
        prices.append(price)
        settled.append(rate)
    live = tuple(0 if rate is not None else v for rate, v in zip(settled, volatilities, strict=True))
    return Market(tuple(prices), live, indices, tuple(settled), time_ms, frozenset(suspended))


def underlying_price(pool: Pool, asset: Asset, prices: Sequence[int]) -> int:
    """The price of as much of a claim's underlying as one smallest unit of the claim is about.

    A claim has no more decimals than its underlying, so it is a power of ten of the underlying's price.
    """
    assert asset.terms is not None, "a claim has terms"
    underlying = asset.terms.underlying
    return int(prices[underlying] * 10 ** (pool.assets[underlying].decimals - asset.decimals))


def option(pool: Pool, asset: Asset, prices: Sequence[int], volatility_bps: int, time_ms: int) -> optionrisk.Market:
    """What an option's value depends on, at these prices and this volatility; LIMIT is the most that its forward is."""
    assert isinstance(asset.terms, Option), "only an option is valued by its terms"
    remaining_ms = max(0, asset.terms.expiry_ms - time_ms)
    forward = min(underlying_price(pool, asset, prices), LIMIT)
    return optionrisk.Market(asset.terms.is_call, forward, asset.terms.strike, volatility_bps, remaining_ms)


def _carried(pool: Pool, asset: Asset, slot: int, observed: Observation, previous: Market | None) -> int:
    """The price of a perpetual that nobody quotes: the one before, moved as its underlying has moved, rounded down."""
    assert asset.terms is not None, "a claim has terms"
    underlying = asset.terms.underlying
    if previous is None or not previous.prices[underlying]:
        return 0
    return previous.prices[slot] * observed.prices[underlying] // previous.prices[underlying]


def _index(
    pool: Pool, parameters: Parameters, observed: Observation, slot: int, previous: Market | None, time_ms: int
) -> int:
    asset = pool.assets[slot]
    if previous is None:
        return ONE
    index, passed_ms = previous.indices[slot], time_ms - previous.time_ms
    if asset.kind == "loan":
        index += -(-index * parameters.loan_rate_bps * passed_ms // (BPS * YEAR_MS))
    if isinstance(asset.terms, Perpetual) and observed.prices[slot]:
        spot = underlying_price(pool, asset, observed.prices)
        # premium · dt / 8 h as a fraction; the premium has the denominator BPS · spot.
        premium = BPS * (observed.prices[slot] - spot)
        premium = max(-PREMIUM_BPS * spot, min(PREMIUM_BPS * spot, premium))
        passed_ms = min(passed_ms, MAX_FUNDING_MS)
        index -= -(-index * premium * passed_ms // (BPS * spot * FUNDING_MS))
    return max(1, min(MAX_INDEX, index))
