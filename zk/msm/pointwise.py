"""Pointwise scalar multiplication in lanes: many points, each times its own scalar, as in a ceremony contribution.

With the endomorphism of zk/msm/endomorphism.py a scalar is s1 + λ s2 with |s1|, |s2| < 2^127.  An odd magnitude m has
32 odd digits in base 16 between -15 and 15: m = 2 E - (2^128 - 1) for E = (m - 1) / 2 + 2^127, so a hexadecimal digit e
of E stands for 2 e - 15.  An even magnitude is read as m + 1, and the point is subtracted once at the end.  So all
lanes do the same: 32 times four doublings and an addition from each of the tables {±1, ±3 … ±15} P and λ P.

The sum is in Jacobian form: (X, Y, Z) stands for (X / Z^2, Y / Z^3).  The table needs no inversion: on the isomorphic
curve y^2 = x^3 + b Z^6 the point (X, Y, Z) has affine coordinates (X, Y), and no formula contains b.  So 2 P is made
affine by moving to the curve of its Z, and the eight odd multiples by moving to that of the last one's Z.  The Z of the
result is multiplied by both.

No addition meets an exceptional case when points have order r.  The sum before an addition is (a + λ b) P with odd a
and b (b = 0 at the first), and it is ±d P or ±d λ P only if (a ∓ d, b) or (a, b ∓ d) is a vector of the lattice of
zk/msm/endomorphism.py; but (s1, s2) is nearer to zero than to any other lattice vector, by far more than a digit.
(Tables by z-ratios: libsecp256k1, "ecmult_impl.h".  Formulas: Explicit-Formulas Database, Jacobian, a = 0.)
"""

import numpy as np

from zk.curves import coordinates, g1, g2
from zk.fields import array, memory, views
from zk.fields.prime import FP, WORDS, P
from zk.msm import endomorphism
from zk.runtime import parallel
from zk.runtime.cpu import LANES
from zk.runtime.jit import inlined, inner, kernel
from zk.runtime.progress import Progress, silent

_DIGIT_BITS = 4
_DIGITS = 128 // _DIGIT_BITS
_MULTIPLES = 1 << (_DIGIT_BITS - 1)  # odd multiples in a table, up to sign
_X, _IMAGE_X, _Y = range(3)  # the columns of a table: x of the multiple, x of λ times it, and their common y
_CHUNK = 512  # points in a task, a multiple of LANES
_ONE_PLAIN = array.plain([1])[0]
_DIGIT_MASK = (1 << _DIGIT_BITS) - 1
_ONE, _SIGN_SHIFT, _TOP_BIT = np.uint64(1), np.uint64(63), np.uint64(1 << 63)


@inner
def _double(point):
    """2 (X, Y, Z).  3 mul, 4 square, ordered so that few wait for the one before."""
    x, y, z = point
    xx = coordinates.square(x)
    yy = coordinates.square(y)
    yz = coordinates.mul(y, z)
    m = coordinates.add(coordinates.double(xx), xx)
    s = coordinates.double(coordinates.double(coordinates.mul(x, yy)))
    mm = coordinates.square(m)
    yyyy = coordinates.square(yy)
    x3 = coordinates.sub(mm, coordinates.double(s))
    yyyy8 = coordinates.double(coordinates.double(coordinates.double(yyyy)))
    y3 = coordinates.sub(coordinates.mul(m, coordinates.sub(s, x3)), yyyy8)
    return x3, y3, coordinates.double(yz)


@inner
def _add(point, x2, y2):
    """(X, Y, Z) + (x2, y2) and its z-ratio, for points neither equal nor opposite.  8 mul, 3 square."""
    x1, y1, z = point
    zz = coordinates.square(z)
    u = coordinates.mul(x2, zz)
    zzz = coordinates.mul(zz, z)
    h = coordinates.sub(u, x1)
    hh = coordinates.square(h)
    r = coordinates.sub(coordinates.mul(y2, zzz), y1)
    v = coordinates.mul(x1, hh)
    rr = coordinates.square(r)
    hhh = coordinates.mul(h, hh)
    z3 = coordinates.mul(z, h)
    x3 = coordinates.sub(coordinates.sub(rr, hhh), coordinates.double(v))
    low = coordinates.mul(y1, hhh)
    return (x3, coordinates.sub(coordinates.mul(r, coordinates.sub(v, x3)), low), z3), h


