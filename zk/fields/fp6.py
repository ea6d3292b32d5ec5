"""Fp6 = Fp2[v] / (v^3 - ξ) with ξ = 9 + u, as kernels on triples (a0, a1, a2) that stand for a0 + a1·v + a2·v^2.

Formulas: Devegili, Ó hÉigeartaigh, Scott, Dahab, "Multiplication and squaring on pairing-friendly fields", section 4.
Costs are counted in operations of Fp2.
"""

from zk.fields import fp2
from zk.runtime.jit import inner

ZERO = (fp2.ZERO, fp2.ZERO, fp2.ZERO)
ONE = (fp2.ONE, fp2.ZERO, fp2.ZERO)


@inner
def add(a, b):
    """a + b.  3 add."""
    return fp2.add(a[0], b[0]), fp2.add(a[1], b[1]), fp2.add(a[2], b[2])


@inner
def sub(a, b):
    """a - b.  3 add."""
    return fp2.sub(a[0], b[0]), fp2.sub(a[1], b[1]), fp2.sub(a[2], b[2])


@inner
def neg(a):
    """-a.  3 add."""
    return fp2.neg(a[0]), fp2.neg(a[1]), fp2.neg(a[2])


@inner
def mul_by_v(a):
    """a·v: the coefficients move up, and the top one wraps around times ξ."""
    return fp2.mul_by_xi(a[2]), a[0], a[1]


@inner
def mul(a, b):
    """a·b by Karatsuba.  6 mul, 15 add."""
    v0 = fp2.mul(a[0], b[0])
    v1 = fp2.mul(a[1], b[1])
    v2 = fp2.mul(a[2], b[2])
    c12 = fp2.sub(fp2.sub(fp2.mul(fp2.add(a[1], a[2]), fp2.add(b[1], b[2])), v1), v2)
    c01 = fp2.sub(fp2.sub(fp2.mul(fp2.add(a[0], a[1]), fp2.add(b[0], b[1])), v0), v1)
    c02 = fp2.sub(fp2.sub(fp2.mul(fp2.add(a[0], a[2]), fp2.add(b[0], b[2])), v0), v2)
    return fp2.add(v0, fp2.mul_by_xi(c12)), fp2.add(c01, fp2.mul_by_xi(v2)), fp2.add(c02, v1)


@inner
def square(a):
    """a^2.  5 squarings or products ("CH-SQR2")."""
    s0 = fp2.square(a[0])
    s1 = fp2.double(fp2.mul(a[0], a[1]))
    s2 = fp2.square(fp2.add(fp2.sub(a[0], a[1]), a[2]))
    s3 = fp2.double(fp2.mul(a[1], a[2]))
    s4 = fp2.square(a[2])
    top = fp2.sub(fp2.sub(fp2.add(fp2.add(s1, s2), s3), s0), s4)
    return fp2.add(s0, fp2.mul_by_xi(s3)), fp2.add(s1, fp2.mul_by_xi(s4)), top


@inner
def scale(a, k):
    """a·k for k in Fp2.  3 mul."""
    return fp2.mul(a[0], k), fp2.mul(a[1], k), fp2.mul(a[2], k)


@inner
def inverse(a):
    """1/a through the norm to Fp2, and 0 for 0.  1 inverse, 12 mul."""
    t0 = fp2.sub(fp2.square(a[0]), fp2.mul_by_xi(fp2.mul(a[1], a[2])))
    t1 = fp2.sub(fp2.mul_by_xi(fp2.square(a[2])), fp2.mul(a[0], a[1]))
    t2 = fp2.sub(fp2.square(a[1]), fp2.mul(a[0], a[2]))
    cross = fp2.mul_by_xi(fp2.add(fp2.mul(a[2], t1), fp2.mul(a[1], t2)))
    norm = fp2.inverse(fp2.add(fp2.mul(a[0], t0), cross))
    return scale((t0, t1, t2), norm)


@inner
def equal(a, b):
    """Whether a and b are the same element."""
    return fp2.equal(a[0], b[0]) and fp2.equal(a[1], b[1]) and fp2.equal(a[2], b[2])
