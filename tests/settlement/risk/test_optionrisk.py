"""An option's lines: its value stays between them over the whole range, and the initial ones lie outside the others."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settlement.risk import black76, optionrisk
from settlement.risk.optionrisk import BPS, HOUR_MS, Market, Moves
from tests.reference import risk as reference

F = 3_000 * 10**11
INITIAL, MAINTENANCE = Moves(1_980, 2_829, 48, 25), Moves(1_050, 1_500, 24, 5)
MARKETS = st.builds(
    Market,
    is_call=st.booleans(),
    forward=st.just(F),
    strike=st.integers(40, 250).map(lambda percent: F * percent // 100),
    volatility_bps=st.integers(5, 200).map(lambda percent: percent * 100),
    remaining_ms=st.integers(0, 10_000).map(lambda hours: hours * HOUR_MS),
)
PART = st.integers(-(10**4), 10**4).map(lambda part: Fraction(part, 10**4))


def lines(market: Market):
    """The lower and the upper line of both grids, initial first."""
    inner = optionrisk.below(market, MAINTENANCE)
    initial = optionrisk.inside(optionrisk.below(market, INITIAL), INITIAL, inner, MAINTENANCE, market.forward)
    return (initial, optionrisk.above(market, INITIAL)), (inner, optionrisk.above(market, MAINTENANCE))


def value(market: Market, moves: Moves, part: Fraction, volatility_part: Fraction, hours: int) -> tuple[int, int]:
    """Bounds of the option's value after a move within these, with its time shorter by so many hours."""
    forward = int(market.forward * (1 + part * moves.range_bps / BPS))
    volatility = int(market.volatility_bps * (1 + volatility_part * moves.volatility_range_bps / BPS))
    s = black76.deviation(volatility, market.remaining_ms - hours * HOUR_MS)
    return black76.bounds(market.is_call, forward, market.strike, s)


@given(MARKETS, PART, PART, st.integers(0, 24))
@settings(max_examples=200)
def test_an_option_stays_between_its_lines_everywhere_in_the_box(market, part, volatility_part, hours):
    for (below, above), moves in zip(lines(market), (INITIAL, MAINTENANCE), strict=True):
        low, high = value(market, moves, part, volatility_part, hours * moves.hours // 24)
        assert reference.line(below, part) <= high and low <= reference.line(above, part)
        assert min(below) >= 0


@given(MARKETS, st.sampled_from((Fraction(-1), Fraction(1))))
@settings(max_examples=300)
def test_the_initial_lines_lie_outside_the_maintenance_lines_by_a_distance(market, part):
    (outer_low, outer_high), (inner_low, inner_high) = lines(market)
    at = part * MAINTENANCE.range_bps / INITIAL.range_bps
    buffer = Fraction(F * optionrisk.BUFFER_BPS, BPS)
    assert reference.line(outer_high, at) - reference.line(inner_high, part) >= buffer - 2
    room = reference.line(inner_low, part) - reference.line(outer_low, at)
    assert room >= buffer - 2 or max(outer_low) == 0 and room >= 0


@given(MARKETS)
@settings(max_examples=300)
def test_where_a_maintenance_line_reaches_zero_the_initial_line_is_zero(market):
    (outer, _), (inner, _) = lines(market)
    assert min(inner) > 0 or outer == (0, 0)


@pytest.mark.parametrize("is_call", [True, False])
def test_deep_in_the_money_both_lines_are_close_to_what_exercise_brings(is_call):
    strike = F // 3 if is_call else F * 3
    market = Market(is_call, F, strike, 6_000, 30 * 24 * HOUR_MS)
    for (below, above), moves in zip(lines(market), (INITIAL, MAINTENANCE), strict=True):
        for end, sign in enumerate((-1, 1)):
            forward = F * (BPS + sign * moves.range_bps) // BPS
            worth = forward - strike if is_call else strike - forward
            assert below[end] == pytest.approx(worth, abs=F * 50 // BPS) and below[end] < worth
            assert above[end] == pytest.approx(worth, abs=F * 50 // BPS) and above[end] > worth


def test_a_worthless_option_still_asks_something_of_who_owes_it():
    market = Market(True, F, F * 5, 6_000, HOUR_MS)
    (below, above), (_, inner) = lines(market)
    assert optionrisk.value(market) == 0 and below == (0, 0)
    assert above == (F * 25 // BPS + 1,) * 2 and inner == (F * 5 // BPS + 1,) * 2


@pytest.mark.parametrize("is_call", [True, False])
def test_the_upper_line_ends_at_blacks_value_for_the_highest_volatility(is_call):
    market = Market(is_call, F, F, 6_000, 90 * 24 * HOUR_MS)
    s = black76.deviation(6_000 * 12_829 // 10_000 + 1, 90 * 24 * HOUR_MS)
    for end, sign in enumerate((-1, 1)):
        forward = F * (BPS + sign * INITIAL.range_bps) // BPS
        assert optionrisk.above(market, INITIAL)[end] == black76.bounds(is_call, forward, F, s)[1] + F * 25 // BPS


def test_its_value_is_blacks_rounded_down():
    market = Market(True, F, F, 6_000, 90 * 24 * HOUR_MS)
    s = black76.deviation(6_000, 90 * 24 * HOUR_MS)
    assert optionrisk.value(market) == black76.bounds(True, F, F, s)[0]
