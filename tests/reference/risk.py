"""Risk grids by exact fractions and direct definitions."""

from fractions import Fraction
from itertools import product
from math import ceil, floor

BPS = 10**4
SIGNS = (1, -1)


def smallest_range_bps(multiple: Fraction, volatility: Fraction, days: Fraction) -> int:
    """The least whole number of bps whose square is at least (multiple * volatility)^2 * days, by exhaustive search."""
    target = (multiple * volatility) ** 2 * days
    return next(n for n in range(BPS + 1) if Fraction(n, BPS) ** 2 >= target or n == BPS)


def corners(moves: int) -> list[tuple[int, ...]]:
    """Every combination of signs of so many moves, the first one changing fastest, + before -."""
    return [tuple(reversed(signs)) for signs in product(SIGNS, repeat=moves)]


def held(price: int, moves_bps: int) -> int:
    """The value of a held asset whose moves add up to so many bps: rounded down."""
    return floor(price * (1 + Fraction(moves_bps, BPS)))


def claim(price: int, moves_bps: int, own_sign: int) -> int:
    """The value of a claim: rounded up where its own move rises, against whoever owes it, and down where it falls."""
    value = price * (1 + Fraction(moves_bps, BPS))
    return ceil(value) if own_sign > 0 else floor(value)


def line(ends: tuple[int, int], part: Fraction) -> Fraction:
    """The value of a line through these ends, at -1 and at +1, in between."""
    return ends[0] + (ends[1] - ends[0]) * (1 + part) / 2
