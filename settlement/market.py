"""What every asset of a pool is worth at one time, from the medians of its oracles' quotes.

    held          the quoted price
    loan          the quoted price of the numeraire · I, rounded up
    perpetual     its quoted price · J, rounded down
    option        Black's value (settlement.black76) of the underlying's price, the strike, the time until expiry and
                  the quoted volatility, rounded down; its quotes have no price
    settled       the settlement price of an expired claim, a whole number of the loan's smallest units (`rates`),
                  times the price of the loan: it grows with the loan, into which it may be converted at any time
    unused claim  the loan, as if it had been settled at a rate of 1: so it is worth what it may be converted into,
                  and moves with the loan alone.  In a pool without a loan, 0
    unused        0

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

from settlement import assets as slots
from settlement import optionrisk
from settlement.assets import Asset, Option, Perpetual
from settlement.parameters import Parameters
from settlement.pool import Pool

ONE = 10**12
BPS = 10**4
YEAR_MS = 365 * 24 * 3_600_000
FUNDING_MS = 8 * 3_600_000
MAX_FUNDING_MS = 24 * 3_600_000
PREMIUM_BPS = 50
MAX_INDEX = 2**64 - 1
MAX_PRICE = 2**63 - 1


@dataclass(frozen=True)
class Observation:
    """What is observed of each slot, by one oracle or as the median of many: 0 where nothing is quoted."""

    prices: tuple[int, ...]
    volatilities: tuple[int, ...]


@dataclass(frozen=True)
class Market:
    """Sixteen of each, by slot, at `time_ms`.

    `prices` are in the unit of settlement.risk.  `volatilities` are in bps: of a factor over a day, of an option over a
    year, otherwise 0.  `indices` are I of the loan and J of a perpetual in units of 1/ONE, and ONE for all others.
    `rates` is the settlement price of a claim that has expired, otherwise None.
    """

    prices: tuple[int, ...]
    volatilities: tuple[int, ...]
    indices: tuple[int, ...]
    rates: tuple[int | None, ...]
    time_ms: int


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

    Raises OverflowError when a price does not fit in 63 bits.
    """
    indices = tuple(_index(pool, parameters, observed, slot, previous, time_ms) for slot in range(slots.SLOTS))
    loan = slots.loan_slot(pool.assets)
    loan_price = 0 if loan is None else -(-observed.prices[slots.NUMERAIRE] * indices[loan] // ONE)
    prices, settled = [], []
    for slot, asset in enumerate(pool.assets):
        rate = 1 if asset.is_unused and slot >= slots.HELD and loan is not None else rates.get(slot)
        if slot == loan:
            price = loan_price
        elif isinstance(asset.terms, Option):
            price = optionrisk.value(option(pool, asset, observed.prices, observed.volatilities[slot], time_ms))
            if rate is None and asset.terms.expiry_ms <= time_ms:
                rate = price // loan_price
        else:
            price = observed.prices[slot] * indices[slot] // ONE
        prices.append(price if rate is None else rate * loan_price)
        settled.append(rate)
        if prices[-1] > MAX_PRICE:
            raise OverflowError(f"one unit of {asset.symbol} is worth more than 63 bits hold")
    volatilities = (0 if rate is not None else v for rate, v in zip(settled, observed.volatilities, strict=True))
    return Market(tuple(prices), tuple(volatilities), indices, tuple(settled), time_ms)


def underlying_price(pool: Pool, asset: Asset, prices: Sequence[int]) -> int:
    """The price of as much of a claim's underlying as one smallest unit of the claim is about.

    A claim has no more decimals than its underlying, so it is a power of ten of the underlying's price.
    """
    assert asset.terms is not None, "a claim has terms"
    underlying = asset.terms.underlying
    return int(prices[underlying] * 10 ** (pool.assets[underlying].decimals - asset.decimals))


def option(pool: Pool, asset: Asset, prices: Sequence[int], volatility_bps: int, time_ms: int) -> optionrisk.Market:
    """What an option's value depends on, at these prices and this volatility.

    Raises OverflowError when its underlying's price does not fit in 63 bits.
    """
    assert isinstance(asset.terms, Option), "only an option is valued by its terms"
    forward, remaining_ms = underlying_price(pool, asset, prices), max(0, asset.terms.expiry_ms - time_ms)
    if forward > MAX_PRICE:
        raise OverflowError(f"what one unit of {asset.symbol} is about is worth more than 63 bits hold")
    return optionrisk.Market(asset.terms.is_call, forward, asset.terms.strike, volatility_bps, remaining_ms)


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
