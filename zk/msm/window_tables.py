"""Tables of multiples of the points that are multiplied again and again: those of a proving key.

A table of points P_i has the levels 2^(64 l)·P_i for l = 0 to 3, as an array (4, n, …): so Σ s_i P_i is a sum of 4n
products with scalars of 64 bits, for which a quarter of the bucket sets is enough and the doublings between them are a
quarter.  The table has four times the size of the points: 256 bytes for each of G1, 512 for each of G2.

Four levels are a choice of memory against time.  In G1 with uniform scalars, least of seven on one thread of a Zen 5,
2, 4, 8 and 16 levels took 19, 20, 23 and 20 ms for 2^14 points, and 60, 60, 54 and 51 ms for 2^16; the endomorphism,
which needs no table, took 21 and 68.
"""

import numpy as np

from zk.curves import coordinates, weierstrass
from zk.runtime import cpu, parallel
from zk.runtime.jit import kernel

LEVELS = 4
LEVEL_BITS = 64

_CHUNK = 512  # points a task


@kernel
def _double_repeatedly(points, count, doubled):
    """doubled[i] = 2^count·points[i] in XYZZ form; the number of points is a multiple of the lanes."""
    for first in range(0, points.shape[0], cpu.LANES):
        x = coordinates.load_lanes(points, first, 1, 0)
        y = coordinates.load_lanes(points, first, 1, 1)
        one = coordinates.one(x)
        point = x, y, one, one
        for _ in range(count):
            point = weierstrass.double(point)
        for k in range(4):
            coordinates.store_lanes(doubled, first, 1, coordinates.canonical(point[k]), k)


def _next_level(points: np.ndarray) -> np.ndarray:
    """2^LEVEL_BITS times each point, padded with identities to a multiple of the lanes."""
    doubled = np.empty((len(points), 4, *points.shape[2:]), np.uint64)
    _double_repeatedly(points, LEVEL_BITS, doubled)
    result = np.empty_like(points)
    weierstrass.normalise(doubled, result)
    return result


def table(points: np.ndarray) -> np.ndarray:
    """(LEVELS, n, …): the points, (n, 2, 4) of G1 or (n, 2, 2, 4) of G2, and their multiples by 2^64, 2^128, 2^192."""
    padding = -len(points) % cpu.LANES
    padded = np.concatenate((points, np.zeros((padding, *points.shape[1:]), np.uint64)))

    def levels(first: int) -> list[np.ndarray]:
        found = [np.ascontiguousarray(padded[first : first + _CHUNK])]
        while len(found) < LEVELS:
            found.append(_next_level(found[-1]))
        return found

    chunks = parallel.map(levels, range(0, len(padded), _CHUNK))
    made = [np.concatenate([padded[:0], *(chunk[level] for chunk in chunks)])[: len(points)] for level in range(LEVELS)]
    return np.stack(made)
