"""The group law of y^2 = x^3 + b as kernels for G1 and G2, complete unless the name says otherwise.

Affine points are pairs (x, y) and rows (2, 4) of G1 or (2, 2, 4) of G2.  The identity is all zero, and since the order
of the groups is odd no other point of theirs has y = 0.  Sums of unknown length are in XYZZ form: (X, Y, ZZ, ZZZ)
stands for (X / ZZ, Y / ZZZ) with ZZ^3 = ZZZ^2, and ZZ = 0 for the identity.  Complete formulas are right for equal and
opposite points and the identity, but only for one element at a time.

Formulas: Explicit-Formulas Database, short Weierstrass with a = 0, XYZZ coordinates.  Costs are in operations of the
field of coordinates, additions not counted.
"""

import numpy as np

from zk.curves import coordinates
from zk.runtime.jit import inlined, inner, kernel


@inlined
def load(points, index):
    """Affine point `index` of an array of points."""
    return coordinates.load(points, index, 0), coordinates.load(points, index, 1)


@inlined
def store(points, index, point):
    """Writes an affine point to row `index`."""
    coordinates.store(points, index, point[0], 0)
    coordinates.store(points, index, point[1], 1)


@inner
def load_xyzz(points, index):
    """XYZZ point `index` of an array (n, 4, …)."""
    x, y = coordinates.load(points, index, 0), coordinates.load(points, index, 1)
    return x, y, coordinates.load(points, index, 2), coordinates.load(points, index, 3)


@inner
def store_xyzz(points, index, point):
    """Writes an XYZZ point to row `index`."""
    coordinates.store(points, index, point[0], 0)
    coordinates.store(points, index, point[1], 1)
    coordinates.store(points, index, point[2], 2)
    coordinates.store(points, index, point[3], 3)


@inlined
def is_identity(point):
    """Whether an affine point is the identity."""
    return coordinates.is_zero(point[1])


@inner
def identity_xyzz(like):
    """The identity in XYZZ form, over the field of the element `like`."""
    one = coordinates.one(like)
    zero = coordinates.sub(one, one)
    return one, one, zero, zero


@inner
def from_affine(point):
    """The XYZZ form of an affine point."""
    if is_identity(point):
        return identity_xyzz(point[0])
    one = coordinates.one(point[0])
    return point[0], point[1], one, one


@inlined
def denominator(left, right):
    """The number whose inverse `add_affine` needs: x2 - x1, 2 y1 to double, 1 where none is needed.  Never zero."""
    if is_identity(left) or is_identity(right):
        return coordinates.one(left[0])
    difference = coordinates.sub(right[0], left[0])
    if not coordinates.is_zero(difference):
        return difference
    if coordinates.equal(left[1], right[1]):
        return coordinates.double(left[1])
    return coordinates.one(left[0])


@inlined
def add_affine(left, right, inverse):
    """left + right in affine form, given 1 / denominator(left, right).  2 mul, 1 square (2 square to double)."""
    if is_identity(left):
        return right
    if is_identity(right):
        return left
    rise = coordinates.sub(right[1], left[1])
    if coordinates.equal(left[0], right[0]):
        if not coordinates.is_zero(rise):
            zero = coordinates.sub(rise, rise)
            return zero, zero
        square = coordinates.square(left[0])
        rise = coordinates.add(coordinates.double(square), square)
    slope = coordinates.mul(rise, inverse)
    x = coordinates.sub(coordinates.sub(coordinates.square(slope), left[0]), right[0])
    return x, coordinates.sub(coordinates.mul(slope, coordinates.sub(left[0], x)), left[1])


@inner
def double(point):
    """2 point by "dbl-2008-s-1"; the identity keeps ZZ = 0.  6 mul, 3 square."""
    u = coordinates.double(point[1])
    v = coordinates.square(u)
    w = coordinates.mul(u, v)
    s = coordinates.mul(point[0], v)
    square = coordinates.square(point[0])
    m = coordinates.add(coordinates.double(square), square)
    x = coordinates.sub(coordinates.square(m), coordinates.double(s))
    y = coordinates.sub(coordinates.mul(m, coordinates.sub(s, x)), coordinates.mul(w, point[1]))
    return x, y, coordinates.mul(v, point[2]), coordinates.mul(w, point[3])


