"""Square root, logarithm, exponential function and normal distribution in fixed point, with bounds on their errors.

A real number x is the integer X with x = X / 2^160 (`ONE`).  An ulp is 2^-160.  Products and quotients are rounded
down, so each of them is wrong by less than an ulp; the bounds below count these steps and double the result.

    log      ln(n/d) = k·ln 2 + 2·artanh(z),  z = (m − 1)/(m + 1), m = n/(d·2^k) in (1/2, 2), |z| < 1/3
    exp      e^-x    = 2^-k·e^-r,  x = k·ln 2 + r, 0 <= r < ln 2, and Taylor's series for e^-r
    normal   N(x)    = 1/2 + φ(x)·(x + x³/3 + x⁵/(3·5) + x⁷/(3·5·7) + ...)      (Abramowitz and Stegun, 26.2.11)

The series of the normal distribution has positive terms only, so nothing cancels.  An error e in one of its terms makes
the sum wrong by at most e·exp(x²/2), because (2j + 1)!!/(2k + 1)!! >= 2^(j-k)·(j − k)!, and φ(x)·exp(x²/2) < 0.4: each
of the fewer than 600 terms adds less than an ulp to the error of N(x).
"""

from functools import cache
from math import isqrt

BITS = 160
ONE = 1 << BITS
ARTANH_ERROR = 1 << 9
"""In ulp: 52 terms, each with an error below 3 ulp, and z's own error below an ulp."""
LOG_ERROR = 1 << 17
"""In ulp: ARTANH_ERROR, and |k| <= 128 times that of ln 2, for numbers below 2^128."""
NORMAL_ERROR = 1 << 20
"""In ulp: φ is wrong by less than 2^17 ulp of itself (k <= 164 times the error of ln 2), and the sum by 600."""
FAR = 15 * ONE
"""N(-15) = 3.7·10^-51 is less than an ulp times 2^-7."""


def sqrt(numerator: int, denominator: int) -> int:
    """√(n/d), rounded down."""
    return isqrt((numerator << 2 * BITS) // denominator)


def log(numerator: int, denominator: int) -> int:
    """ln(n/d) of two positive integers below 2^128, within LOG_ERROR."""
    assert 0 < numerator < 1 << 128 and 0 < denominator < 1 << 128, "the bound is for numbers below 2^128"
    k = numerator.bit_length() - denominator.bit_length()
    numerator, denominator = numerator << max(-k, 0), denominator << max(k, 0)
    return k * _ln2() + 2 * _artanh(((numerator - denominator) << BITS) // (numerator + denominator))


def normal(x: int) -> int:
    """N(x), the standard normal distribution function, within NORMAL_ERROR and between 0 and ONE."""
    if x < 0:
        return ONE - normal(-x)
    if x >= FAR:
        return ONE
    square = x * x >> BITS
    term = total = x
    odd = 3
    while term:
        term = (term * square >> BITS) // odd
        total += term
        odd += 2
    mantissa, k = _exp_minus(square >> 1)
    density = (mantissa << BITS) // _sqrt_two_pi()
    return min(ONE, ONE // 2 + (density * total >> BITS + k))


def _exp_minus(x: int) -> tuple[int, int]:
    """(y, k) with e^-x = y·2^-k and 1/2 < y <= 1, for 0 <= x < 128.  y is wrong by less than 2^17 ulp."""
    k, rest = divmod(x, _ln2())
    term = total = ONE
    n = 1
    while term:
        term = (term * rest >> BITS) // n
        total += -term if n % 2 else term
        n += 1
    return total, k


def _artanh(z: int) -> int:
    """z + z³/3 + z⁵/5 + ... for |z| <= 1/3, within ARTANH_ERROR / 2."""
    if z < 0:
        return -_artanh(-z)
    square = z * z >> BITS
    power, total, odd = z, z, 3
    while power:
        power = power * square >> BITS
        total += power // odd
        odd += 2
    return total


@cache
def _ln2() -> int:
    return 2 * _artanh(ONE // 3)


@cache
def _sqrt_two_pi() -> int:
    """√(2π) with π = 16·artan(1/5) − 4·artan(1/239) (Machin)."""
    return isqrt(2 * (16 * _artan_inverse(5) - 4 * _artan_inverse(239)) << BITS)


def _artan_inverse(n: int) -> int:
    """artan(1/n) = 1/n − 1/(3n³) + 1/(5n⁵) − ..."""
    power, total, odd = ONE // n, 0, 1
    while power:
        total += power // odd if odd % 4 == 1 else -(power // odd)
        power //= n * n
        odd += 2
    return total
