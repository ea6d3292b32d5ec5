"""Black's formula by decimal arithmetic with 170 digits, straight from its definition.

The normal distribution comes from the alternating series of the error function, which needs the many digits:
its terms reach e^(x²/2).
"""

from decimal import Context, Decimal, localcontext
from fractions import Fraction
from functools import cache

DIGITS = Context(prec=170)


def log(x: Fraction) -> Fraction:
    """The natural logarithm."""
    with localcontext(DIGITS):
        return Fraction((Decimal(x.numerator) / x.denominator).ln())


def normal(x: Fraction) -> Fraction:
    """The standard normal distribution function."""
    with localcontext(DIGITS):
        return Fraction(_normal(Decimal(x.numerator) / x.denominator))


def value(is_call: bool, forward: int, strike: int, volatility: Fraction, years: Fraction) -> Fraction:
    """The undiscounted value of a European option on a forward."""
    with localcontext(DIGITS):
        square = volatility**2 * years
        deviation = (Decimal(square.numerator) / square.denominator).sqrt()
        f, k = Decimal(forward), Decimal(strike)
        if deviation == 0 or forward == 0:
            return Fraction(max(0, forward - strike if is_call else strike - forward))
        d1 = (f / k).ln() / deviation + deviation / 2
        d2 = d1 - deviation
        return Fraction(f * _normal(d1) - k * _normal(d2) if is_call else k * _normal(-d2) - f * _normal(-d1))


@cache
def _pi() -> Decimal:
    """By the arithmetic-geometric mean (Gauss, Brent, Salamin)."""
    a, b, t, p = Decimal(1), 1 / Decimal(2).sqrt(), Decimal("0.25"), Decimal(1)
    for _ in range(9):
        a, b, t, p = (a + b) / 2, (a * b).sqrt(), t - p * ((a - b) / 2) ** 2, 2 * p
    return (a + b) ** 2 / (4 * t)


def _normal(x: Decimal) -> Decimal:
    """N(x) = (1 + erf(x/√2)) / 2, erf(z) = 2/√π · Σ (−1)^n z^(2n+1) / (n! (2n + 1))."""
    if abs(x) > 16:
        return Decimal(x > 0)
    z = x / Decimal(2).sqrt()
    power, total, n = z, Decimal(0), 0
    while abs(power) > Decimal(10) ** -90 or n < abs(z * z):
        total += power / (2 * n + 1)
        n += 1
        power = -power * z * z / n
    return Decimal("0.5") + total / _pi().sqrt()