@inner
def _fill_table(points, first, beta, scratch, table):
    """Fills the table with odd multiples of LANES points, affine on an isomorphic curve; returns the Z of that curve.

    A row of `scratch` holds x, y and the z-ratio of a multiple.
    """
    x, y = coordinates.load_lanes(points, first, 1, 0), coordinates.load_lanes(points, first, 1, 1)
    one = coordinates.one(x)
    x2, y2, z2 = _double((x, y, one))
    zz = coordinates.square(z2)
    point = coordinates.mul(x, zz), coordinates.mul(y, coordinates.mul(zz, z2)), one
    ratio = one
    for k in range(_MULTIPLES):
        if k > 0:
            point, ratio = _add(point, x2, y2)
        coordinates.spill(scratch, k, point[0], 0)
        coordinates.spill(scratch, k, point[1], 1)
        coordinates.spill(scratch, k, ratio, 2)
    factor = one
    for k in range(_MULTIPLES - 1, -1, -1):
        square = coordinates.square(factor)
        x = coordinates.canonical(coordinates.mul(coordinates.reload(scratch, k, 0), square))
        y = coordinates.mul(coordinates.reload(scratch, k, 1), coordinates.mul(square, factor))
        image = coordinates.mul(x, coordinates.load_lanes(beta, 0, 0, 0))
        coordinates.store_lanes(table, LANES * k, 1, x, _X)
        coordinates.store_lanes(table, LANES * k, 1, coordinates.canonical(image), _IMAGE_X)
        coordinates.store_lanes(table, LANES * k, 1, coordinates.canonical(y), _Y)
        factor = coordinates.mul(factor, coordinates.reload(scratch, k, 2))
    return coordinates.mul(point[2], z2)


@inner
def _table_points(table, entries, first, part):
    """The points of a table that LANES entries stand for, with x from column `part`; negated where an entry is odd."""
    x = coordinates.gather(table, entries, first, 1, part)
    y = coordinates.gather(table, entries, first, 1, _Y)
    return x, coordinates.select(views.odd_lanes(entries, first), coordinates.neg(y), y)


@inner
def _subtract_where(point, mask, x, y):
    """point - (x, y) in the lanes of the mask, point in the others."""
    less, _ = _add(point, x, coordinates.neg(y))
    x3 = coordinates.select(mask, less[0], point[0])
    return x3, coordinates.select(mask, less[1], point[1]), coordinates.select(mask, less[2], point[2])


@inner
def _double_and_add(table, entries, first):
    """The sum for _DIGITS pairs of LANES entries from `first` on.  Even halves are not corrected."""
    x, y = _table_points(table, entries, first, _X)
    point = x, y, coordinates.one(x)
    for i in range(_DIGITS):
        if i > 0:
            for _ in range(_DIGIT_BITS):
                point = _double(point)
            x, y = _table_points(table, entries, first, _X)
            point, _ = _add(point, x, y)
        x, y = _table_points(table, entries, first + LANES, _IMAGE_X)
        point, _ = _add(point, x, y)
        first += 2 * LANES
    return point


@inner
def _multiply_views(points, entries, evens, beta, result, table, scratch):
    """`_multiply`, given a table for LANES points and scratch, which must outlive the views taken here."""
    points, table, scratch = views.borrow(points), views.borrow(table), views.borrow(scratch)
    entries, beta, result = views.borrow(entries), views.borrow(beta), views.borrow(result)
    each = 2 * LANES * (_DIGITS + 1)
    for i in range(evens.shape[0]):
        common = _fill_table(points, i * LANES, beta, scratch, table)
        point = _double_and_add(table, entries, i * each)
        last = (i + 1) * each - 2 * LANES
        x, y = _table_points(table, entries, last, _X)
        point = _subtract_where(point, evens[i, 0], x, y)
        x, y = _table_points(table, entries, last + LANES, _IMAGE_X)
        point = _subtract_where(point, evens[i, 1], x, y)
        coordinates.store_lanes(result, i * LANES, 1, coordinates.canonical(point[0]), 0)
        coordinates.store_lanes(result, i * LANES, 1, coordinates.canonical(point[1]), 1)
        coordinates.store_lanes(result, i * LANES, 1, coordinates.canonical(coordinates.mul(point[2], common)), 2)


@kernel
def _multiply(
    points: np.ndarray, entries: np.ndarray, evens: np.ndarray, beta: np.ndarray, result: np.ndarray
) -> None:
    """result[i] = scalar·points[i] in Jacobian form, for a multiple of LANES points and the output of `_recode`."""
    table = np.empty((LANES * _MULTIPLES, 3) + points.shape[2:], np.uint64)
    scratch = np.empty((_MULTIPLES, 3) + points.shape[2:-1] + (memory.SCRATCH_WORDS,), np.uint64)
    _multiply_views(points, entries, evens, beta, result, table, scratch)


@inner
def _normalise_views(points, result, before):
    """`_normalise`, given room for the product before each step, which must outlive the view taken here."""
    steps = points.shape[0] // LANES
    points, before, result = views.borrow(points), views.borrow(before), views.borrow(result)
    product = coordinates.one(coordinates.load_lanes(points, 0, 1, 0))
    for i in range(steps):
        coordinates.spill(before, i, product, 0)
        product = coordinates.mul(product, coordinates.load_lanes(points, i * LANES, 1, 2))
    product = coordinates.inverse(product)
    for i in range(steps - 1, -1, -1):
        inverse = coordinates.mul(product, coordinates.reload(before, i, 0))
        product = coordinates.mul(product, coordinates.load_lanes(points, i * LANES, 1, 2))
        square = coordinates.square(inverse)
        x = coordinates.mul(coordinates.load_lanes(points, i * LANES, 1, 0), square)
        y = coordinates.mul(coordinates.load_lanes(points, i * LANES, 1, 1), coordinates.mul(square, inverse))
        coordinates.store_lanes(result, i * LANES, 1, coordinates.canonical(x), 0)
        coordinates.store_lanes(result, i * LANES, 1, coordinates.canonical(y), 1)


