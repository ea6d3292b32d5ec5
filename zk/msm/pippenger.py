"""Multi-scalar multiplication Σ scalar·point over G1 and G2 by Pippenger's bucket method.

Scalars become signed digits (zk/msm/recoding.py).  For each set of windows the points are sorted into buckets by the
magnitude of their digit.  Batch-affine additions sum each bucket (zk/msm/batch_affine.py), and Σ magnitude·bucket takes
about two more such additions for each bucket (zk/msm/weighted_sums.py).  Sets are independent of each other: each is a
task for a thread.  A zero digit costs nothing, so zero scalars are free, and 1, -1 and short scalars of either sign
nearly so.

Scalars are cut into levels.  For fixed bases a table holds a multiple of each point for each level
(zk/msm/window_tables.py).  For other points the endomorphism gives one more multiple at once (zk/msm/endomorphism.py),
so that their scalars have half the length.

Points are arrays (n, 2, 4) for G1 and (n, 2, 2, 4) for G2 of Montgomery words, zeros for the identity.  Scalars are
(n, 4) plain words below r.

Sources: Pippenger 1976; Bernstein, Doumen, Lange, Oosterwijk, "Faster batch forgery identification" (2012), section 4,
for the buckets; Brickell, Gordon, McCurley, Wilson (1992) for the levels.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic

import numpy as np

from zk.curves import g1 as g1_arrays
from zk.curves import g2 as g2_arrays
from zk.curves import weierstrass
from zk.curves.bn254 import G1Point, G2Point, OnePoint
from zk.fields import array
from zk.fields.prime import FR
from zk.fields.words import ONE_WORD
from zk.msm import endomorphism, group_sums, pieces, recoding, weighted_sums, widths, window_tables
from zk.msm.recoding import Windows
from zk.runtime import parallel
from zk.runtime.jit import inner, kernel

Decode = Callable[[np.ndarray], list[OnePoint | None]]
Shape = tuple[int, ...]

_INLINE_BELOW = 512  # rows of points: sooner summed than handed to a thread that may be busy for milliseconds
_TASK_ADDITIONS = 1 << 15  # in a task, about: to hand over one of fewer takes a noticeable part of what it does
_BIT = np.uint32(1)


@inner
def _place(recoded, windows, largest):
    """The entries of a set of windows, one for each level, placed by bucket, and their layout."""
    levels, n = windows.shape[0], recoded.shape[1]
    digits, sizes = np.empty((levels, n), np.uint32), np.zeros(largest + 1, np.int64)
    for level in range(levels):
        row = digits[level]
        recoding.read(recoded, windows[level], row)
        for i in range(n):
            sizes[np.uint64(row[i] >> _BIT)] += 1
    layout = pieces.cut(sizes[1:])
    # Indices without a sign: of others Numba asks whether they are negative, and half of the time would go there.
    placed, next_places, apart = np.zeros(layout.size, np.int32), layout.begins, np.uint32(layout.apart)
    for level in range(levels):
        row, first = digits[level], np.uint32(2 * level * n)
        for i in range(n):
            digit = row[i]
            if digit > _BIT:
                bucket = np.uint64(digit >> _BIT) - ONE_WORD
                place = next_places[bucket]
                placed[np.uint64(place)] = first + np.uint32(2 * i) | digit & _BIT
                next_places[bucket] = pieces.following(place, apart)
    pieces.finish(placed, layout)
    return placed, layout


@inner
def _store_sum(buckets, totals, k):
    """totals[k] = Σ (i + 1)·buckets[i] in XYZZ form."""
    weierstrass.store_xyzz(totals, k, weighted_sums.weighted_sum(buckets))


@kernel
def _set_sums(
    points: np.ndarray, recoded: np.ndarray, windows: np.ndarray, largest: int, totals: np.ndarray
) -> None:
    """totals[k] = Σ digit·point in XYZZ form over set of windows k.

    With n scalars, row level·n + i of `points` is multiplied by the digit of scalar i at that level.
    """
    for k in range(windows.shape[0]):
        placed, layout = _place(recoded, windows[k], largest)
        _store_sum(group_sums.sum_placed(points, placed, layout), totals, k)


@kernel
def _set_sums_of_both(
    points: np.ndarray, others: np.ndarray, recoded: np.ndarray, windows: np.ndarray, largest: int,
    totals: np.ndarray, totals_of_others: np.ndarray,
) -> None:  # fmt: skip
    """As `_set_sums`, for points of two groups and the same scalars, whose digits are placed once."""
    for k in range(windows.shape[0]):
        placed, layout = _place(recoded, windows[k], largest)
        _store_sum(group_sums.sum_placed(points, placed, layout), totals, k)
        _store_sum(group_sums.sum_placed(others, placed, layout), totals_of_others, k)


@kernel
def _combine(totals: np.ndarray, positions: np.ndarray, result: np.ndarray) -> None:
    """result[0] = Σ 2^positions[k]·totals[k] in XYZZ form."""
    total = weierstrass.load_xyzz(totals, totals.shape[0] - 1)
    for k in range(totals.shape[0] - 2, -1, -1):
        for _ in range(positions[k + 1] - positions[k]):
            total = weierstrass.double(total)
        total = weierstrass.add(total, weierstrass.load_xyzz(totals, k))
    weierstrass.store_xyzz(result, 0, total)


@dataclass(frozen=True)
class Pending(Generic[OnePoint]):
    """A multiplication in progress: its tasks, which write to `totals`, and the decoder of its result."""

    tasks: list[Future]
    totals: np.ndarray
    positions: np.ndarray
    decode: Callable[[np.ndarray], list[OnePoint | None]]

    def xyzz(self) -> np.ndarray:
        """The sum in XYZZ form, (1, 4, …) words.  Waits for the tasks, so not to be called from a pool task."""
        for task in self.tasks:
            task.result()
        point = np.empty((1, *self.totals.shape[1:]), np.uint64)
        _combine(self.totals, self.positions, point)
        return point

    def result(self) -> OnePoint | None:
        """The sum; None for the identity.  Waits as `xyzz`."""
        point = np.empty((1, 2, *self.totals.shape[2:]), np.uint64)
        weierstrass.normalise(self.xyzz(), point)
        return self.decode(point)[0]


def _start(
    points: Sequence[np.ndarray], recoded: np.ndarray, windows: Windows, nonzero: int
) -> tuple[list[Future], list[np.ndarray]]:
    """The tasks, started, and for each of one or two arrays of points the totals that they write.

    The arrays have one row for each level and scalar, and so many scalars are not zero.
    """
    count, levels, _ = windows.table.shape
    totals = [np.empty((count, 4, *rows.shape[2:]), np.uint64) for rows in points]

    def sums(first: int, end: int) -> None:
        few, parts = windows.table[first:end], [each[first:end] for each in totals]
        if len(points) == 1:
            _set_sums(points[0], recoded, few, windows.largest, parts[0])
        else:
            _set_sums_of_both(points[0], points[1], recoded, few, windows.largest, parts[0], parts[1])

    if len(points[0]) < _INLINE_BELOW:
        sums(0, count)
        return [], totals
    step = min(count, -(-_TASK_ADDITIONS // (nonzero * levels + 2 * windows.largest)))
    return [parallel.submit(sums, k, min(k + step, count)) for k in range(0, count, step)], totals


def _pending(tasks: list[Future], totals: np.ndarray, windows: Windows, decode: Decode[OnePoint]) -> Pending[OnePoint]:
    return Pending(tasks, totals, np.ascontiguousarray(windows.table[:, 0, 0]), decode)


def _checked(points: np.ndarray, scalars: np.ndarray, shape: Shape) -> tuple[np.ndarray, np.ndarray]:
    """Points and scalars as contiguous arrays for the kernels.  Raises ValueError when their shapes do not match."""
    fits = points.shape[1:] == (len(scalars), *shape) and scalars.shape[1:] == (4,)
    if not fits or len(points) not in (1, window_tables.LEVELS):
        raise ValueError("there must be one scalar for each point")
    points, scalars = (np.require(a, np.uint64, ["C", "W"]) for a in (points, scalars))
    return points.reshape(-1, *shape), scalars


def _recoded(levels: int, scalars: np.ndarray) -> tuple[np.ndarray, Windows, int]:
    """The scalars recoded for a table with several levels, their windows, and how many are not zero."""
    nonzero = widths.nonzero(scalars)
    windows = widths.of_table(levels, nonzero, len(scalars))
    recoded = np.empty((4, len(scalars)), np.uint64)
    if not recoding.recode(scalars, array.plain([windows.offset]), recoded):
        raise ValueError("a scalar is not below r")
    return recoded, windows, nonzero


def _start_table(table: np.ndarray, scalars: np.ndarray, shape: Shape, decode: Decode[OnePoint]) -> Pending[OnePoint]:
    if len(table) == 1:
        return _start_points(table[0], scalars, shape, decode)
    points, scalars = _checked(table, scalars, shape)
    recoded, windows, nonzero = _recoded(len(table), scalars)
    tasks, (totals,) = _start([points], recoded, windows, nonzero)
    return _pending(tasks, totals, windows, decode)


def _start_points(points: np.ndarray, scalars: np.ndarray, shape: Shape, decode: Decode[OnePoint]) -> Pending[OnePoint]:
    points, scalars = _checked(points[np.newaxis], scalars, shape)
    if not array.is_canonical(FR, scalars):
        raise ValueError("a scalar is not below r")
    points, folded = endomorphism.halve(points, scalars)
    windows = widths.of_points(len(folded))
    recoded = np.empty((4, len(folded)), np.uint64)
    recoding.add_offset(folded, array.plain([windows.offset]), recoded)
    tasks, (totals,) = _start([points], recoded, windows, len(folded))
    return _pending(tasks, totals, windows, decode)


def start_g1(table: np.ndarray, scalars: np.ndarray) -> Pending[G1Point]:
    """Starts Σ scalar·point over G1 on the pool, for (levels, n, 2, 4) from `window_tables.table`, or (1, n, 2, 4).

    Start the largest multiplication first, and those over G2 before those over G1.  Raises ValueError when the shapes
    do not match or a scalar is not below r.
    """
    return _start_table(table, scalars, g1_arrays.SHAPE, g1_arrays.decode)


def start_g2(table: np.ndarray, scalars: np.ndarray) -> Pending[G2Point]:
    """Starts Σ scalar·point over G2 on the pool, for a table (levels, n, 2, 2, 4).  Otherwise as `start_g1`."""
    return _start_table(table, scalars, g2_arrays.SHAPE, g2_arrays.decode)


def start_both(
    table_g2: np.ndarray, table_g1: np.ndarray, scalars: np.ndarray
) -> tuple[Pending[G2Point], Pending[G1Point]]:
    """Starts Σ scalar·point over both groups, with the same scalars, whose digits are placed once.  As `start_g1`."""
    if len(table_g2) == 1 or len(table_g1) != len(table_g2):
        return start_g2(table_g2, scalars), start_g1(table_g1, scalars)
    (points_g2, scalars), (points_g1, _) = (
        _checked(table, scalars, shape)
        for table, shape in ((table_g2, g2_arrays.SHAPE), (table_g1, g1_arrays.SHAPE))
    )  # fmt: skip
    recoded, windows, nonzero = _recoded(len(table_g2), scalars)
    tasks, (totals_g2, totals_g1) = _start([points_g2, points_g1], recoded, windows, nonzero)
    return _pending(tasks, totals_g2, windows, g2_arrays.decode), _pending(tasks, totals_g1, windows, g1_arrays.decode)


def g1(points: np.ndarray, scalars: np.ndarray) -> G1Point | None:
    """Σ scalar·point over G1 for points (n, 2, 4); None for the identity.  Raises as `start_g1`."""
    return _start_points(points, scalars, g1_arrays.SHAPE, g1_arrays.decode).result()


def g2(points: np.ndarray, scalars: np.ndarray) -> G2Point | None:
    """Σ scalar·point over G2 for points (n, 2, 2, 4); None for the identity.  Raises as `start_g1`."""
    return _start_points(points, scalars, g2_arrays.SHAPE, g2_arrays.decode).result()