@inlined
def _chord(x1, y1, p, r, zz, zzz):
    """The sum of points whose scaled coordinates are x1 and x1 + p, y1 and y1 + r, with p not 0.  6 mul, 2 square."""
    pp = coordinates.square(p)
    ppp = coordinates.mul(p, pp)
    q = coordinates.mul(x1, pp)
    x = coordinates.sub(coordinates.sub(coordinates.square(r), ppp), coordinates.double(q))
    y = coordinates.sub(coordinates.mul(r, coordinates.sub(q, x)), coordinates.mul(y1, ppp))
    return x, y, coordinates.mul(zz, pp), coordinates.mul(zzz, ppp)


@inlined
def _scaled(left, right):
    """The arguments of `_chord` for left + right.  6 mul."""
    x1, y1 = coordinates.mul(left[0], right[2]), coordinates.mul(left[1], right[3])
    p = coordinates.sub(coordinates.mul(right[0], left[2]), x1)
    r = coordinates.sub(coordinates.mul(right[1], left[3]), y1)
    return x1, y1, p, r, coordinates.mul(left[2], right[2]), coordinates.mul(left[3], right[3])


@inner
def add(left, right):
    """left + right by "add-2008-s", with its exceptional cases handled.  12 mul, 2 square."""
    if coordinates.is_zero(left[2]):
        return right
    if coordinates.is_zero(right[2]):
        return left
    x1, y1, p, r, zz, zzz = _scaled(left, right)
    if coordinates.is_zero(p):
        if coordinates.is_zero(r):
            return double(left)
        return identity_xyzz(left[0])
    return _chord(x1, y1, p, r, zz, zzz)


@inner
def add_incomplete(left, right):
    """left + right by "add-2008-s", for points neither equal nor opposite; else ZZ = 0.  12 mul, 2 square."""
    x1, y1, p, r, zz, zzz = _scaled(left, right)
    return _chord(x1, y1, p, r, zz, zzz)


@inner
def add_mixed_incomplete(left, x, y):
    """left + the affine point (x, y) by "madd-2008-s", for points as of `add_incomplete`.  8 mul, 2 square."""
    p = coordinates.sub(coordinates.mul(x, left[2]), left[0])
    r = coordinates.sub(coordinates.mul(y, left[3]), left[1])
    return _chord(left[0], left[1], p, r, left[2], left[3])


@inner
def to_affine(point):
    """The affine form; zeros for the identity.  1 inverse, 4 mul, 1 square."""
    i = coordinates.inverse(point[3])
    z = coordinates.mul(i, point[2])  # ZZ / ZZZ
    return coordinates.mul(point[0], coordinates.square(z)), coordinates.mul(point[1], i)


@kernel
def normalise(points: np.ndarray, result: np.ndarray) -> None:
    """result[i] = the affine form of XYZZ point i, with one inversion for all.  7 mul, 1 square for each point."""
    product = coordinates.one(coordinates.load(points, 0, 0))
    for i in range(points.shape[0]):
        coordinates.store(result, i, product, 0)
        zzz = coordinates.load(points, i, 3)
        if not coordinates.is_zero(zzz):
            product = coordinates.mul(product, zzz)
    inverse = coordinates.inverse(product)
    for i in range(points.shape[0] - 1, -1, -1):
        x, y, zz, zzz = load_xyzz(points, i)
        if coordinates.is_zero(zzz):
            store(result, i, (zzz, zzz))
        else:
            one_inverse = coordinates.mul(inverse, coordinates.load(result, i, 0))
            z = coordinates.mul(one_inverse, zz)  # ZZ / ZZZ
            store(result, i, (coordinates.mul(x, coordinates.square(z)), coordinates.mul(y, one_inverse)))
            inverse = coordinates.mul(inverse, zzz)
