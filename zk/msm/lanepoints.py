"""Points in lanes: a row holds one point for each lane, as the arithmetic left it (zk/fields/memory.py: spill, reload).

An entry 2 i + s stands for point i of an array, negated when s = 1.
"""

import numpy as np

from zk.curves import coordinates
from zk.fields import memory, views
from zk.runtime import cpu
from zk.runtime.jit import inlined, inner

LANES = cpu.LANES
ALL_LANES = (1 << LANES) - 1


@inner
def make(points, count):
    """Room for `count` rows of points of the group of these."""
    return np.empty((count, 2) + points.shape[2:-1] + (memory.SCRATCH_WORDS,), np.uint64)


@inlined
def gather(points, entries, first):
    """The points that LANES entries from `first` on stand for, with y at most p."""
    x, y = coordinates.gather(points, entries, first, 1, 0), coordinates.gather(points, entries, first, 1, 1)
    return x, coordinates.select(views.odd_lanes(entries, first), coordinates.neg_small(y), y)


@inlined
def request(points, entries, first):
    """Requests the points that LANES entries from `first` on stand for, for the cache."""
    for k in range(first, first + LANES):
        views.prefetch(points, views.item(entries, k) >> 1)


@inlined
def reload(rows, place):
    """The points in a row."""
    return coordinates.reload(rows, place, 0), coordinates.reload(rows, place, 1)


@inlined
def spill(rows, place, point):
    """Writes points to a row."""
    coordinates.spill(rows, place, point[0], 0)
    coordinates.spill(rows, place, point[1], 1)


@inner
def copy(points, entries, first, rows, place):
    """rows[place] = the points that LANES entries from `first` on stand for."""
    spill(rows, place, gather(points, entries, first))


@inner
def scatter(rows, place, points, targets, first):
    """points[targets[first]], points[targets[first + 1]], … = the points in a row."""
    x, y = reload(rows, place)
    coordinates.scatter(points, targets, first, coordinates.canonical(x), 0)
    coordinates.scatter(points, targets, first, coordinates.canonical(y), 1)
