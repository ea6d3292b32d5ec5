"""Risk grids: every sign combination once, lines that hold an option between them, nothing gained by a haircut."""

from dataclasses import replace
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settlement import risk
from tests.reference import risk as reference
from tests.settlement import pools
from zk.errors import FormatError

U48 = st.integers(0, 2**48 - 1)
BPS = st.integers(0, 10**4)


def bps(value: int) -> Fraction:
    return Fraction(value, 10**4)


def test_the_scenarios_are_every_sign_combination_of_the_factors_once():
    table = [tuple(risk.sign(s, 1 << f) for f in range(risk.FACTORS)) for s in range(16)]
    assert table == reference.factor_signs()


def test_any_three_moves_of_the_first_eight_meet_in_all_eight_combinations():
    moves = [1, 2, 4, 8, *risk.OWN_SIGNS[:4]]
    for three in combinations(moves, 3):
        assert len({tuple(risk.sign(s, move) for move in three) for s in range(16)}) == 8


def test_any_two_moves_meet_in_all_four_combinations_whatever_the_number_of_assets():
    for two in combinations([1, 2, 4, 8, *risk.OWN_SIGNS], 2):
        assert len({tuple(risk.sign(s, move) for move in two) for s in range(16)}) == 4


@given(st.integers(0, 80_000), st.integers(1, 240), st.integers(0, 2_000))
@settings(max_examples=30)
def test_the_scan_range_is_the_least_that_covers_the_stated_deviation(multiple, hours, volatility):
    expected = reference.smallest_range_bps(bps(multiple), bps(volatility), Fraction(hours, 24))
    assert risk.range_bps(risk.Scan(multiple, hours), volatility) == expected


def test_initial_margin_scans_further_than_maintenance_margin():
    for volatility in (1, 50, 350, 2_000):
        assert risk.range_bps(risk.INITIAL, volatility) > risk.range_bps(risk.MAINTENANCE, volatility)


@given(U48, U48, st.integers(-(10**4), 10**4), st.integers(0, 10**5), BPS, BPS, st.booleans())
@settings(max_examples=300)
def test_an_option_stays_between_its_lines_everywhere_in_the_box(price, underlying, delta, gamma, move, part, down):
    (low_down, high_down), (low_up, high_up) = risk.envelope(price, underlying, delta, gamma, move)
    x = bps(move) * bps(part) * (-1 if down else 1)
    weight = (1 + (x / bps(move) if move else 0)) / 2
    value = reference.option_value(price, underlying, bps(delta), bps(gamma), x)
    assert low_down + weight * (low_up - low_down) <= value <= high_down + weight * (high_up - high_down)
    assert low_down >= 0 and low_up >= 0


def test_a_linear_asset_has_one_line_and_a_tangent_that_would_be_negative_is_turned_until_it_is_zero():
    assert risk.envelope(1000, 1000, 10_000, 0, 2_000) == ((800, 800), (1200, 1200))
    # An option worth 69 on an underlying of 1000: the tangent at 0 would be -31 at -20%.
    assert risk.envelope(69, 1000, 5_000, 23_000, 2_000) == ((0, 15), (121, 215))
    # A put is the mirror image; an option too far from the money counts for nothing.
    assert risk.envelope(69, 1000, -5_000, 23_000, 2_000) == ((121, 215), (0, 15))
    assert risk.envelope(10, 1000, 5_000, 23_000, 2_000) == ((0, 0), (0, 156))


@pytest.fixture(scope="module")
def grids():
    return risk.grids(pools.make(), pools.PRICES, epoch=7)


def column(grid, asset: int) -> list[int]:
    return [row[asset] for row in grid.values]


def test_a_grid_has_sixteen_scenarios_of_eight_values_and_its_epoch(grids):
    for grid in grids:
        assert grid.epoch == 7 and len(grid.values) == 16 and {len(row) for row in grid.values} == {8}


def test_the_numeraire_and_the_factors_match_the_reference(grids):
    for grid, scan in zip(grids, (risk.INITIAL, risk.MAINTENANCE), strict=True):
        assert column(grid, 0) == [pools.PRICES[0]] * 16
        for place, asset in enumerate((1, 2, 3, 7)):
            move = risk.range_bps(scan, pools.ASSETS[asset].risk.volatility_bps)
            assert column(grid, asset) == reference.spot_column(pools.PRICES[asset], place, move)


def test_the_initial_scan_of_btc_is_four_deviations_over_two_days():
    assert risk.range_bps(risk.INITIAL, 250) == 1415  # 4 · 2.5 % · √2 = 14.142 %, rounded up
    assert risk.range_bps(risk.MAINTENANCE, 250) == 750


