"""The lines of options in pools of many claims: the option stays between them, and the inner ones are in proportion."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settlement.risk import optionrisk, proportional
from settlement.risk.optionrisk import BPS, HOUR_MS, Market, Moves
from tests.reference import risk as reference
from tests.settlement.risk.test_optionrisk import INITIAL, MAINTENANCE, MARKETS, PART, F, value

NARROW = Moves(0, 0, 48, 25), Moves(0, 0, 24, 5)


def lines(market: Market, scans=(INITIAL, MAINTENANCE)):
    return zip(proportional.lines(market, *scans), scans, strict=True)


@given(MARKETS, PART, PART, st.integers(0, 24))
@settings(max_examples=200)
def test_an_option_stays_between_its_lines_everywhere_in_the_box(market, part, volatility_part, hours):
    for found, moves in lines(market):
        low, high = value(market, moves, part, volatility_part, hours * moves.hours // 24)
        assert reference.line(found.below, part) <= high and low <= reference.line(found.above, part)


@given(MARKETS)
@settings(max_examples=100)
def test_the_maintenance_ends_are_nearer_to_the_mean_of_all_four_in_one_proportion(market):
    (initial, _), (maintenance, _) = lines(market)
    mean = Fraction(sum(initial.above) + sum(initial.below), 4)
    expected = [mean + proportional.RATIO * (end - mean) for end in (*initial.above, *initial.below)]
    chord = optionrisk.above(market, MAINTENANCE)
    for end, exact, least in zip(maintenance.above, expected[:2], chord, strict=True):
        assert 0 <= end - max(exact, least) < 1
    for end, exact in zip(maintenance.below, expected[2:], strict=True):
        assert 0 <= exact - end < 1


@given(MARKETS)
@settings(max_examples=100)
def test_who_owes_an_option_provides_at_least_as_much_as_in_a_pool_of_few_claims(market):
    for (many, _), few in zip(lines(market), optionrisk.lines(market, INITIAL, MAINTENANCE), strict=True):
        assert all(end >= least for end, least in zip(many.above, few.above, strict=True))


@given(MARKETS)
@settings(max_examples=100)
def test_a_holder_provides_less_than_a_twentieth_of_the_price_beside_what_he_paid(market):
    """Less than the option is worth at its worst counts for nothing, but it never asks for much more."""
    (initial, _), (maintenance, _) = lines(market)
    assert min(initial.below) >= -F // 20 and min(maintenance.below) >= -F * 14 // BPS


@pytest.mark.parametrize("is_call", [True, False])
def test_what_is_worthless_asks_as_much_of_its_holder_as_of_who_owes_it(is_call):
    market = Market(is_call, F, F * 5 if is_call else F // 5, 6_000, HOUR_MS)
    (initial, _), (maintenance, _) = lines(market)
    assert optionrisk.value(market) == 0
    for end in initial.above:
        assert end == pytest.approx(F * 25 // BPS, abs=2)
    for end in initial.below:
        assert end == pytest.approx(-F * 25 // BPS, abs=2)
    assert maintenance.above[0] == pytest.approx(-maintenance.below[0], abs=2)
    assert F * 13 // BPS < maintenance.above[0] < F * 14 // BPS


def test_without_a_range_both_lines_are_flat():
    for found, _ in lines(Market(True, F, F, 6_000, 30 * 24 * HOUR_MS), NARROW):
        assert found.above[0] == found.above[1] and found.below[0] == found.below[1] < found.above[0]
