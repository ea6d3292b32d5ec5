"""Fp12 = Fp6[w] / (w^2 - v), the target of the pairing, as kernels on pairs (a0, a1) that stand for a0 + a1·w.

So w^6 = ξ, and Fp12 is also Fp2[w] / (w^6 - ξ): the coefficient of w^i is `a[i % 2][i // 2]`.
Costs are counted in operations of Fp6 unless stated otherwise.
"""

from gmpy2 import mpz

from zk.fields import fp2, fp2_ints, fp6
from zk.fields.prime import P
from zk.runtime.jit import inner

ZERO = (fp6.ZERO, fp6.ZERO)
ONE = (fp6.ONE, fp6.ZERO)


# w^p = w·ξ^((p-1)/6), so the coefficient of w^i is multiplied by ξ^(i(p-1)/6) under the Frobenius map.
_TWIST_1, _TWIST_2, _TWIST_3, _TWIST_4, _TWIST_5 = (
    fp2.encode(fp2_ints.power((mpz(9), mpz(1)), i * (P - 1) // 6)) for i in range(1, 6)
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
    """1, over the type of the element `like` of Fp2."""
    one = fp2.one(like)
    zero = fp2.sub(one, one)
    return (one, zero, zero), (zero, zero, zero)


@inner
def reload_like(scratch, index, like):
    """The element that was spilled to row `index`, over the type of the element `like` of Fp2."""
    even = (
        fp2.reload_like(scratch, index, like),
        fp2.reload_like(scratch, index, like, 2),
        fp2.reload_like(scratch, index, like, 4),
    )
    odd = (
        fp2.reload_like(scratch, index, like, 1),
        fp2.reload_like(scratch, index, like, 3),
        fp2.reload_like(scratch, index, like, 5),
    )
    return even, odd


@inner
def spill(scratch, index, a):
    """Write the coefficients of 1, w, …, w^5 to row `index` of an array (n, 6, 2, 4), or (n, 6, 2, 40) for eight."""
    fp2.spill(scratch, index, a[0][0], 0)
    fp2.spill(scratch, index, a[1][0], 1)
    fp2.spill(scratch, index, a[0][1], 2)
    fp2.spill(scratch, index, a[1][1], 3)
    fp2.spill(scratch, index, a[0][2], 4)
    fp2.spill(scratch, index, a[1][2], 5)
