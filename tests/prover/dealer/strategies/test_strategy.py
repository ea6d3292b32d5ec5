"""Prices are exact fractions, and an order stays where the one that is wanted is nearly the same."""

from fractions import Fraction

import pytest

from prover.dealer.strategies import strategy
from prover.dealer.strategies.strategy import Standing
from tests.prover.dealer import views
from tests.prover.dealer.views import DUSDC, ETH, USDC


def test_a_price_is_the_exact_ratio_of_two_published_ones():
    market = views.priced({ETH: 3 * 10**9 + 1, USDC: 10**9 - 1})
    assert market.price(ETH, USDC) == Fraction(3 * 10**9 + 1, 10**9 - 1)


@pytest.mark.parametrize("prices", [{ETH: None}, {USDC: None}, {USDC: 0}])
def test_there_is_no_price_where_one_of_both_is_missing(prices):
    assert views.priced(prices).price(ETH, USDC) is None


def test_a_value_counts_what_is_owed_and_is_unknown_without_a_price():
    market = views.priced({ETH: 7, USDC: 2, DUSDC: None})
    assert market.value(views.changes({ETH: -3, USDC: 5})) == -11
    assert market.value(views.changes({DUSDC: 1})) is None


WANTED = Standing("bid 1", views.changes({ETH: 1_000_000, USDC: -3_000_000}), "because", slack_bps=10)


@pytest.mark.parametrize("eth, usdc, stays", [
    (1_000_000, -3_000_000, True),
    (1_001_000, -2_997_000, True),
    (1_001_001, -3_000_000, False),
    (1_000_000, -3_003_001, False),
    (-1_000_000, 3_000_000, False),
])  # fmt: skip
def test_an_order_stays_within_the_slack_and_not_beyond(eth, usdc, stays):
    assert strategy.stays(WANTED, views.changes({ETH: eth, USDC: usdc})) is stays


def test_an_order_of_another_asset_never_stays():
    assert not strategy.stays(WANTED, views.changes({ETH: 1_000_000, USDC: -3_000_000, DUSDC: 1}))
