"""Modular inversion by a binary Euclidean algorithm that takes 62 division steps at a time ("safegcd").

A division step (Bernstein and Yang, eprint 2019/266, section 8) takes (δ, f, g) with f odd to

    (1 - δ, g, (g - f)/2)   when δ > 0 and g is odd,        (1 + δ, f, (g + (g mod 2) f)/2)   otherwise.

It keeps gcd(f, g), and from f = p and 0 <= g < p, where δ starts at 1, at most ⌊(49·254 + 57)/17⌋ = 735 steps make
g = 0 (theorem 11.2 there): then f = ±1, or f = ±p when the start was 0.  The next 62 steps depend only on δ and the
lowest 62 bits of f and g, and are a matrix (u v; q r) with |u| + |v|, |q| + |r| <= 2^62 for which

    2^62 f' = u f + v g          2^62 g' = q f + r g

So the steps run on single words, and the long numbers are updated once in 62 steps, at most 12 times.  Two cofactors
run along, d and e, with d a = 2^62 c f and e a = 2^62 c g mod p, where a is the argument and c/a the result.  They
start as 0 and 2^62 c and are updated by the same matrix; a multiple m p, |m| <= 2^61, makes each sum divisible by
2^62.  So an update adds at most p/2 to max(|d|, |e|), which stays below 7p.  In the end c/a = ±d / 2^62, and one more
such division brings it into (-p, p).  When a is 0 there is no update and d is 0.

Long numbers are signed: five limbs of 62 bits (not those of zk/fields/limbs52.py), the lowest four in [0, 2^62), the
highest with the sign.  The time depends on the argument: nothing here is constant-time.
"""

import numpy as np
from llvmlite import ir
from numba.core import types

from zk.runtime.jit import inner, intrinsic

LIMB62_BITS = 62
LIMBS62 = 5
_MASK = (1 << LIMB62_BITS) - 1
_ZERO, _ONE, _TWO, _MOST, _BITS = (np.int64(x) for x in (0, 1, 2, 6, LIMB62_BITS))
_WORD_MASK = np.uint64(_MASK)
_ZERO62 = (_ZERO,) * LIMBS62
_SHIFT = np.int64(1 << LIMB62_BITS)

Limbs62 = tuple[np.int64, ...]

_SINGLE, _DOUBLE = ir.IntType(64), ir.IntType(128)


def limbs62(value: int) -> Limbs62:
    """A number in [0, 2^310) as limbs of 62 bits."""
    return tuple(np.int64(value >> (LIMB62_BITS * i) & _MASK) for i in range(LIMBS62))


def constants(modulus: int, numerator: int) -> tuple[Limbs62, np.int64, Limbs62]:
    """The arguments with which `quotient` divides `numerator`: p, -1/p mod 2^62, and 2^62 numerator mod p."""
    one = 1 << LIMB62_BITS
    return limbs62(modulus), np.int64(-pow(modulus, -1, one) % one), limbs62(numerator * one % modulus)


@intrinsic
def _shifted_sum(typing, factors, numbers):
    """⌊Σ factors[i]·numbers[i] / 2^62⌋, for a few signed words and as many long numbers.

    5 multiplications a number.  Needs Σ |factors[i]| < 2^64 and a result that is a long number.
    """
    count = len(factors)

    def generate(context, builder, signature, arguments):
        def parts(tuple_, length):
            return [builder.extract_value(tuple_, i) for i in range(length)]

        multipliers = [builder.sext(x, _DOUBLE) for x in parts(arguments[0], count)]
        rows = [parts(row, LIMBS62) for row in parts(arguments[1], count)]
        carry, result = ir.Constant(_DOUBLE, 0), []
        for i in range(LIMBS62):
            for multiplier, row in zip(multipliers, rows, strict=True):
                carry = builder.add(carry, builder.mul(multiplier, builder.sext(row[i], _DOUBLE)))
            if i:
                result.append(builder.and_(builder.trunc(carry, _SINGLE), ir.Constant(_SINGLE, _MASK)))
            carry = builder.ashr(carry, ir.Constant(_DOUBLE, LIMB62_BITS))
        return context.make_tuple(builder, signature.return_type, [*result, builder.trunc(carry, _SINGLE)])

    return types.UniTuple(types.int64, LIMBS62)(factors, numbers), generate


