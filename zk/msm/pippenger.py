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

from collections.abc import Callable
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
from zk.msm import endomorphism, group_sums, recoding, weighted_sums, widths, window_tables
from zk.msm.recoding import Windows
from zk.runtime import parallel
from zk.runtime.jit import inner, kernel

Decode = Callable[[np.ndarray], list[OnePoint | None]]
Shape = tuple[int, ...]

_INLINE_BELOW = 512  # rows of points: sooner summed than handed to a thread that may be busy for milliseconds
_TASK_ADDITIONS = 1 << 15  # in a task, about: to hand over one of fewer takes a noticeable part of what it does


@inner
def _sort_into_buckets(recoded, windows, starts):
    """The entries of a set of windows, one for each level, sorted by bucket; starts[b] is where bucket b starts."""
    levels, n = windows.shape[0], recoded.shape[0]
    digits = np.empty((levels, n), np.int32)
    starts[:] = 0
    for level in range(levels):
        recoding.read(recoded, windows[level], digits[level])
        for i in range(n):
            starts[abs(digits[level, i])] += 1
    starts[0] = 0
    for bucket in range(1, starts.shape[0]):
        starts[bucket] += starts[bucket - 1]
    entries = np.empty(starts[-1], np.int32)
    places = starts.copy()
    for level in range(levels):
        for i in range(n):
            digit = digits[level, i]
            if digit != 0:
                bucket = abs(digit) - 1
                entries[places[bucket]] = 2 * (level * n + i) + (digit < 0)
                places[bucket] += 1
    return entries


@kernel
def _set_sums(
    points: np.ndarray, recoded: np.ndarray, windows: np.ndarray, largest: int, totals: np.ndarray
) -> None:
    """totals[k] = Σ digit·point in XYZZ form over set of windows k.

    With n scalars, row level·n + i of `points` is multiplied by the digit of scalar i at that level.
    """
    for k in range(windows.shape[0]):
        starts = np.empty(largest + 1, np.int64)
        entries = _sort_into_buckets(recoded, windows[k], starts)
        weierstrass.store_xyzz(totals, k, weighted_sums.weighted_sum(group_sums.sum_groups(points, entries, starts)))


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
    points: np.ndarray, recoded: np.ndarray, windows: Windows, decode: Decode[OnePoint], nonzero: int
) -> Pending[OnePoint]:
    """Starts the tasks; `points` has one row for each level and scalar, and so many scalars are not zero."""
    count, levels, _ = windows.table.shape
    totals = np.empty((count, 4, *points.shape[2:]), np.uint64)
    pending = Pending([], totals, np.ascontiguousarray(windows.table[:, 0, 0]), decode)
    if len(points) < _INLINE_BELOW:
        _set_sums(points, recoded, windows.table, windows.largest, totals)
        return pending
    step = min(count, -(-_TASK_ADDITIONS // (nonzero * levels + 2 * windows.largest)))
    for k in range(0, count, step):
        few = windows.table[k : k + step]
        pending.tasks.append(parallel.submit(_set_sums, points, recoded, few, windows.largest, totals[k : k + step]))
    return pending


def _checked(points: np.ndarray, scalars: np.ndarray, shape: Shape) -> tuple[np.ndarray, np.ndarray]:
    """Points and scalars as contiguous arrays for the kernels.  Raises ValueError when their shapes do not match."""
    fits = points.shape[1:] == (len(scalars), *shape) and scalars.shape[1:] == (4,)
    if not fits or len(points) not in (1, window_tables.LEVELS):
        raise ValueError("there must be one scalar for each point")
    points, scalars = (np.require(a, np.uint64, ["C", "W"]) for a in (points, scalars))
    return points.reshape(-1, *shape), scalars


def _start_table(table: np.ndarray, scalars: np.ndarray, shape: Shape, decode: Decode[OnePoint]) -> Pending[OnePoint]:
    if len(table) == 1:
        return _start_points(table[0], scalars, shape, decode)
    points, scalars = _checked(table, scalars, shape)
    nonzero = widths.nonzero(scalars)
    windows = widths.of_table(len(table), nonzero)
    recoded = np.empty((len(scalars), 4), np.uint64)
    if not recoding.recode(scalars, array.plain([windows.offset]), recoded):
        raise ValueError("a scalar is not below r")
    return _start(points, recoded, windows, decode, nonzero)


def _start_points(points: np.ndarray, scalars: np.ndarray, shape: Shape, decode: Decode[OnePoint]) -> Pending[OnePoint]:
    points, scalars = _checked(points[np.newaxis], scalars, shape)
    if not array.is_canonical(FR, scalars):
        raise ValueError("a scalar is not below r")
    points, folded = endomorphism.halve(points, scalars)
    windows = widths.of_points(len(folded))
    recoded = np.empty((len(folded), 4), np.uint64)
    recoding.add_offset(folded, array.plain([windows.offset]), recoded)
    return _start(points, recoded, windows, decode, len(folded))


def start_g1(table: np.ndarray, scalars: np.ndarray) -> Pending[G1Point]:
    """Starts Σ scalar·point over G1 on the pool, for (levels, n, 2, 4) from `window_tables.table`, or (1, n, 2, 4).

    Start the largest multiplication first, and those over G2 before those over G1.  Raises ValueError when the shapes
    do not match or a scalar is not below r.
    """
    return _start_table(table, scalars, g1_arrays.SHAPE, g1_arrays.decode)


def start_g2(table: np.ndarray, scalars: np.ndarray) -> Pending[G2Point]:
    """Starts Σ scalar·point over G2 on the pool, for a table (levels, n, 2, 2, 4).  Otherwise as `start_g1`."""
    return _start_table(table, scalars, g2_arrays.SHAPE, g2_arrays.decode)


def g1(points: np.ndarray, scalars: np.ndarray) -> G1Point | None:
    """Σ scalar·point over G1 for points (n, 2, 4); None for the identity.  Raises as `start_g1`."""
    return _start_points(points, scalars, g1_arrays.SHAPE, g1_arrays.decode).result()


def g2(points: np.ndarray, scalars: np.ndarray) -> G2Point | None:
    """Σ scalar·point over G2 for points (n, 2, 2, 4); None for the identity.  Raises as `start_g1`."""
    return _start_points(points, scalars, g2_arrays.SHAPE, g2_arrays.decode).result()