@kernel
def _normalise(points: np.ndarray, result: np.ndarray) -> None:
    """result[i] = the affine form of Jacobian point i, none the identity, with one inversion for all."""
    before = np.empty((points.shape[0] // LANES, 1) + points.shape[2:-1] + (memory.SCRATCH_WORDS,), np.uint64)
    _normalise_views(points, result, before)


@inlined
def _entry(digit, sign, lane):
    """The entry for digit e of E: 2 e - 15 times the lane's point, negated when the sign is 1."""
    if digit < _MULTIPLES:
        return 2 * (LANES * (_MULTIPLES - 1 - digit) + lane) + (1 - sign)
    return 2 * (LANES * (digit - _MULTIPLES) + lane) + sign


@kernel
def _recode(halves: np.ndarray, entries: np.ndarray, evens: np.ndarray) -> None:
    """entries and evens = the input of `_multiply`, from the halves of scalars that `endomorphism.split` returns.

    An entry is twice a place in the table, plus 1 to negate the point.  `evens` is uint8 (n / LANES, 2): masks of the
    lanes whose halves are even.
    """
    count = halves.shape[0] >> 1
    evens[:] = 0
    for i in range(count):
        step, lane = i // LANES, i % LANES
        for h in range(2):
            row = halves[h * count + i]
            sign = np.int64(row[3] >> _SIGN_SHIFT)
            low, high = row[0] >> _ONE | row[1] << _SIGN_SHIFT, row[1] >> _ONE | _TOP_BIT
            place = (step * (_DIGITS + 1) * 2 + h) * LANES + lane
            for shift in range(64 - _DIGIT_BITS, -1, -_DIGIT_BITS):
                entries[place] = _entry(np.int64(high >> np.uint64(shift)) & _DIGIT_MASK, sign, lane)
                place += 2 * LANES
            for shift in range(64 - _DIGIT_BITS, -1, -_DIGIT_BITS):
                entries[place] = _entry(np.int64(low >> np.uint64(shift)) & _DIGIT_MASK, sign, lane)
                place += 2 * LANES
            entries[place] = 2 * lane + sign
            evens[step, h] |= np.uint8(1 - np.int64(row[0] & _ONE)) << np.uint8(lane)


def _entries(scalars: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The entries and the masks of even halves for a multiple of LANES scalars."""
    steps = len(scalars) // LANES
    entries = np.empty(2 * len(scalars) * (_DIGITS + 1), np.int32)
    evens = np.empty((steps, 2), np.uint8)
    _recode(endomorphism.split(scalars), entries, evens)
    return entries, evens


def _multiply_chunk(points: np.ndarray, scalars: np.ndarray, beta: np.ndarray, generator: np.ndarray) -> np.ndarray:
    """scalar·point for one task, any number of points."""
    count = len(points)
    room = count + -count % LANES
    is_zero = ~(points.reshape(count, -1).any(axis=1) & scalars.any(axis=1))
    padded, factors = np.empty((room, *points.shape[1:]), np.uint64), np.empty((room, WORDS), np.uint64)
    padded[:count], factors[:count] = points, scalars
    padded[count:], factors[count:] = generator, _ONE_PLAIN
    padded[:count][is_zero], factors[:count][is_zero] = generator, _ONE_PLAIN
    products = np.empty((len(padded), 3, *points.shape[2:]), np.uint64)
    _multiply(padded, *_entries(factors), beta, products)
    result = np.empty_like(padded)
    _normalise(products, result)
    result[:count][is_zero] = 0
    return result[:count]


def multiply(points: np.ndarray, scalars: np.ndarray, progress: Progress = silent) -> np.ndarray:
    """scalars[i]·points[i] for affine points (n, 2, 4) of G1 or (n, 2, 2, 4) of G2 and (n, 4) plain words below r.

    The points must be in the subgroup of order r: outside it the result is undefined.  `progress` counts the points
    done.  Not to be called from a pool task.
    """
    if len(points) != len(scalars):
        raise ValueError("there must be as many scalars as points")
    is_g1 = points.ndim == 3
    generator = (g1.GENERATOR if is_g1 else g2.GENERATOR)[0]
    beta = array.encode(FP, [endomorphism.BETA, 0] if is_g1 else [endomorphism.BETA**2 % P, 0, 0, 0])
    beta = beta.reshape(1, *points.shape[1:])
    result, done = np.empty_like(points), 0
    starts = range(0, len(points), _CHUNK)

    def multiply_chunk(first: int) -> None:
        part = slice(first, first + _CHUNK)
        result[part] = _multiply_chunk(points[part], scalars[part], beta, generator)

    for first in range(0, len(starts), 8 * parallel.threads()):
        batch = starts[first : first + 8 * parallel.threads()]
        if len(starts) == 1:  # sooner done than handed to a thread that may be busy
            multiply_chunk(batch[0])
        else:
            parallel.map(multiply_chunk, batch)
        done = min(len(points), batch[-1] + _CHUNK)
        progress(done, len(points))
    return result
