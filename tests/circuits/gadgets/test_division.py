"""Exact division, exhaustively over a toy field and at the edges of Fr."""

import itertools
from fractions import Fraction
from math import ceil

import pytest

from circuits.gadgets import division
from tests.circuits.exhaustive import Toy, evaluate
from zk.fields.prime import R

P = 13


def gadget(excess_bits, divisor_bits):
    def build(b, quotient, dividend, divisor):
        division.rounded_up(
            b, quotient, dividend, divisor, excess_bits=excess_bits, divisor_bits=divisor_bits, why="quotient"
        )
        return []

    return build


DIVIDENDS = range(-1, 4)
CASES = [(q, n % P, d) for q, n, d in itertools.product(range(3), DIVIDENDS, range(3))]


def expected(dividend, divisor):
    return ceil(Fraction(max(0, dividend), divisor))


def test_it_accepts_exactly_the_quotient_rounded_up():
    """Quotients and divisors from 0 to 2, and dividends of both signs.

    Every constraint carries weight but one, which only makes the flag unique where the quotient is 0.
    """
    toy = Toy(gadget(3, 1), 3, P, CASES)
    assert toy.accepted() == {
        (expected(n, d), n % P, d) for n, d in itertools.product(DIVIDENDS, (1, 2)) if expected(n, d) < 3
    }
    assert len(toy.constraints) == 3 + 1 + 7
    assert toy.idle() == [6]


@pytest.mark.parametrize("dividend, divisor", [
    (0, 1), (1, 1), (-1, 1), (2**70, 2**20), (2**70 + 1, 2**20), (-(2**80), 2**20 - 1), (2**20, 2**20), (1, 2**20),
])  # fmt: skip
def test_the_edges_over_fr(dividend, divisor):
    right = expected(dividend, divisor)
    for quotient in {max(0, right - 1), right, right + 1}:
        _, satisfied = evaluate(gadget(90, 20), [quotient % R, dividend % R, divisor], R)
        assert satisfied == (quotient == right)