@intrinsic
def _trailing_zeros(typing, word):
    """The number of trailing zeros of a word that is not 0."""

    def generate(context, builder, signature, arguments):
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), generate


@inner
def _steps(delta, f, g):
    """62 division steps on the lowest words of f and g: (δ, u, v, q, r).

    Steps on an even g are taken together.  For odd g and δ > 0 a step is one with δ <= 0 from (-δ, g, -f).  While
    δ <= 0, for 1 - δ steps, multiples of f are added to g: the multiple w clears that many bits of g at once, at most
    six, since -1/f = f (f^2 - 2) modulo 64.
    """
    u, v, q, r = _ONE, _ZERO, _ZERO, _ONE
    left = _BITS
    while True:
        zeros = _trailing_zeros(g | (_ONE << left))
        g >>= zeros
        u <<= zeros
        v <<= zeros
        delta += zeros
        left -= zeros
        if left == 0:
            return delta, u, v, q, r
        if delta > 0:
            delta, f, g = -delta, g, -f
            u, v, q, r = q, r, -u, -v
        count = min(min(1 - delta, left), _MOST)
        w = g * f * (f * f - 2) & ((_ONE << count) - 1)
        g += f * w
        q += u * w
        r += v * w


@inner
def _to_limbs62(a):
    """Four words as limbs of 62 bits."""
    return (
        np.int64(a[0] & _WORD_MASK),
        np.int64((a[0] >> np.uint64(62) | a[1] << np.uint64(2)) & _WORD_MASK),
        np.int64((a[1] >> np.uint64(60) | a[2] << np.uint64(4)) & _WORD_MASK),
        np.int64((a[2] >> np.uint64(58) | a[3] << np.uint64(6)) & _WORD_MASK),
        np.int64(a[3] >> np.uint64(56)),
    )


@inner
def _to_words(a):
    """A long number in [0, 2^256) as four words."""
    a0, a1, a2, a3, a4 = np.uint64(a[0]), np.uint64(a[1]), np.uint64(a[2]), np.uint64(a[3]), np.uint64(a[4])
    return (
        a0 | a1 << np.uint64(62),
        a1 >> np.uint64(2) | a2 << np.uint64(60),
        a2 >> np.uint64(4) | a3 << np.uint64(58),
        a3 >> np.uint64(6) | a4 << np.uint64(56),
    )


@inner
def _multiple(low, negative_inverse):
    """m in [-2^61, 2^61) for which low + m p is divisible by 2^62."""
    return (low * negative_inverse << _TWO) >> _TWO


@inner
def quotient(a, p, negative_inverse, scale):
    """c/a mod p, below p, and 0 when a is 0, for words a below p < 2^254 and the `constants` of p and c.

    Takes as long as about 40 Montgomery products.
    """
    f, g = p, _to_limbs62(a)
    d, e = _ZERO62, scale
    delta = _ONE
    while g[0] | g[1] | g[2] | g[3] | g[4]:
        delta, u, v, q, r = _steps(delta, f[0], g[0])
        f, g = _shifted_sum((u, v), (f, g)), _shifted_sum((q, r), (f, g))
        m = _multiple(u * d[0] + v * e[0], negative_inverse)
        n = _multiple(q * d[0] + r * e[0], negative_inverse)
        d, e = _shifted_sum((u, v, m), (d, e, p)), _shifted_sum((q, r, n), (d, e, p))
    sign = _ONE if f[4] >= 0 else -_ONE
    result = _shifted_sum((sign, _multiple(sign * d[0], negative_inverse)), (d, p))
    if result[4] < 0:
        result = _shifted_sum((_SHIFT, _SHIFT), (result, p))
    return _to_words(result)
