"""Σ scalar·point on Baby Jubjub in one kernel: all points share the doublings, and each adds its own odd digits.

Every scalar becomes digits d_i, zero or odd with |d_i| < 16, at most one in five of them not zero (its width-5 NAF), so
a point needs its multiples by 1, 3, … 15.  Then from the top position down

    total = 2 total + Σ_j d_i(j)·point_j

For scalars of 251 bits that is 251 doublings for all and, for each point, 8 additions for its multiples and some 42 for
its digits.  Buckets (zk/msm/pippenger.py) save nothing below several hundred points.

Baby Jubjub is a x^2 + y^2 = 1 + d x^2 y^2.  With k^2 = -a the kernels work on (k x, y), which is on

    -x^2 + y^2 = 1 + e x^2 y^2        e = -d / a

where -1 is a square and e is none, so the formulas hold for all points.  A point is (X, Y, Z, T) for (X / Z, Y / Z)
with T Z = X Y; one to be added is *ready* as (Y - X, Y + X, 2 Z, 2 e T).

Sources: Hisil, Wong, Carter, Dawson, "Twisted Edwards Curves Revisited" (2008), sections 3.1 and 3.3; Möller,
"Algorithms for multi-exponentiation" (2001), for the interleaving.
"""

from collections.abc import Sequence

import numpy as np
from gmpy2 import invert, mpz

from zk.curves import babyjubjub
from zk.curves.babyjubjub import Point
from zk.fields import array, fr, memory
from zk.fields.prime import FR, MONTGOMERY, WORDS, R
from zk.fields.words import words
from zk.runtime.jit import inner, kernel

MAX_POINTS = 4096  # whose multiples take 4 MiB

_BITS = 256
_WIDTH = 5
_MULTIPLES = 1 << _WIDTH - 2
_PARTS = 4
_ONE, _WORD_BITS = np.uint64(1), np.uint64(64)
_MASK = np.uint64((1 << _WIDTH) - 1)


def _montgomery(value: int) -> tuple[np.uint64, ...]:
    return words(value * MONTGOMERY % R)


def _root() -> int:
    root = babyjubjub.square_root(mpz(-babyjubjub.A % R))
    assert root is not None, "-a is a square, as -1 and a are"
    return int(root)


_SCALE, _UNSCALE = _montgomery(_root()), _montgomery(int(invert(_root(), R)))
_TWO_E = _montgomery(-2 * babyjubjub.D * int(invert(babyjubjub.A, R)))


@inner
def double(point):
    """2 point, by "dbl-2008-hwcd" for a = -1.  8 mul, 7 add."""
    a, b, z = fr.square(point[0]), fr.square(point[1]), fr.square(point[2])
    sum_of_squares = fr.add(a, b)
    e = fr.sub(fr.square(fr.add(point[0], point[1])), sum_of_squares)
    g = fr.sub(b, a)
    f, h = fr.sub(g, fr.double(z)), fr.neg(sum_of_squares)
    return fr.mul(e, f), fr.mul(g, h), fr.mul(f, g), fr.mul(e, h)


@inner
def add(point, ready):
    """point + ready, by "add-2008-hwcd-3", for any two.  8 mul, 6 add."""
    a, b = fr.mul(fr.sub(point[1], point[0]), ready[0]), fr.mul(fr.add(point[1], point[0]), ready[1])
    c, d = fr.mul(point[3], ready[3]), fr.mul(point[2], ready[2])
    e, f, g, h = fr.sub(b, a), fr.sub(d, c), fr.add(d, c), fr.add(b, a)
    return fr.mul(e, f), fr.mul(g, h), fr.mul(f, g), fr.mul(e, h)


@inner
def make_ready(point):
    """A point made ready to be added.  1 mul, 3 add."""
    two_e_t = fr.mul(point[3], fr.constant(_TWO_E, point[3]))
    return fr.sub(point[1], point[0]), fr.add(point[1], point[0]), fr.double(point[2]), two_e_t


@inner
def scaled(x, y):
    """A point of Baby Jubjub as one of the curve of the kernels.  2 mul."""
    x = fr.mul(x, fr.constant(_SCALE, x))
    return x, y, fr.one(x), fr.mul(x, y)


