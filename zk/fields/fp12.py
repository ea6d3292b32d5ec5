"""Fp12 = Fp6[w] / (w^2 - v), as kernels on pairs (a0, a1) standing for a0 + a1·w.  The target of the pairing.

So w^6 = ξ, and Fp12 is also Fp2[w] / (w^6 - ξ): the coefficient of w^i is `a[i % 2][i // 2]`.
Costs are counted in operations of Fp6 unless said otherwise.
"""

from zk.fields import fp2, fp6
from zk.fields.prime import MONTGOMERY, P
from zk.fields.words import words
from zk.runtime.jit import inner

ZERO = (fp6.ZERO, fp6.ZERO)
ONE = (fp6.ONE, fp6.ZERO)


def _fp2_power(a: tuple[int, int], exponent: int) -> tuple[int, int]:
    """a^exponent in Fp2, on canonical ints."""
    result = (1, 0)
    for bit in f"{exponent:b}":
        result = _fp2_mul(result, result)
        if bit == "1":
            result = _fp2_mul(result, a)
    return result


def _fp2_mul(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    return (a[0] * b[0] - a[1] * b[1]) % P, (a[0] * b[1] + a[1] * b[0]) % P


def _montgomery(a: tuple[int, int]):
    return words(a[0] * MONTGOMERY % P), words(a[1] * MONTGOMERY % P)


# w^p = w·ξ^((p-1)/6), so the coefficient of w^i is multiplied by ξ^(i(p-1)/6) under the Frobenius map.
_TWIST_1, _TWIST_2, _TWIST_3, _TWIST_4, _TWIST_5 = (
    _montgomery(_fp2_power((9, 1), i * (P - 1) // 6)) for i in range(1, 6)
)


@inner
def mul(a, b):
    """a·b by Karatsuba.  3 mul, 5 add."""
    low = fp6.mul(a[0], b[0])
    high = fp6.mul(a[1], b[1])
    cross = fp6.mul(fp6.add(a[0], a[1]), fp6.add(b[0], b[1]))
    return fp6.add(low, fp6.mul_by_v(high)), fp6.sub(fp6.sub(cross, low), high)


@inner
def square(a):
    """(a0 + a1)(a0 + v a1) - (1 + v) a0 a1, and 2 a0 a1.  2 mul, 5 add."""
    cross = fp6.mul(a[0], a[1])
    both = fp6.mul(fp6.add(a[0], a[1]), fp6.add(a[0], fp6.mul_by_v(a[1])))
    return fp6.sub(fp6.sub(both, cross), fp6.mul_by_v(cross)), fp6.add(cross, cross)


@inner
def conjugate(a):
    """a0 - a1·w, which is a^(p^6), and 1/a for a in the cyclotomic subgroup."""
    return a[0], fp6.neg(a[1])


@inner
def inverse(a):
    """(a0 - a1 w) / (a0^2 - v a1^2), and 0 for 0.  1 inverse, 2 mul, 2 squarings."""
    norm = fp6.inverse(fp6.sub(fp6.square(a[0]), fp6.mul_by_v(fp6.square(a[1]))))
    return fp6.mul(a[0], norm), fp6.neg(fp6.mul(a[1], norm))


@inner
def frobenius(a):
    """a^p: every coefficient in Fp2 conjugated and twisted.  5 mul of Fp2."""
    even = (
        fp2.conjugate(a[0][0]),
        fp2.mul(fp2.conjugate(a[0][1]), _TWIST_2),
        fp2.mul(fp2.conjugate(a[0][2]), _TWIST_4),
    )
    odd = (
        fp2.mul(fp2.conjugate(a[1][0]), _TWIST_1),
        fp2.mul(fp2.conjugate(a[1][1]), _TWIST_3),
        fp2.mul(fp2.conjugate(a[1][2]), _TWIST_5),
    )
    return even, odd


@inner
def equal(a, b):
    """Whether a and b are the same element."""
    return fp6.equal(a[0], b[0]) and fp6.equal(a[1], b[1])


@inner
def one(like):
    """1, of the kind of the element `like` of Fp2."""
    one = fp2.one(like)
    zero = fp2.sub(one, one)
    return (one, zero, zero), (zero, zero, zero)


@inner
def load(array, index):
    """Row `index` of an array (n, 6, 2, 4): the coefficients of 1, w, …, w^5."""
    return peek(array, index, fp2.ONE)


@inner
def peek(array, index, like):
    """What `store` wrote to row `index`, of the kind of the element `like` of Fp2."""
    row = array[index]
    even = fp2.peek(row, 0, like), fp2.peek(row, 2, like), fp2.peek(row, 4, like)
    odd = fp2.peek(row, 1, like), fp2.peek(row, 3, like), fp2.peek(row, 5, like)
    return even, odd


@inner
def store(array, index, a):
    """Write a to row `index` of an array (n, 6, 2, 4), or (n, 6, 2, KEPT) for eight."""
    row = array[index]
    fp2.put(row, 0, a[0][0])
    fp2.put(row, 1, a[1][0])
    fp2.put(row, 2, a[0][1])
    fp2.put(row, 3, a[1][1])
    fp2.put(row, 4, a[0][2])
    fp2.put(row, 5, a[1][2])
