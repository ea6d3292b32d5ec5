"""Multi-scalar multiplication Σ scalar·point over G1 and G2, by Pippenger's buckets.

Scalars become signed digits.  For each window the points are sorted into buckets by the magnitude of their digit, the
buckets are summed by pairwise affine additions, and Σ magnitude·bucket takes two additions for each bucket.  Windows
do not depend on each other: each is a task for a thread.  A zero digit costs nothing, so zero scalars are free and
short ones, of either sign, nearly so.

Points are arrays (n, 2, 4) for G1 and (n, 2, 2, 4) for G2 of Montgomery words, the identity all zero; scalars are
(n, 4) plain words below r.  Source: Pippenger 1976; Bernstein, Doumen, Lange, Oosterwijk, "Faster batch forgery
identification" (2012), section 4, for the buckets.
"""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np

from zk import digits, parallel
from zk.curves import g1 as g1_arrays
from zk.curves import g2 as g2_arrays
from zk.curves import sums, weierstrass
from zk.curves.bn254 import G1Point, G2Point
from zk.fields import array
from zk.fields.prime import FR
from zk.jit import inner, kernel

_WINDOW_BITS = range(2, 17)
# What an addition of two affine points and a bucket of the running sum cost, in units of 10 ns in G1; the ratio is
# much the same in G2.
_ADDITION_COST = 14
_BUCKET_COST = 36
_WHOLE_BELOW = 512  # points; a smaller multiplication is one task


@inner
def _sort(recoded, window, bits, count, starts):
    """The entries of one window in order of bucket, by counting; `starts` gets where each bucket begins."""
    n = recoded.shape[0]
    found = np.empty(n, np.int64)
    starts[:] = 0
    for i in range(n):
        found[i] = digits.digit(recoded, i, window, bits, count)
        if found[i] != 0:
            starts[abs(found[i])] += 1
    for bucket in range(1, starts.shape[0]):
        starts[bucket] += starts[bucket - 1]
    entries = np.empty(starts[-1], np.int32)
    places = starts.copy()
    for i in range(n):
        if found[i] != 0:
            bucket = abs(found[i]) - 1
            entries[places[bucket]] = 2 * i + (found[i] < 0)
            places[bucket] += 1
    return entries


@inner
def _weighted_sum(buckets):
    """Σ (i + 1)·buckets[i] in XYZZ form, as the sum of the sums of buckets[i:].  2 additions for each bucket."""
    running = weierstrass.identity_xyzz(weierstrass.load(buckets, 0)[0])
    total = running
    for i in range(buckets.shape[0] - 1, -1, -1):
        point = weierstrass.load(buckets, i)
        if not weierstrass.is_identity(point):
            running = weierstrass.add(running, weierstrass.from_affine(point))
        total = weierstrass.add(total, running)
    return total


@kernel
def _window_sums(points, recoded, first, bits, magnitudes, count, totals):
    """totals[i] = Σ digit·point in XYZZ form over window first + i, for every row of `totals`."""
    for i in range(totals.shape[0]):
        starts = np.empty(magnitudes[first + i] + 1, np.int64)
        entries = _sort(recoded, first + i, bits, count, starts)
        weierstrass.store_xyzz(totals, i, _weighted_sum(sums.of_groups(points, entries, starts)))


@kernel
def _combine(totals, bits, result):
    """result[0] = Σ 2^(bits·i)·totals[i] as an affine point."""
    total = weierstrass.load_xyzz(totals, totals.shape[0] - 1)
    for i in range(totals.shape[0] - 2, -1, -1):
        for _ in range(bits):
            total = weierstrass.double(total)
        total = weierstrass.add(total, weierstrass.load_xyzz(totals, i))
    weierstrass.store(result, 0, weierstrass.to_affine(total))


@dataclass(frozen=True)
class Pending:
    """A multiplication under way: its tasks, whose results `totals` gets, and how to read the point."""

    tasks: list[Future]
    totals: np.ndarray
    bits: int
    decode: Callable[[np.ndarray], list]

    def result(self) -> G1Point | G2Point | None:
        """The sum, None when it is the identity.  Waits for the tasks: not to be called from a task of the pool."""
        for task in self.tasks:
            task.result()
        point = np.empty((1, 2, *self.totals.shape[2:]), np.uint64)
        _combine(self.totals, self.bits, point)
        return self.decode(point)[0]


def _window_bits(count: int) -> int:
    """The width for which additions and running sums together cost least."""
    return min(
        _WINDOW_BITS,
        key=lambda bits: digits.windows(bits) * count * _ADDITION_COST + sum(digits.magnitudes(bits)) * _BUCKET_COST,
    )


def _start(points: np.ndarray, scalars: np.ndarray, shape: tuple, decode: Callable) -> Pending:
    if points.shape != (len(scalars), *shape) or scalars.shape[1:] != (4,):
        raise ValueError("one scalar for each point is needed")
    if not array.is_canonical(FR, scalars):
        raise ValueError("a scalar is not below r")
    points, scalars = (np.require(a, np.uint64, ["C", "W"]) for a in (points, scalars))
    bits = _window_bits(int(np.count_nonzero(scalars.any(axis=1))))
    count = digits.windows(bits)
    recoded = np.empty((len(scalars), 4), np.uint64)
    digits.recode(scalars, array.plain([digits.offset(bits)]), recoded)
    magnitudes = np.array(digits.magnitudes(bits))
    totals = np.empty((count, 4, *shape[1:]), np.uint64)
    step = count if len(points) < _WHOLE_BELOW else 1
    tasks = [
        parallel.submit(_window_sums, points, recoded, i, bits, magnitudes, count, totals[i : i + step])
        for i in range(0, count, step)
    ]
    return Pending(tasks, totals, bits, decode)


def start_g1(points: np.ndarray, scalars: np.ndarray) -> Pending:
    """Begin Σ scalar·point over G1 on the pool.

    Start the largest multiplication first, and those over G2 before those over G1.  Raises ValueError when the shapes
    do not match or a scalar is not below r.
    """
    return _start(points, scalars, g1_arrays.SHAPE, g1_arrays.decode)


def start_g2(points: np.ndarray, scalars: np.ndarray) -> Pending:
    """Begin Σ scalar·point over G2 on the pool; as `start_g1`."""
    return _start(points, scalars, g2_arrays.SHAPE, g2_arrays.decode)


def g1(points: np.ndarray, scalars: np.ndarray) -> G1Point | None:
    """Σ scalar·point over G1; None when it is the identity."""
    return start_g1(points, scalars).result()


def g2(points: np.ndarray, scalars: np.ndarray) -> G2Point | None:
    """Σ scalar·point over G2; None when it is the identity."""
    return start_g2(points, scalars).result()