@inner
def unscaled(point):
    """(x, y) on Baby Jubjub.  1 inverse, 3 mul."""
    inverse = fr.inverse(point[2])
    x = fr.mul(fr.mul(point[0], inverse), fr.constant(_UNSCALE, inverse))
    return x, fr.mul(point[1], inverse)


@inner
def _load(table, row):
    """The ready point of a row."""
    minus, plus = memory.load(table, row, 0), memory.load(table, row, 1)
    return minus, plus, memory.load(table, row, 2), memory.load(table, row, 3)


@inner
def _store(table, row, ready):
    """Writes a ready point."""
    memory.store(table, row, ready[0], 0)
    memory.store(table, row, ready[1], 1)
    memory.store(table, row, ready[2], 2)
    memory.store(table, row, ready[3], 3)


@inner
def _fill(table, first, x, y):
    """table[first + m] = (2 m + 1)·(x, y), ready.  One doubling, 7 additions, 11 mul."""
    point = scaled(x, y)
    twice = make_ready(double(point))
    for m in range(_MULTIPLES):
        _store(table, first + m, make_ready(point))
        point = add(point, twice)


@inner
def _bits(scalar, first):
    """The _WIDTH bits of a scalar from position `first` on; those above the last are 0."""
    word, shift = first >> 6, np.uint64(first & 63)
    bits = scalar[word] >> shift
    if shift + np.uint64(_WIDTH) > _WORD_BITS and word + 1 < WORDS:
        bits |= scalar[word + 1] << (_WORD_BITS - shift)
    return bits & _MASK


@inner
def _recode(scalar, digits, column):
    """digits[i, column] = d_i, where the scalar, below 2^255, is Σ d_i 2^i.  Returns the highest such i, or -1."""
    position, carry, top = 0, np.uint64(0), -1
    while position < _BITS:
        bits = _bits(scalar, position)
        if bits & _ONE == carry:
            position += 1
        else:
            bits += carry
            carry = bits >> np.uint64(_WIDTH - 1)
            digits[position, column] = np.int64(bits) - (np.int64(carry) << _WIDTH)
            top = position
            position += _WIDTH
    return top


@kernel
def _sum(points: np.ndarray, scalars: np.ndarray, result: np.ndarray) -> None:
    """result = Σ scalars[j]·points[j] as (x, y), for scalars (n, 4) of plain words below 2^255."""
    n = points.shape[0]
    digits, table = np.zeros((_BITS, n), np.int8), np.empty((_MULTIPLES * n, _PARTS * WORDS), np.uint64)
    top = -1
    for j in range(n):
        top = max(top, _recode(scalars[j], digits, j))
        _fill(table, _MULTIPLES * j, memory.load(points, j, 0), memory.load(points, j, 1))
    total = fr.ZERO, fr.ONE, fr.ONE, fr.ZERO
    for i in range(top, -1, -1):
        total = double(total)
        for j in range(n):
            digit = np.int64(digits[i, j])
            if digit > 0:
                total = add(total, _load(table, _MULTIPLES * j + (digit >> 1)))
            elif digit < 0:
                minus, plus, z, t = _load(table, _MULTIPLES * j + (-digit >> 1))
                total = add(total, (plus, minus, z, fr.neg(t)))
    x, y = unscaled(total)
    memory.store(result, 0, x, 0)
    memory.store(result, 0, y, 1)


def sum_of_multiples(points: Sequence[Point], scalars: Sequence[int]) -> Point:
    """Σ scalar·point for points of the curve, in canonical coordinates, and scalars in [0, 2^255).

    At most MAX_POINTS of them.  A term takes about 13 us for a scalar of 251 bits and 10 for one of 128, and the whole
    60 us more.  Not constant-time.
    """
    return sum_of_rows(array.encode(FR, (coordinate for point in points for coordinate in point)), scalars)


def sum_of_rows(coordinates: np.ndarray, scalars: Sequence[int]) -> Point:
    """As sum_of_multiples, for points whose coordinates are rows (2 n, 4) of Montgomery words, below the modulus."""
    assert len(scalars) <= MAX_POINTS, "too many points"
    result = np.empty((1, 2, WORDS), np.uint64)
    _sum(coordinates.reshape(-1, 2, WORDS), array.plain(scalars), result)
    x, y = array.decode(FR, result[0])
    return x, y
