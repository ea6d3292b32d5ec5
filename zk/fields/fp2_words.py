"""The two operations of Fp2 that lazy reduction makes cheaper on words than composing them from Fp.

A product keeps Karatsuba's three products in eight words until their differences are taken, so it takes two reductions
instead of three.  A multiple by ξ is kept in five words and reduced by a small estimated quotient.

Source: Aranha, Karabina, Longa, Gebotys, López, "Faster explicit formulas for computing pairings over ordinary curves"
(ePrint 2010/526), section 5, for lazy reduction.
"""

import numpy as np

from zk.fields import doublewidth
from zk.fields.montgomery import reduce_branchless, reduce_once
from zk.fields.prime import MONTGOMERY, P
from zk.fields.words import ZERO_WORD, adc, mac, sbb, words
from zk.runtime.jit import inner

_P = words(P)
_MINUS_P = words(MONTGOMERY - P)
_NEGATIVE_INVERSE = words(-pow(P, -1, MONTGOMERY) % MONTGOMERY)[0]

_NINE = np.uint64(9)
# For t < 10p the quotient by p is estimated as ⌊t / 2^240⌋·_RECIPROCAL / 2^40, with _RECIPROCAL / 2^40 just below
# 1 / (⌊p / 2^240⌋ + 1).
_SHIFT, _SHIFT_UP, _RECIPROCAL_BITS = np.uint64(48), np.uint64(16), np.uint64(40)
_RECIPROCAL = np.uint64((1 << 40) // ((P >> 240) + 1))


@inner
def _add(a, b):
    """a + b in four words, for a + b < 2^256."""
    s0, carry = adc(a[0], b[0], ZERO_WORD)
    s1, carry = adc(a[1], b[1], carry)
    s2, carry = adc(a[2], b[2], carry)
    s3, carry = adc(a[3], b[3], carry)
    return s0, s1, s2, s3


@inner
def _subtract(a, b):
    """a - b modulo 2^512, and 1 when it is negative."""
    s0, borrow = sbb(a[0], b[0], ZERO_WORD)
    s1, borrow = sbb(a[1], b[1], borrow)
    s2, borrow = sbb(a[2], b[2], borrow)
    s3, borrow = sbb(a[3], b[3], borrow)
    s4, borrow = sbb(a[4], b[4], borrow)
    s5, borrow = sbb(a[5], b[5], borrow)
    s6, borrow = sbb(a[6], b[6], borrow)
    s7, borrow = sbb(a[7], b[7], borrow)
    return (s0, s1, s2, s3, s4, s5, s6, s7), borrow


@inner
def _reduce(t):
    """t / 2^256 mod p for t < p·2^256.  20 word multiplications."""
    return reduce_branchless(doublewidth.reduce(t, _P, _NEGATIVE_INVERSE), _P)


@inner
def mul(a, b):
    """(a0 + a1 u)(b0 + b1 u) with u^2 = -1, by Karatsuba.  88 word multiplications.

    The sums are below 2p < 2^255.  When a0 b0 - a1 b1 is negative, p·2^256 is added, and the result is below that;
    a0 b1 + a1 b0 < 2p^2 is below it too.
    """
    low = doublewidth.product(a[0], b[0])
    high = doublewidth.product(a[1], b[1])
    cross = doublewidth.product(_add(a[0], a[1]), _add(b[0], b[1]))
    real, borrow = _subtract(low, high)
    mask = ZERO_WORD - borrow
    top = _add((real[4], real[5], real[6], real[7]), (_P[0] & mask, _P[1] & mask, _P[2] & mask, _P[3] & mask))
    imaginary, _ = _subtract(cross, low)
    imaginary, _ = _subtract(imaginary, high)
    return _reduce(real[:4] + top), _reduce(imaginary)


@inner
def _nine_times_and(a, b):
    """9a + b mod p, for a < p and b <= p.

    The quotient is too small by at most one, since ⌊p / 2^240⌋ + 1 is 12,389: the remainder is below 1.001p.
    """
    t0, carry = mac(b[0], a[0], _NINE, ZERO_WORD)
    t1, carry = mac(b[1], a[1], _NINE, carry)
    t2, carry = mac(b[2], a[2], _NINE, carry)
    t3, t4 = mac(b[3], a[3], _NINE, carry)
    quotient = ((t4 << _SHIFT_UP | t3 >> _SHIFT) * _RECIPROCAL) >> _RECIPROCAL_BITS
    t0, carry = mac(t0, quotient, _MINUS_P[0], ZERO_WORD)
    t1, carry = mac(t1, quotient, _MINUS_P[1], carry)
    t2, carry = mac(t2, quotient, _MINUS_P[2], carry)
    t3, carry = mac(t3, quotient, _MINUS_P[3], carry)
    return reduce_once((t0, t1, t2, t3), _P)


@inner
def mul_by_xi(a):
    """(9 a0 - a1) + (9 a1 + a0) u."""
    s0, borrow = sbb(_P[0], a[1][0], ZERO_WORD)
    s1, borrow = sbb(_P[1], a[1][1], borrow)
    s2, borrow = sbb(_P[2], a[1][2], borrow)
    s3, borrow = sbb(_P[3], a[1][3], borrow)
    return _nine_times_and(a[0], (s0, s1, s2, s3)), _nine_times_and(a[1], a[0])
