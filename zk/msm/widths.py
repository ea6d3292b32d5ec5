"""How wide the windows of a multi-scalar multiplication are, so that it takes the fewest additions."""

import numpy as np

from zk.msm import endomorphism, recoding, window_tables
from zk.msm.recoding import Windows

_MAX_WIDTH = 18  # bits of a window: 8 MiB of buckets in G1
_READ_FOR_ONE = 32  # digits that are read, zero as they may be, in the time of an addition


def of_scalars(levels: int, scalars: np.ndarray) -> Windows:
    """The windows used to multiply a table with this number of levels by these scalars."""
    return of_points(2 * len(scalars)) if levels == 1 else of_table(levels, nonzero(scalars), len(scalars))


def of_table(levels: int, count: int, read: int) -> Windows:
    """The windows for a table with several levels and this number of scalars that are not zero, of all that are read.

    Nearly all are zero where a witness differs little from one before.
    """
    return cheapest(window_tables.LEVEL_BITS, levels, count, recoding.SCALAR_BITS, read - count)


def of_points(count: int) -> Windows:
    """The windows for this number of scalars of half length."""
    return cheapest(endomorphism.HALF_BITS + 1, 1, count, endomorphism.HALF_BITS)


def nonzero(scalars: np.ndarray) -> int:
    """The number of scalars that are not zero; NumPy's `any` over rows of four takes ten times as long."""
    return int(np.count_nonzero(scalars[:, 0] | scalars[:, 1] | scalars[:, 2] | scalars[:, 3]))


def cheapest(level_bits: int, levels: int, count: int, bits: int, zeros: int = 0) -> Windows:
    """The windows with the fewest additions: one for each scalar and level, two for each bucket, and some for zeros."""

    def cost(sets: int) -> int:
        return sets * (levels * count + levels * zeros // _READ_FOR_ONE + (1 << -(-level_bits // sets)))

    least = -(-level_bits // _MAX_WIDTH)
    return recoding.windows(level_bits, levels, min(range(least, level_bits // 2 + 1), key=cost), bits)
