"""Risk grids by exact fractions and direct definitions.

An asset is (price, factor or None, underlying price, delta, gamma, haircut), the last three as fractions.
"""

from fractions import Fraction
from itertools import product
from math import floor

BPS = 10**4


def option_value(price: int, underlying: int, delta: Fraction, gamma: Fraction, move: Fraction) -> Fraction:
    """p + delta S x + gamma S x^2 / 2, never below zero."""
    return max(Fraction(0), price + delta * underlying * move + gamma * underlying * move * move / 2)


def smallest_range_bps(multiple: Fraction, volatility: Fraction, days: Fraction) -> int:
    """The least whole number of bps whose square is at least (multiple * volatility)^2 * days, by exhaustive search."""
    target = (multiple * volatility) ** 2 * days
    return next(n for n in range(BPS + 1) if Fraction(n, BPS) ** 2 >= target or n == BPS)


def factor_signs() -> list[tuple[int, ...]]:
    """All sixteen combinations of signs of four factors, the first factor changing fastest, + before -."""
    return [tuple(reversed(signs)) for signs in product((1, -1), repeat=4)]


def spot_column(price: int, factor: int | None, move_bps: int) -> list[int]:
    """The values of an asset that follows its factor one for one and has no haircut, rounded down."""
    if factor is None:
        return [price] * 16
    return [floor(price * (1 + Fraction(signs[factor] * move_bps, BPS))) for signs in factor_signs()]
