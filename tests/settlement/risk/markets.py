"""Markets of the sample pool, and what moves in them."""

from dataclasses import replace
from functools import cache

from settlement.pool.assets import Option
from settlement.pool.pool import Pool
from settlement.risk import market, risk
from settlement.risk.market import Market, Observation
from tests.settlement.bundles import samples

USDC, BTC, ETH, SOL, TBILL, XAU = range(6)
DUSDC, PERP, CALL, PUT = 8, 9, 10, 11
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
NOW_MS = samples.NOW_MS


@cache
def pool(days: float = 90, call: int = 3_500, put: int = 3_500) -> Pool:
    """The sample pool, whose options expire in so many days and have these strikes in USDC."""
    assets = list(samples.ASSETS)
    for slot, strike in ((CALL, call), (PUT, put)):
        terms = Option(ETH, strike * 10**11, slot == CALL, NOW_MS + int(days * DAY_MS))
        assets[slot] = replace(assets[slot], terms=terms)
    return replace(samples.pool(), assets=tuple(assets))


def moved(volatility: float = 1, basis: float = 1, **factors: float) -> Observation:
    """The sample prices, each times its factor: moved(ETH=1.01).  The perpetual moves as ETH does, times `basis`."""
    prices, volatilities = map(list, (samples.OBSERVED.prices, samples.OBSERVED.volatilities))
    for slot, asset in enumerate(samples.ASSETS):
        times = factors.get("ETH", 1) * basis if slot == PERP else factors.get(asset.symbol, 1)
        prices[slot] = round(prices[slot] * times)
        volatilities[slot] = round(volatilities[slot] * volatility)
    return Observation(tuple(prices), tuple(volatilities))


def first(pool: Pool, observed: Observation = samples.OBSERVED) -> Market:
    """The market of a first epoch."""
    return market.advance(pool, pool.parameters, observed, {}, None, NOW_MS)


def after(pool: Pool, before: Market, observed: Observation, passed_ms: int = HOUR_MS) -> Market:
    """The market after another one."""
    rates = {slot: rate for slot, rate in enumerate(before.rates) if rate is not None}
    return market.advance(pool, pool.parameters, observed, rates, before, before.time_ms + passed_ms)


def grids(pool: Pool, found: Market):
    """The initial and the maintenance grid."""
    return risk.grids(pool, pool.parameters, found)