def test_a_haircut_moves_a_bill_down_in_eight_scenarios_and_up_in_eight_with_every_factor_either_way(grids):
    price = pools.PRICES[4]
    values = column(grids[0], 4)
    assert sorted(values) == [price * 9950 // 10_000] * 8 + [-(-price * 10_050 // 10_000)] * 8
    for factor in range(4):
        assert sum(value < price and risk.sign(s, 1 << factor) < 0 for s, value in enumerate(values)) == 4


def test_three_assets_with_own_moves_have_the_first_three_own_signs(grids):
    for own, asset in zip(risk.OWN_SIGNS[:3], (4, 5, 6), strict=True):
        values = column(grids[0], asset)
        for s in range(16):
            opposite = next(t for t in range(16) if (t ^ s) & 0b0010 == 0 and risk.sign(t, own) != risk.sign(s, own))
            assert (values[s] > values[opposite]) == (risk.sign(s, own) > 0)


def test_own_moves_are_rounded_away_from_the_price():
    prices = (*pools.PRICES[:4], 1_000_000_001, *pools.PRICES[5:])
    values = column(risk.grids(pools.make(), prices, 1)[0], 4)
    assert set(values) == {995_000_000, 1_005_000_002}


def test_a_haircut_does_not_make_a_debt_cheaper(grids):
    """One who owes a bill and holds what it would be worth after its haircut has taken the haircut out already."""
    owed = 10**6
    held = -(-owed * pools.PRICES[4] * 9950 // (10_000 * pools.PRICES[0]))
    balances = (held, 0, 0, 0, -owed, 0, 0, 0)
    assert risk.equity(balances, pools.PRICES) < 0
    assert risk.margin_shortfall(balances, grids[0]) > 0


def test_a_hedged_option_is_not_worth_more_than_now_in_every_scenario(grids):
    """Long convexity gains whichever way the price goes, and may not be paid out before it goes anywhere."""
    call, ether = 10**9, -5 * 10**8
    now = risk.equity((0, 0, ether, 0, 0, 0, call, 0), pools.PRICES)
    for grid in grids:
        assert min(risk.scenario_values((0, 0, ether, 0, 0, 0, call, 0), grid)) <= now


@given(st.lists(st.integers(-(2**40), 2**40), min_size=8, max_size=8))
@settings(max_examples=200)
def test_a_portfolio_without_options_that_passes_is_not_insolvent_now(grids, balances):
    balances[6] = 0
    for grid in grids:
        if risk.margin_shortfall(tuple(balances), grid) == 0:
            # Rounding may hide less than one per unit.
            assert risk.equity(tuple(balances), pools.PRICES) >= -sum(map(abs, balances))


@given(
    st.lists(st.integers(-(2**40), 2**40), min_size=4, max_size=4),
    st.lists(st.integers(-(10**4), 10**4), min_size=4, max_size=4),
)
@settings(max_examples=200)
def test_no_point_inside_the_box_is_worse_than_the_worst_corner(grids, amounts, parts):
    balances = [0] * 8
    value = Fraction(0)
    for asset, amount, part in zip((1, 2, 3, 7), amounts, parts, strict=True):
        balances[asset] = amount
        move = risk.range_bps(risk.INITIAL, pools.ASSETS[asset].risk.volatility_bps)
        value += amount * pools.PRICES[asset] * (1 + bps(move) * bps(part))
    assert min(risk.scenario_values(tuple(balances), grids[0])) <= value + sum(map(abs, amounts))


def test_the_shortfall_is_what_the_worst_scenario_lacks(grids):
    leveraged = (-2_500_000_000, 0, 10**9, 0, 0, 0, 0, 0)  # one ETH of 3,000 on 2,500 borrowed
    move = risk.range_bps(risk.INITIAL, 350)
    expected = 2_500_000_000 * 10**9 - reference.spot_column(pools.PRICES[2], 1, move)[2] * 10**9
    assert risk.margin_shortfall(leveraged, grids[0]) == expected > 0
    assert risk.margin_shortfall((-2_000_000_000, *leveraged[1:]), grids[0]) == 0


def test_a_value_above_64_bits_is_refused_and_the_largest_below_it_is_not():
    prices = list(pools.PRICES)
    prices[1] = 2**64 * 10_000 // (10_000 + risk.range_bps(risk.INITIAL, 250))
    assert max(column(risk.grids(pools.make(), tuple(prices), 1)[0], 1)) < 2**64
    prices[1] += 1
    with pytest.raises(OverflowError, match="BTC"):
        risk.grids(pools.make(), tuple(prices), 1)


def test_a_fifth_factor_is_refused():
    bill = replace(pools.ASSETS[4], risk=replace(pools.ASSETS[4].risk, factor=4))
    with pytest.raises(FormatError, match="5 risk factors"):
        risk.factors(pools.make(assets=(*pools.ASSETS[:4], bill, *pools.ASSETS[5:])))


def test_an_asset_must_have_the_decimals_of_its_factor():
    perpetual = replace(pools.ASSETS[5], decimals=8)
    with pytest.raises(FormatError, match="ETH-PERP"):
        risk.factors(pools.make(assets=(*pools.ASSETS[:5], perpetual, *pools.ASSETS[6:])))
