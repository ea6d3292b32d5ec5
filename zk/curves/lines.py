"""The line functions of the Miller loop: doubling and addition on the twist, each with the line through its points.

The running point is (X : Y : Z), homogeneous.  A line (l0, l1, l3), evaluated at a point (x, y) of G1, is
y·l0 + x·l1·w + l3·w^3 in Fp12, for the untwist (x, y) to (x w^2, y w^3).  Factors in Fp2 may be dropped because the
final exponentiation removes them.  So lines are evaluated divided by y, at the *scaled point* (x / y, 1 / y).  The
scaled point of the identity is (0, 0), where every line is l0 and contributes nothing.  A line of a fixed point of G2
is divided by l0 as well.  No step meets an exceptional case when the point has order r, and no l0 is zero.

Source: Aranha, Karabina, Longa, Gebotys, López, "Faster explicit formulas for computing pairings over ordinary curves"
(ePrint 2010/526), section 4, after Costello, Lange, Naehrig (PKC 2010); without the halvings, so all times 4.
"""

from zk.curves import bn254
from zk.fields import fp2, fp6
from zk.runtime.jit import inner

_B = fp2.encode(bn254.B2)
_TWIST_X = fp2.encode(bn254.TWIST_X)
_TWIST_Y = fp2.encode(bn254.TWIST_Y)


@inner
def _triple(a):
    """3a."""
    return fp2.add(fp2.double(a), a)


@inner
def double(point):
    """2 point and its tangent (l0, l1, l3).  5 mul, 5 square of Fp2."""
    x, y, z = point
    xy = fp2.mul(x, y)
    b = fp2.square(y)
    c = fp2.square(z)
    e = fp2.mul(fp2.constant(_B, c), _triple(c))
    f = _triple(e)
    h = fp2.sub(fp2.square(fp2.add(y, z)), fp2.add(b, c))
    x3 = fp2.double(fp2.mul(xy, fp2.sub(b, f)))
    ee3 = _triple(fp2.square(e))
    y3 = fp2.sub(fp2.square(fp2.add(b, f)), fp2.double(fp2.double(ee3)))
    z3 = fp2.double(fp2.double(fp2.mul(b, h)))
    return (x3, y3, z3), (fp2.neg(h), _triple(fp2.square(x)), fp2.sub(e, b))


@inner
def add(point, other):
    """point + other, the latter affine, and their chord (l0, l1, l3).  11 mul, 2 square of Fp2."""
    x, y, z = point
    theta = fp2.sub(y, fp2.mul(other[1], z))
    slope = fp2.sub(x, fp2.mul(other[0], z))
    c = fp2.square(theta)
    d = fp2.square(slope)
    e = fp2.mul(slope, d)
    f = fp2.mul(z, c)
    g = fp2.mul(x, d)
    h = fp2.sub(fp2.add(e, f), fp2.double(g))
    y3 = fp2.sub(fp2.mul(theta, fp2.sub(g, h)), fp2.mul(e, y))
    constant = fp2.sub(fp2.mul(theta, other[0]), fp2.mul(slope, other[1]))
    return (fp2.mul(slope, h), y3, fp2.mul(z, e)), (slope, fp2.neg(theta), constant)


@inner
def _mul_by_two(a, b0, b1):
    """a·(b0 + b1 v) in Fp6.  5 mul of Fp2."""
    low = fp2.mul(a[0], b0)
    high = fp2.mul(a[1], b1)
    c0 = fp2.sub(fp2.mul(fp2.add(a[1], a[2]), b1), high)
    c1 = fp2.sub(fp2.sub(fp2.mul(fp2.add(a[0], a[1]), fp2.add(b0, b1)), low), high)
    c2 = fp2.sub(fp2.mul(fp2.add(a[0], a[2]), b0), low)
    return fp2.add(fp2.mul_by_xi(c0), low), c1, fp2.add(c2, high)


@inner
def multiply(f, line, scaled):
    """f·(line at a scaled point).  13 mul of Fp2, 4 mul of Fp."""
    l1 = fp2.scale(line[1], scaled[0])
    l3 = fp2.scale(line[2], scaled[1])
    low = fp6.scale(f[0], line[0])
    high = _mul_by_two(f[1], l1, l3)
    both = _mul_by_two(fp6.add(f[0], f[1]), fp2.add(line[0], l1), l3)
    return fp6.add(low, fp6.mul_by_v(high)), fp6.sub(fp6.sub(both, low), high)


@inner
def normalise(line):
    """The line divided by l0: (l1 / l0, l3 / l0).  1 inverse and 2 mul of Fp2."""
    inverse = fp2.inverse(line[0])
    return fp2.mul(line[1], inverse), fp2.mul(line[2], inverse)


@inner
def multiply_normalised(f, line, scaled):
    """f·(1 + x/y·l1·w + 1/y·l3·w^3) for a line divided by l0.  10 mul of Fp2, 4 mul of Fp."""
    l1 = fp2.scale(line[0], scaled[0])
    l3 = fp2.scale(line[1], scaled[1])
    even, odd = _mul_by_two(f[0], l1, l3), _mul_by_two(f[1], l1, l3)
    return fp6.add(f[0], fp6.mul_by_v(odd)), fp6.add(f[1], even)


@inner
def frobenius(point):
    """ψ of an affine point of the twist.  On G2 it is multiplication by p."""
    twist_x, twist_y = fp2.constant(_TWIST_X, point[0]), fp2.constant(_TWIST_Y, point[0])
    return fp2.mul(fp2.conjugate(point[0]), twist_x), fp2.mul(fp2.conjugate(point[1]), twist_y)
