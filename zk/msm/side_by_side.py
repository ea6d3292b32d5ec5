"""Σ scalar·point on Baby Jubjub with a sum in each lane: eight points are added at once where the CPU has lanes.

Lane k sums the points k, k + LANES, … and all points share the doublings, of which there is one for each bit and eight
lanes.  Scalars are in windows of 4 bits, with 0 a digit like any other: the formulas hold for the identity too.  So a
scalar of 251 bits costs 15 additions for its multiples and 63 for its digits.  Points after the last one that has a
digit are left out; so where longer scalars come first, one of 128 bits costs 32 for its digits.

Formulas and their curve: zk/msm/interleaved.py, which does the same for one point at a time.
"""

from collections.abc import Sequence

import numpy as np

from zk.curves.babyjubjub import IDENTITY, Point
from zk.fields import array, conversion, fr, memory
from zk.fields.prime import FR, WORDS
from zk.msm import interleaved
from zk.runtime.cpu import LANES
from zk.runtime.jit import inner, kernel

_WINDOW = 4
_MULTIPLES = 1 << _WINDOW
_DIGITS = 256 // _WINDOW
_PARTS = 4
_IDENTITY_ROWS = array.encode(FR, IDENTITY).reshape(1, 2, WORDS)


@inner
def _store(table, first, step, point):
    """Writes the point of each lane to the rows first, first + step, …"""
    memory.store_lanes(table, first, step, point[0], 0)
    memory.store_lanes(table, first, step, point[1], 1)
    memory.store_lanes(table, first, step, point[2], 2)
    memory.store_lanes(table, first, step, point[3], 3)


@inner
def _load(rows, index):
    """The point of one row."""
    x, y = memory.load(rows, index, 0), memory.load(rows, index, 1)
    return x, y, memory.load(rows, index, 2), memory.load(rows, index, 3)


@inner
def _gather(table, places, first):
    """The ready points of the rows places[first], places[first + 1], …, one in each lane."""
    minus, plus = memory.gather(table, places, first, 0, 0), memory.gather(table, places, first, 0, 1)
    return minus, plus, memory.gather(table, places, first, 0, 2), memory.gather(table, places, first, 0, 3)


@inner
def _identity(like):
    """The identity in every lane."""
    one = fr.one(like)
    zero = fr.sub(one, one)
    return zero, one, one, zero


@inner
def _fill(table, first, x, y):
    """table[first + m] = m·(x, y), ready, in every lane.  15 additions."""
    point, multiple = interleaved.make_ready(interleaved.scaled(x, y)), _identity(x)
    for m in range(_MULTIPLES):
        _store(table, first + m, _MULTIPLES, interleaved.make_ready(multiple))
        multiple = interleaved.add(multiple, point)


@kernel
def _sum(points: np.ndarray, places: np.ndarray, used: np.ndarray, result: np.ndarray) -> None:
    """result = Σ scalars[j]·points[j] as (x, y), for a multiple of LANES points.

    places[i, j] is the row of the multiple of point j by its i-th digit from the top, and used[i] how many points, a
    multiple of LANES, have other digits than 0 there.
    """
    n = points.shape[0]
    table = np.empty((_MULTIPLES * n, _PARTS * WORDS), np.uint64)
    for j in range(0, n, LANES):
        _fill(table, _MULTIPLES * j, memory.load_lanes(points, j, 1, 0), memory.load_lanes(points, j, 1, 1))
    total = _identity(memory.load_lanes(points, 0, 1))
    for i in range(places.shape[0]):
        for _ in range(_WINDOW):
            total = interleaved.double(total)
        for j in range(0, used[i], LANES):
            total = interleaved.add(total, _gather(table, places[i], j))
    lanes = np.empty((LANES, _PARTS * WORDS), np.uint64)
    x, y, z, t = total
    _store(lanes, 0, 1, (fr.canonical(x), fr.canonical(y), fr.canonical(z), fr.canonical(t)))
    whole = _load(lanes, 0)
    for k in range(1, LANES):
        whole = interleaved.add(whole, interleaved.make_ready(_load(lanes, k)))
    x, y = interleaved.unscaled(whole)
    memory.store(result, 0, x, 0)
    memory.store(result, 0, y, 1)


def sum_of_multiples(points: Sequence[Point], scalars: Sequence[int]) -> Point:
    """Σ scalar·point for points of the curve, in canonical coordinates, and scalars in [0, 2^255).

    At most interleaved.MAX_POINTS of them.  A term takes some 4 us for a scalar of 251 bits and 2 us for one of 128,
    and the whole 130 us more, where the CPU has lanes and long scalars come first; elsewhere points come one at a time.
    Not constant-time.
    """
    coordinates = array.plain(coordinate for point in points for coordinate in point)
    return sum_of_rows(conversion.from_plain(FR, coordinates), scalars)


def sum_of_rows(coordinates: np.ndarray, scalars: Sequence[int]) -> Point:
    """As sum_of_multiples, for points whose coordinates are rows (2 n, 4) of Montgomery words, below the modulus."""
    if LANES == 1:
        return interleaved.sum_of_rows(coordinates, scalars)
    return _in_lanes(coordinates, scalars)


def _in_lanes(coordinates: np.ndarray, scalars: Sequence[int]) -> Point:
    """The same with a sum in each lane, whether there is one or eight."""
    assert len(scalars) <= interleaved.MAX_POINTS, "too many points"
    missing = -len(scalars) % LANES or (0 if scalars else LANES)
    rows = np.concatenate([coordinates.reshape(-1, 2, WORDS), *[_IDENTITY_ROWS] * missing])
    digits = _digits([*scalars, *[0] * missing])
    top = int(np.argmax(digits.any(axis=1))) if digits.any() else _DIGITS
    digits = digits[top:]
    used = len(rows) - np.argmax(digits[:, ::-1] != 0, axis=1)
    used += -used % LANES
    places = np.arange(len(rows)) * _MULTIPLES + digits
    result = np.empty((1, 2, WORDS), np.uint64)
    _sum(rows, np.ascontiguousarray(places), used, result)
    x, y = array.decode(FR, result[0])
    return x, y


def _digits(scalars: Sequence[int]) -> np.ndarray:
    """(64, n): the digits of each scalar from the top down."""
    packed = np.frombuffer(b"".join(scalar.to_bytes(32, "big") for scalar in scalars), np.uint8).reshape(-1, 32)
    return np.stack((packed >> _WINDOW, packed & _MULTIPLES - 1), axis=2).reshape(-1, _DIGITS).T
