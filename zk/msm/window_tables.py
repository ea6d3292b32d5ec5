"""Tables of multiples of fixed bases, such as the points of a proving key.

Level l of a table holds 2^(64 l)·P_i, for l = 0 to 3, as an array (4, n, …).  So Σ s_i P_i becomes a sum of 4n products
with 64-bit scalars, which needs a quarter of the bucket sets and a quarter of the doublings between them.  The table is
four times as large as the points: 256 bytes for each of G1, 512 for each of G2.

Four levels trade memory for time.  In G1 with uniform scalars, least of seven runs on one thread of a Zen 5, 2, 4, 8
and 16 levels took 19, 20, 23 and 20 ms for 2^14 points, and 60, 60, 54 and 51 ms for 2^16.  The endomorphism, which
needs no table, took 21 and 68.
"""

import numpy as np

from zk.curves import coordinates, weierstrass
from zk.runtime import cpu, parallel
from zk.runtime.jit import kernel

LEVELS = 4
LEVEL_BITS = 64

_CHUNK = 512  # points in a task
_LINE = 64  # bytes of the cache


@kernel
def _double_repeatedly(points: np.ndarray, count: int, doubled: np.ndarray) -> None:
    """doubled[i] = 2^count·points[i] in XYZZ form, for a multiple of LANES points."""
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
    """2^LEVEL_BITS times each point, for a multiple of LANES points."""
    doubled = np.empty((len(points), 4, *points.shape[2:]), np.uint64)
    _double_repeatedly(points, LEVEL_BITS, doubled)
    result = np.empty_like(points)
    weierstrass.normalise(doubled, result)
    return result


def _aligned(shape: tuple[int, ...]) -> np.ndarray:
    """An array that begins on a cache line, so that a point in G1 takes one line and a point in G2 two."""
    words = int(np.prod(shape))
    whole = np.empty(words + _LINE // 8, np.uint64)
    begin = -whole.ctypes.data % _LINE // 8
    return whole[begin : begin + words].reshape(shape)


def table(points: np.ndarray) -> np.ndarray:
    """(LEVELS, n, …): the points, (n, 2, 4) of G1 or (n, 2, 2, 4) of G2, and their multiples by 2^64, 2^128, 2^192."""
    padding = -len(points) % cpu.LANES
    padded = np.concatenate((points, np.zeros((padding, *points.shape[1:]), np.uint64)))

    result = _aligned((LEVELS, *points.shape))

    def fill(first: int) -> None:
        rows, part = np.ascontiguousarray(padded[first : first + _CHUNK]), result[:, first : first + _CHUNK]
        for level in range(LEVELS):
            rows = _next_level(rows) if level else rows
            part[level] = rows[: part.shape[1]]

    parallel.map(fill, range(0, len(padded), _CHUNK))
    return result
