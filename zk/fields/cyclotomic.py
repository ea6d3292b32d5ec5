"""The final exponentiation of the pairing: f to the power (p^12 - 1) / r, exactly.

(p^6 - 1)(p^2 + 1) of it is cheap, and lands in the cyclotomic subgroup, where the inverse is the conjugate and squares
cost half.  The rest, (p^4 - p^2 + 1) / r, is a short vector in powers of p and of the curve's parameter x.

Sources: Granger, Scott, "Faster squaring in the cyclotomic subgroup of sixth degree extensions" (ePrint 2009/565),
section 3.2; Scott, Benger, Charlemagne, Dominguez Perez, Kachisa, "On the final exponentiation for calculating
pairings on ordinary elliptic curves" (ePrint 2008/490), section 5, for the chain.
"""

import numpy as np

from zk.fields import fp2, fp12
from zk.fields.prime import BN_X
from zk.jit import kernel


def non_adjacent_form(value: int) -> np.ndarray:
    """The digits -1, 0, 1 of a positive integer, no two neighbours both non-zero, the highest first."""
    found = []
    while value:
        digit = 2 - value % 4 if value & 1 else 0
        found.append(digit)
        value = (value - digit) >> 1
    return np.array(found[::-1], np.int64)


_X_DIGITS = non_adjacent_form(BN_X)


@kernel
def _square_fp4(a, b):
    """(a + b y)^2 with y^2 = ξ.  2 mul of Fp2."""
    cross = fp2.mul(a, b)
    both = fp2.mul(fp2.add(a, b), fp2.add(a, fp2.mul_by_xi(b)))
    return fp2.sub(fp2.sub(both, cross), fp2.mul_by_xi(cross)), fp2.double(cross)


@kernel
def _triple_minus_double(a, b):
    """3a - 2b."""
    return fp2.add(fp2.double(fp2.sub(a, b)), a)


@kernel
def _triple_plus_double(a, b):
    """3a + 2b."""
    return fp2.add(fp2.double(fp2.add(a, b)), a)


@kernel
def square(a):
    """a^2 for a in the cyclotomic subgroup.  6 mul of Fp2."""
    even, odd = a
    t0, t1 = _square_fp4(even[0], odd[1])
    t2, t3 = _square_fp4(odd[0], even[2])
    t4, t5 = _square_fp4(even[1], odd[2])
    return (
        (_triple_minus_double(t0, even[0]), _triple_minus_double(t2, even[1]), _triple_minus_double(t4, even[2])),
        (
            _triple_plus_double(fp2.mul_by_xi(t5), odd[0]),
            _triple_plus_double(t1, odd[1]),
            _triple_plus_double(t3, odd[2]),
        ),
    )


@kernel
def power_x(a):
    """a^x for a in the cyclotomic subgroup.  62 squares and 21 mul."""
    inverse = fp12.conjugate(a)
    result = a
    for digit in _X_DIGITS[1:]:
        result = square(result)
        if digit != 0:
            result = fp12.mul(result, a if digit > 0 else inverse)
    return result


@kernel
def _into_subgroup(a):
    """a^((p^6 - 1)(p^2 + 1)), in the cyclotomic subgroup."""
    b = fp12.mul(fp12.conjugate(a), fp12.inverse(a))
    return fp12.mul(fp12.frobenius(fp12.frobenius(b)), b)


@kernel
def final_exponentiation(a):
    """a^((p^12 - 1) / r).

    With b the image of a in the cyclotomic subgroup it is y0 y1^2 y2^6 y3^12 y4^18 y5^30 y6^36, by Olivos' vectorial
    addition chain.
    """
    b = _into_subgroup(a)
    bx = power_x(b)
    bxx = power_x(bx)
    bxxx = power_x(bxx)
    bp = fp12.frobenius(b)
    bpp = fp12.frobenius(bp)
    y0 = fp12.mul(fp12.mul(bp, bpp), fp12.frobenius(bpp))
    y1 = fp12.conjugate(b)
    bxxp = fp12.frobenius(bxx)
    y2 = fp12.frobenius(bxxp)
    y3 = fp12.conjugate(fp12.frobenius(bx))
    y4 = fp12.conjugate(fp12.mul(bx, bxxp))
    y5 = fp12.conjugate(bxx)
    y6 = fp12.conjugate(fp12.mul(bxxx, fp12.frobenius(bxxx)))
    t0 = fp12.mul(fp12.mul(square(y6), y4), y5)
    t1 = fp12.mul(fp12.mul(y3, y5), t0)
    t0 = fp12.mul(t0, y2)
    t1 = square(fp12.mul(square(t1), t0))
    return fp12.mul(square(fp12.mul(t1, y1)), fp12.mul(t1, y0))
