"""Risk grids: all signs that matter in all combinations, nobody gains by a move, and nobody can owe what is unused."""

from dataclasses import replace
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settlement.pool import assets
from settlement.pool.assets import NOTHING, Asset, Perpetual
from settlement.pool.parameters import NO_RISK, Risk
from settlement.pool.pool import Pool
from settlement.risk import risk
from tests.reference import risk as reference
from tests.settlement.bundles import samples
from tests.settlement.risk import markets
from tests.settlement.risk.markets import BTC, CALL, DUSDC, ETH, PERP, PUT, SOL, TBILL, USDC, XAU

POOL = markets.pool()
MARKET = markets.first(POOL)
RANGES = {risk.INITIAL: {BTC: 1415, ETH: 1980, SOL: 2546, XAU: 566}, risk.MAINTENANCE: {BTC: 750, ETH: 1050}}


def bps(value: int) -> Fraction:
    return Fraction(value, 10**4)


@pytest.fixture(scope="module")
def grids():
    return dict(zip((risk.INITIAL, risk.MAINTENANCE), markets.grids(POOL, MARKET), strict=True))


def column(grid, slot: int) -> list[int]:
    return [row[slot] for row in grid.values]


def test_the_moves_of_the_example_meet_in_all_32_combinations(grids):
    """ETH moves claims, and each of the four claims has a sign: five signs of five bits."""
    at_high = [tuple(row[slot] > MARKET.prices[slot] for slot in (ETH, DUSDC)) for row in grids[risk.INITIAL].values]
    assert len(set(at_high)) == 4
    rows = [tuple(row[slot] for slot in (ETH, DUSDC, PERP, CALL, PUT)) for row in grids[risk.MAINTENANCE].values]
    assert len(set(rows)) == 32


def test_up_to_five_moves_are_independent_and_of_up_to_sixteen_any_three_meet_in_all_eight_combinations():
    for count, strength in ((5, 5), (16, 3)):
        for moves in combinations(risk.SIGNS[:count], strength):
            assert len({tuple(risk.sign(s, move) for move in moves) for s in range(32)}) == 2**strength


def test_the_six_moves_of_a_larger_pool_meet_in_any_five():
    for moves in combinations(risk.SIGNS[:6], 5):
        assert len({tuple(risk.sign(s, move) for move in moves) for s in range(32)}) == 32


@given(st.integers(0, 80_000), st.integers(1, 240), st.integers(0, 2_000))
@settings(max_examples=30)
def test_the_scan_range_is_the_least_that_covers_the_stated_deviation(multiple, hours, volatility):
    expected = reference.smallest_range_bps(bps(multiple), bps(volatility), Fraction(hours, 24))
    assert risk.range_bps(replace(risk.INITIAL, multiple_bps=multiple, hours=hours), volatility) == expected


def test_the_initial_range_of_every_move_is_wider_than_the_maintenance_range():
    for volatility in (1, 9, 50, 350, 2_000):
        assert risk.range_bps(risk.INITIAL, volatility) > risk.range_bps(risk.MAINTENANCE, volatility)


def test_the_initial_scan_of_btc_is_four_deviations_over_two_days():
    assert risk.range_bps(risk.INITIAL, 250) == 1415  # 4 · 2.5 % · √2 = 14.142 %, rounded up
    assert risk.range_bps(risk.MAINTENANCE, 250) == 750


def test_what_nobody_owes_only_falls_where_no_claim_moves_with_it(grids):
    for scan, ranges in RANGES.items():
        for slot in set(ranges) - {ETH}:
            assert column(grids[scan], slot) == [reference.held(MARKET.prices[slot], -ranges[slot])] * 32
    own = risk.range_bps(risk.INITIAL, samples.RISK[TBILL].own_move_bps)
    assert column(grids[risk.INITIAL], TBILL) == [reference.held(MARKET.prices[TBILL], -own)] * 32


