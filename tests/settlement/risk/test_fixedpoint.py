"""Fixed point: square root, logarithm and normal distribution are within their stated errors of decimal arithmetic."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settlement.risk import fixedpoint
from settlement.risk.fixedpoint import ONE
from tests.reference import black76 as reference

POSITIVE = st.integers(1, 2**128 - 1) | st.integers(0, 127).map(lambda bit: 1 << bit) | st.integers(1, 100)

# Abramowitz and Stegun, "Handbook of Mathematical Functions", table 26.1, to fifteen places.
TABLE = {
    "0": "0.500000000000000",
    "1": "0.841344746068543",
    "2": "0.977249868051821",
    "3": "0.998650101968370",
    "1.96": "0.975002104851780",
}


@pytest.mark.parametrize("x", TABLE)
def test_the_normal_distribution_is_the_one_in_the_handbook(x):
    found = Fraction(fixedpoint.normal(int(Fraction(x) * ONE)), ONE)
    assert round(found, 15) == Fraction(TABLE[x])


@given(st.integers(-17 * 2**20, 17 * 2**20))
@settings(max_examples=60)
def test_the_normal_distribution_is_within_its_error(numerator):
    x = Fraction(numerator, 2**20)
    found = fixedpoint.normal(numerator * ONE >> 20)
    assert abs(found - reference.normal(x) * ONE) < fixedpoint.NORMAL_ERROR
    assert 0 <= found <= ONE


@given(st.integers(-16 * ONE, 16 * ONE))
@settings(max_examples=60)
def test_what_is_not_below_x_is_above_it(x):
    assert fixedpoint.normal(x) + fixedpoint.normal(-x) == ONE


@given(POSITIVE, POSITIVE)
@settings(max_examples=100)
def test_the_logarithm_is_within_its_error(numerator, denominator):
    exact = reference.log(Fraction(numerator, denominator)) * ONE
    assert abs(fixedpoint.log(numerator, denominator) - exact) < fixedpoint.LOG_ERROR


def test_numbers_beyond_the_bounds_of_the_logarithm_are_not_taken():
    for pair in ((0, 1), (1, 0), (-1, 1), (2**128, 1), (1, 2**128)):
        with pytest.raises(AssertionError, match="below 2\\^128"):
            fixedpoint.log(*pair)


@given(POSITIVE, POSITIVE)
def test_the_square_root_is_the_greatest_that_is_not_too_great(numerator, denominator):
    root = fixedpoint.sqrt(numerator, denominator)
    assert root**2 * denominator <= numerator * ONE**2 < (root + 1) ** 2 * denominator
