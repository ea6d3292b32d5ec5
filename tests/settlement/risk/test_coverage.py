"""Coverage: while an older grid is accepted nobody who passed it is in breach, and small moves leave it accepted."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settlement.risk import coverage, risk
from settlement.risk.grids import Coverage, Publication
from tests.reference import portfolios
from tests.settlement.bundles import samples
from tests.settlement.risk import markets
from tests.settlement.risk.markets import DUSDC, ETH, PERP, USDC

POOL = markets.pool()
BEFORE = markets.first(POOL)
INITIAL = markets.grids(POOL, BEFORE)[0]
MOVES = st.floats(-0.06, 0.06)


def grid_after(observed, passed_ms=markets.HOUR_MS, pool=POOL, before=BEFORE):
    """The maintenance grid an hour later."""
    return markets.grids(pool, markets.after(pool, before, observed, passed_ms))[1]


def cheats(previous, newest):
    """For each row of the newest grid, the portfolio that passes the other and lacks most in it; by other means."""
    scale = [max(column) or 1 for column in zip(*previous.values, strict=True)]
    held = [[int(i == slot) for i in range(16)] for slot in range(8)]
    passes = [[value / s for value, s in zip(row, scale, strict=True)] for row in previous.values]
    for row in newest.values:
        _, found = portfolios.worst([*passes, *held], [value / s for value, s in zip(row, scale, strict=True)])
        balances = [round(Fraction(x) * 2**100 / s) for x, s in zip(found, scale, strict=True)]
        balances = [max(0, b) if slot < 8 else b for slot, b in enumerate(balances)]
        balances[USDC] += -(-risk.margin_shortfall(balances, previous) // min(r[USDC] for r in previous.values))
        assert risk.margin_shortfall(balances, previous) == 0
        yield balances


ORDINARY = [
    markets.moved(),
    markets.moved(ETH=1.001, BTC=0.999, SOL=1.002, XAU=0.9995, basis=1.0002, volatility=1.01),
    markets.moved(ETH=0.995, BTC=0.995, SOL=0.995, XAU=0.997, USDC=0.9999, TBILL=0.9999, basis=0.9995, volatility=1.02),
    markets.moved(ETH=1.005, BTC=1.003, SOL=0.996, XAU=1.002, USDC=1.0001, TBILL=1.0001, basis=1.0005, volatility=0.98),
]  # fmt: skip


@pytest.mark.parametrize("days, call, put", [
    (90, 3_500, 3_500), (90, 3_000, 3_000), (30, 3_500, 2_500), (30, 1_500, 6_000), (7, 3_100, 2_900),
    (3, 3_000, 3_000), (1.5, 2_400, 3_600), (0.5, 3_500, 2_500), (0.1, 3_000, 3_000),
])  # fmt: skip
def test_an_ordinary_hour_leaves_the_last_quotes_good(days, call, put):
    pool = markets.pool(days, call, put)
    before = markets.first(pool)
    initial = markets.grids(pool, before)[0]
    for observed in ORDINARY:
        assert coverage.is_mixture(initial, grid_after(observed, pool=pool, before=before))


def test_the_numeraire_at_0_9999_is_an_ordinary_price():
    assert coverage.is_mixture(INITIAL, grid_after(markets.moved(USDC=0.9999)))


def test_where_a_perpetual_leaves_its_underlying_the_older_grid_is_void_for_who_is_hedged():
    """H1: two own accounts took a basis of 2 % under the older grid when the newer price was known.

    Long ether and short the perpetual loses when the perpetual rises alone; a fall hurts nobody who could have passed,
    for ether cannot be owed.
    """
    apart = grid_after(markets.moved(basis=1.02))
    assert not coverage.is_mixture(INITIAL, apart)
    assert coverage.is_in_range(INITIAL, markets.after(POOL, BEFORE, markets.moved(basis=1.02)).prices)
    balances = [0] * 16
    balances[ETH], balances[PERP] = 10_000 * 10**9, -10_000 * 10**4
    balances[USDC] = -(-risk.margin_shortfall(balances, INITIAL) // min(row[USDC] for row in INITIAL.values))
    assert balances[USDC] < 350_000 * 10**6  # for 30 million of either
    assert risk.margin_shortfall(balances, INITIAL) == 0 < risk.margin_shortfall(balances, apart)
    assert risk.equity(balances, markets.after(POOL, BEFORE, markets.moved(basis=1.02)).prices) < 0
    assert coverage.is_mixture(INITIAL, grid_after(markets.moved(basis=0.98)))


@given(MOVES, MOVES, st.floats(-0.02, 0.02), st.floats(0.8, 1.2), st.integers(1, 30))
@settings(max_examples=4)
def test_an_older_grid_is_accepted_exactly_when_nobody_who_passes_it_is_in_breach(eth, btc, basis, volatility, days):
    pool = markets.pool(days, 3_000, 2_800)
    before = markets.first(pool)
    initial = markets.grids(pool, before)[0]
    newest = grid_after(
        markets.moved(ETH=1 + eth, BTC=1 + btc, basis=1 + basis, volatility=volatility), pool=pool, before=before
    )
    in_breach = any(risk.margin_shortfall(found, newest) for found in cheats(initial, newest))
    assert coverage.is_mixture(initial, newest) == (not in_breach)


AFTER = [markets.after(POOL, BEFORE, observed) for observed in ORDINARY]


@given(st.lists(st.integers(-(2**40), 2**40), min_size=16, max_size=16))
@settings(max_examples=60)
def test_no_portfolio_that_just_passes_an_accepted_grid_is_in_breach_or_in_debt(accepted, amounts):
    balances = [abs(amount) if slot < 8 else amount for slot, amount in enumerate(amounts)]
    lacks = risk.margin_shortfall(balances, INITIAL)
    balances[USDC] += -(-lacks // min(row[USDC] for row in INITIAL.values))
    assert risk.margin_shortfall(balances, INITIAL) == 0
    for after, newest in accepted:
        assert risk.margin_shortfall(balances, newest) == 0
        assert risk.equity(balances, after.prices) >= 0


@pytest.fixture(scope="module")
def accepted():
    """Ordinary markets an hour later with their maintenance grids, for which the older initial grid is accepted."""
    pairs = [(after, markets.grids(POOL, after)[1]) for after in AFTER]
    assert all(coverage.is_mixture(INITIAL, newest) for _, newest in pairs)
    return pairs


def publication(found=BEFORE) -> Publication:
    return Publication(1, found, *markets.grids(POOL, found), Coverage.RANGE, b"")


def find(observed):
    after = markets.after(POOL, BEFORE, observed)
    return coverage.find(publication(), after.prices, markets.grids(POOL, after)[1])


def test_the_first_epoch_covers_no_other():
    assert coverage.find(None, BEFORE.prices, INITIAL) is Coverage.RANGE


def test_prices_are_covered_by_a_mixture_or_by_their_ranges_or_not_at_all():
    assert find(markets.moved(ETH=1.005)) is Coverage.MIXTURE
    assert find(markets.moved(basis=1.01)) is Coverage.RANGE
    assert find(markets.moved(ETH=0.8)) is Coverage.FROZEN  # beyond 19.8 %
    assert find(markets.moved(BTC=0.85)) is Coverage.FROZEN  # H2: beyond 14.15 %
    assert find(markets.moved(USDC=0.97)) is Coverage.FROZEN


@pytest.mark.parametrize("slot", [USDC, ETH, DUSDC, PERP])
@pytest.mark.parametrize("furthest, direction", [(min, -1), (max, 1)], ids=["down", "up"])
def test_a_price_stays_in_range_as_far_as_its_column_goes_and_what_is_held_may_rise(slot, furthest, direction):
    prices = list(BEFORE.prices)
    prices[slot] = furthest(row[slot] for row in INITIAL.values)
    assert coverage.is_in_range(INITIAL, prices)
    prices[slot] += direction
    assert coverage.is_in_range(INITIAL, prices) == (slot < 8 and direction > 0)


def test_a_claim_that_expires_moves_with_its_underlying_no_more_and_the_epoch_after_is_ordinary_again():
    pool = markets.pool(days=1 / 24, call=2_500, put=2_500)
    before = markets.first(pool)
    after = markets.after(pool, before, markets.moved(ETH=1.002))
    assert after.rates[markets.CALL] and after.rates[markets.PUT] == 0
    assert not coverage.is_mixture(markets.grids(pool, before)[0], markets.grids(pool, after)[1])
    assert coverage.is_in_range(markets.grids(pool, before)[0], after.prices)
    later = markets.after(pool, after, markets.moved(ETH=1.004))
    assert coverage.is_mixture(markets.grids(pool, after)[0], markets.grids(pool, later)[1])


def test_a_grid_in_which_an_unused_claim_is_not_the_loan_is_no_mixture():
    after = markets.after(POOL, BEFORE, samples.OBSERVED)
    newest = markets.grids(POOL, after)[1]
    rows = [list(row) for row in newest.values]
    rows[3][15] += 1
    assert coverage.is_mixture(INITIAL, newest)
    assert not coverage.is_mixture(INITIAL, replace(newest, values=tuple(map(tuple, rows))))