def test_a_factor_with_claims_its_perpetual_and_the_loan_are_the_references_corner_by_corner(grids):
    for scan, ranges in RANGES.items():
        basis, own, loan = (risk.range_bps(scan, samples.RISK[slot].own_move_bps) for slot in (PERP, USDC, DUSDC))
        for row, (f, g, h, *_) in zip(grids[scan].values, reference.corners(5), strict=True):
            assert row[ETH] == reference.held(MARKET.prices[ETH], f * ranges[ETH])
            assert row[PERP] == reference.claim(MARKET.prices[PERP], f * ranges[ETH] + h * basis, h)
            assert row[USDC] == reference.held(MARKET.prices[USDC], g * own)
            assert row[DUSDC] == reference.claim(MARKET.prices[DUSDC], g * (own + loan), g)


def test_who_owes_dollars_and_holds_them_needs_margin_for_their_difference_only(grids):
    owed = 1_000_000 * 10**6
    balances = [0] * 16
    balances[USDC], balances[DUSDC] = owed, -owed
    lacks = risk.margin_shortfall(balances, grids[risk.INITIAL])
    own = risk.range_bps(risk.INITIAL, samples.RISK[DUSDC].own_move_bps)
    assert lacks == pytest.approx(owed * 10**9 * own // 10**4, rel=1e-6)


def test_a_quoted_volatility_widens_the_range_and_a_quiet_market_meets_a_floor():
    wild, quiet = (
        risk.grids(POOL, POOL.parameters, markets.first(POOL, markets.moved(volatility=times)))[0] for times in (2, 0.1)
    )
    floor = risk.range_bps(risk.INITIAL, samples.RISK[BTC].least_volatility_bps)
    assert column(wild, BTC)[0] == reference.held(MARKET.prices[BTC], -risk.range_bps(risk.INITIAL, 500))
    assert column(quiet, BTC)[0] == reference.held(MARKET.prices[BTC], -floor)


def test_an_unused_claim_is_the_loan_by_another_name_and_an_unused_held_asset_is_nothing(grids):
    for grid in grids.values():
        for slot in range(16):
            if POOL.assets[slot].is_unused:
                assert column(grid, slot) == ([0] * 32 if slot < 8 else column(grid, DUSDC))
    assert [MARKET.rates[slot] for slot in range(12, 16)] == [1] * 4
    balances = [0] * 16
    balances[DUSDC], balances[12], balances[13] = 10**9, -3 * 10**9, 2 * 10**9
    assert [risk.margin_shortfall(balances, grid) for grid in grids.values()] == [0, 0]
    balances[12] -= 1
    assert risk.margin_shortfall(balances, grids[risk.MAINTENANCE]) == max(column(grids[risk.MAINTENANCE], DUSDC))


def test_in_a_pool_without_a_loan_nobody_can_owe_a_claim_and_nothing_is_gained_by_holding_one():
    pool = with_claims()
    market = markets.first(pool)
    assert set(market.rates) == {None}
    grids = dict(zip((risk.INITIAL, risk.MAINTENANCE), markets.grids(pool, market), strict=True))
    for scan, grid in grids.items():
        for slot in range(8, 16):
            assert sorted(column(grid, slot)) == [0] * 31 + [scan.ruinous]
    balances = [0] * 16
    balances[USDC], balances[12], balances[13] = 10**9, -1, 1  # a thousand dollars, and one owed against one held
    assert risk.margin_shortfall(balances, grids[risk.INITIAL]) > 3_000 * 10**15


@given(st.lists(st.integers(-(2**40), 2**40), min_size=16, max_size=16))
@settings(max_examples=100)
def test_a_portfolio_that_passes_is_not_insolvent_now(grids, amounts):
    """Options count between two lines that hold their value, so this is true of them too."""
    balances = [abs(amount) if slot < 8 else amount for slot, amount in enumerate(amounts)]
    for grid in grids.values():
        lacks = risk.margin_shortfall(balances, grid)
        balances[USDC] += -(-lacks // min(column(grid, USDC)))
        assert risk.margin_shortfall(balances, grid) == 0
        assert risk.equity(balances, MARKET.prices) >= 0


@given(
    st.lists(st.integers(-(2**40), 2**40), min_size=4, max_size=4),
    st.lists(st.integers(-(10**4), 10**4), min_size=3, max_size=3),
)
@settings(max_examples=100)
def test_no_point_inside_the_box_is_worse_than_the_worst_corner(grids, amounts, parts):
    dollars, ether, debt, perpetuals = amounts
    balances = [0] * 16
    balances[USDC], balances[ETH], balances[DUSDC], balances[PERP] = abs(dollars), abs(ether), debt, perpetuals
    f, g, h = map(bps, parts)
    factor = bps(RANGES[risk.INITIAL][ETH]) * f
    basis, own, loan = (
        bps(risk.range_bps(risk.INITIAL, samples.RISK[slot].own_move_bps)) for slot in (PERP, USDC, DUSDC)
    )
    prices = MARKET.prices
    value = (
        abs(dollars) * prices[USDC] * (1 + own * g)
        + abs(ether) * prices[ETH] * (1 + factor)
        + debt * prices[DUSDC] * (1 + (own + loan) * g)
        + perpetuals * prices[PERP] * (1 + factor + basis * h)
    )
    assert min(risk.scenario_values(balances, grids[risk.INITIAL])) <= value + sum(map(abs, amounts))


def test_long_a_call_and_a_put_nobody_may_borrow_against_a_move_that_has_not_come(grids):
    balances = [0] * 16
    balances[CALL] = balances[PUT] = 10**8
    now = risk.equity(balances, MARKET.prices)
    for grid in grids.values():
        assert min(risk.scenario_values(balances, grid)) < now


def test_a_settled_claim_is_its_rate_in_the_loan_in_every_scenario():
    settled = replace(MARKET, rates=tuple(7 if slot == CALL else None for slot in range(16)))
    for grid in markets.grids(POOL, settled):
        assert column(grid, CALL) == [7 * value for value in column(grid, DUSDC)]


def test_the_shortfall_is_what_the_worst_scenario_lacks(grids):
    """One ETH of 3,000 on 2,500 borrowed."""
    grid, balances = grids[risk.INITIAL], [0] * 16
    balances[ETH], balances[DUSDC] = 10**9, -2_500 * 10**6
    expected = 2_500 * 10**6 * max(column(grid, DUSDC)) - 10**9 * min(column(grid, ETH))
    assert risk.margin_shortfall(balances, grid) == expected > 0
    balances[DUSDC] = -2_000 * 10**6
    assert risk.margin_shortfall(balances, grid) == 0


def with_claims(*claims: tuple[Asset, Risk]) -> Pool:
    """The sample pool with these claims in place of its own."""
    listed, risks = zip(*claims, strict=True) if claims else ((), ())
    rest = 8 - len(claims)
    parameters = replace(samples.PARAMETERS, risk=(*samples.RISK[:8], *risks, *[NO_RISK] * rest))
    return replace(POOL, assets=(*samples.ASSETS[:8], *listed, *[NOTHING] * rest), parameters=parameters)


def test_a_value_above_64_bits_is_refused_and_the_largest_below_it_is_not():
    loan = samples.ASSETS[DUSDC], samples.RISK[DUSDC]
    pool = with_claims(loan, (Asset("ETH-P", "perpetual", 9, None, Perpetual(ETH)), Risk(ETH, 0, 0)))
    most = (2**63 - 1) * 10_000 // (10_000 + RANGES[risk.INITIAL][ETH])
    found = replace(MARKET, prices=(*MARKET.prices[:9], most, *[0] * 6))
    assert max(column(risk.grids(pool, pool.parameters, found)[0], PERP)) < 2**63
    found = replace(MARKET, prices=(*MARKET.prices[:9], most + 1, *[0] * 6))
    with pytest.raises(OverflowError, match="one unit of ETH-P is worth more than 64 bits hold"):
        risk.grids(pool, pool.parameters, found)


def test_factors_are_shown_with_their_moves():
    moves = risk.factor_moves(POOL, POOL.parameters, MARKET, risk.INITIAL)
    assert risk.factors(POOL.parameters) == (BTC, ETH, SOL, XAU)
    assert [move[BTC] for move in moves] == [-1415] * 32
    assert [move[ETH] for move in moves] == [1980, -1980] * 16


def test_a_pool_without_claims_has_one_row_at_the_bottom():
    pool = with_claims()
    initial, _ = risk.grids(pool, pool.parameters, markets.first(pool))
    assert {row[: assets.HELD] for row in initial.values} == {tuple(map(min, zip(*initial.values, strict=True)))[:8]}
