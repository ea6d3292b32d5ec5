"""How wide the windows of a multi-scalar multiplication are, so that it takes the fewest additions."""

import numpy as np

from zk.msm import endomorphism, recoding, window_tables
from zk.msm.recoding import Windows

_MAX_WIDTH = 18  # bits of a window: 8 MiB of buckets in G1


def of_scalars(levels: int, scalars: np.ndarray) -> Windows:
    """The windows used to multiply a table with this number of levels by these scalars."""
    return of_points(2 * len(scalars)) if levels == 1 else of_table(levels, nonzero(scalars))


def of_table(levels: int, count: int) -> Windows:
    """The windows for a table with several levels and this number of scalars that are not zero."""
    return cheapest(window_tables.LEVEL_BITS, levels, count, recoding.SCALAR_BITS)


def of_points(count: int) -> Windows:
    """The windows for this number of scalars of half length."""
    return cheapest(endomorphism.HALF_BITS + 1, 1, count, endomorphism.HALF_BITS)


def nonzero(scalars: np.ndarray) -> int:
    """The number of scalars that are not zero; NumPy's `any` over rows of four takes ten times as long."""
    return int(np.count_nonzero(scalars[:, 0] | scalars[:, 1] | scalars[:, 2] | scalars[:, 3]))


def cheapest(level_bits: int, levels: int, count: int, bits: int) -> Windows:
    """The windows with the fewest additions: one for each scalar and level, and two for each bucket."""

    def cost(sets: int) -> int:
        return sets * (levels * count + (1 << -(-level_bits // sets)))

    least = -(-level_bits // _MAX_WIDTH)
    return recoding.windows(level_bits, levels, min(range(least, level_bits // 2 + 1), key=cost), bits)
