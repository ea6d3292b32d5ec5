"""Options by Black's formula: bounds hold the exact value, calls and puts belong together, tangents lie below."""

from fractions import Fraction
from itertools import product
from math import exp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settlement.risk import black76
from settlement.risk.fixedpoint import ONE
from tests.reference import black76 as reference

MINUTE, DAY, YEAR = 60_000, 86_400_000, 365 * 86_400_000
F = 3_000 * 10**11
STRIKES = [F * percent // 100 for percent in (1, 50, 90, 99, 100, 101, 110, 200, 10_000)]
VOLATILITIES = (100, 1_000, 6_000, 30_000, 100_000)
DURATIONS = (MINUTE, 3_600_000, DAY, 30 * DAY, YEAR, 3 * YEAR)
PRICES = st.integers(1, 2**63)
BPS = st.integers(1, 10**6)
DURATION = st.integers(0, 3 * YEAR)


def exact(is_call, forward, strike, volatility_bps, duration_ms):
    years = Fraction(duration_ms, black76.YEAR_MS)
    return reference.value(is_call, forward, strike, Fraction(volatility_bps, 10**4), years)


def bounds(is_call, forward, strike, volatility_bps, duration_ms):
    return black76.bounds(is_call, forward, strike, black76.deviation(volatility_bps, duration_ms))


@pytest.mark.parametrize("strike", STRIKES)
def test_the_exact_value_lies_between_the_bounds(strike):
    for is_call, volatility, duration in product((True, False), VOLATILITIES, DURATIONS):
        low, high = bounds(is_call, F, strike, volatility, duration)
        value = exact(is_call, F, strike, volatility, duration)
        assert low <= value <= high and high - low <= 2, (is_call, volatility, duration)


@given(st.booleans(), PRICES, PRICES, BPS, DURATION)
@settings(max_examples=60)
def test_the_exact_value_lies_between_the_bounds_of_any_option(is_call, forward, strike, volatility, duration):
    low, high = bounds(is_call, forward, strike, volatility, duration)
    assert low <= exact(is_call, forward, strike, volatility, duration) <= high and high - low <= 2


def test_a_put_of_a_textbook_has_its_value():
    """Hull, "Options, Futures, and Other Derivatives", Black's model: F = K = 60, σ = 25 %, r = 9 %, 4 months: 3.35."""
    unit = 10**12
    undiscounted = black76.price(False, 60 * unit, 60 * unit, black76.deviation(2_500, YEAR * 4 // 12))
    assert round(undiscounted / unit * exp(-0.09 * 4 / 12), 2) == 3.35


@given(PRICES, PRICES, BPS, DURATION)
@settings(max_examples=100)
def test_a_call_less_a_put_is_the_forward_less_the_strike(forward, strike, volatility, duration):
    call, put = (bounds(is_call, forward, strike, volatility, duration) for is_call in (True, False))
    assert call[0] - put[1] <= forward - strike <= call[1] - put[0]
    assert abs(call[0] - put[0] - (forward - strike)) <= 1


@given(st.booleans(), PRICES, PRICES, BPS, DURATION, PRICES, st.integers(0, 10**6), st.integers(0, YEAR))
@settings(max_examples=100)
def test_it_grows_with_volatility_and_time_and_a_call_with_the_forward(
    is_call, forward, strike, volatility, duration, higher, more, longer
):
    low, high = sorted((forward, higher))
    _, most = bounds(is_call, low if is_call else high, strike, volatility, duration)
    for least, _ in (
        bounds(is_call, high if is_call else low, strike, volatility, duration),
        bounds(is_call, low if is_call else high, strike, min(10**6, volatility + more), duration + longer),
    ):
        assert least >= most - 2
    assert bounds(is_call, forward, strike, volatility, duration)[0] <= (forward if is_call else strike)


@given(st.booleans(), PRICES, PRICES, BPS, DURATION, PRICES)
@settings(max_examples=100)
def test_a_tangent_lies_below_the_value_everywhere_and_meets_it_where_it_touches(
    is_call, contact, strike, volatility, duration, forward
):
    s = black76.deviation(volatility, duration)
    line = black76.tangent(is_call, contact, strike, s)
    assert line.at(forward) <= black76.bounds(is_call, forward, strike, s)[1]
    assert abs(line.at(contact) - black76.price(is_call, contact, strike, s)) <= 1


@pytest.mark.parametrize("is_call", [True, False])
@pytest.mark.parametrize("forward", [0, 1, F - 1, F, F + 1])
def test_without_time_an_option_is_worth_what_exercising_it_brings(is_call, forward):
    value = max(0, forward - F if is_call else F - forward)
    assert black76.deviation(6_000, 0) == black76.deviation(6_000, -5) == 0
    assert black76.bounds(is_call, forward, F, 0) == (value, value)


def test_a_worthless_underlying_leaves_a_put_its_strike():
    s = black76.deviation(6_000, DAY)
    assert black76.bounds(True, 0, F, s) == (0, 0) and black76.bounds(False, 0, F, s) == (F, F)


def test_prices_beyond_the_bound_of_the_error_are_not_taken():
    for forward, strike in ((2**64, 1), (1, 2**64), (1, 0), (-1, 1)):
        with pytest.raises(AssertionError, match="below 2\\^64"):
            black76.price(True, forward, strike, ONE)
