"""Whoever passes an epoch's initial grid passes its maintenance grid.

Else he would trade on margin, be in breach at once, and move on by one true margin proof after another, each of which
voids his seizure.
"""

from dataclasses import replace

import pytest

from settlement.pool.assets import Asset, Option, Perpetual
from settlement.pool.parameters import Risk
from settlement.risk import coverage, market, risk
from settlement.risk.market import Observation
from tests.settlement.bundles import samples
from tests.settlement.risk import markets
from tests.settlement.risk.markets import BTC, DAY_MS, ETH, NOW_MS

OPTIONS = (  # underlying, strike, whether it is a call, days to live
    (ETH, 3_000, True, 0.2), (ETH, 2_400, False, 7), (BTC, 95_000, True, 1), (BTC, 60_000, False, 30),
    (ETH, 9_000, True, 90),
)  # fmt: skip
BTC_PERP = 10


def crowded():
    """A pool in which every slot of a claim is used."""
    options = [
        Asset(f"O{i}", "option", 4, None, Option(slot, strike * 10**11, is_call, NOW_MS + int(days * DAY_MS)))
        for i, (slot, strike, is_call, days) in enumerate(OPTIONS)
    ]
    claims = [*samples.ASSETS[8:10], Asset("BTC-PERP", "perpetual", 4, None, Perpetual(BTC)), *options]
    risks = [*samples.RISK[8:10], Risk(BTC, 10, 0), *(Risk(slot, 500, 0) for slot, *_ in OPTIONS)]
    parameters = replace(samples.PARAMETERS, risk=(*samples.RISK[:8], *risks))
    return replace(samples.pool(), assets=(*samples.ASSETS[:8], *claims), parameters=parameters)


@pytest.mark.parametrize("eth", [0.6, 1, 1.7])
@pytest.mark.parametrize("volatility", [2_000, 12_000])
def test_in_a_pool_of_eight_claims(eth, volatility):
    pool, observed = crowded(), markets.moved(ETH=eth)
    prices, volatilities = list(observed.prices), list(observed.volatilities)
    prices[BTC_PERP:] = [9_510_000_000_000_000, 0, 0, 0, 0, 0]
    volatilities[BTC_PERP:] = [0, *[volatility] * 5]
    found = market.advance(pool, pool.parameters, Observation(tuple(prices), tuple(volatilities)), {}, None, NOW_MS)
    assert coverage.is_mixture(*risk.grids(pool, pool.parameters, found))


@pytest.mark.parametrize("days", [0.1, 1, 90])
@pytest.mark.parametrize("eth, volatility", [(0.5, 3), (1, 1), (2, 0.2)])
def test_in_the_example_pool(days, eth, volatility):
    pool = markets.pool(days=days)
    found = markets.first(pool, markets.moved(ETH=eth, volatility=volatility))
    assert coverage.is_mixture(*markets.grids(pool, found))
