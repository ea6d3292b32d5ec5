"""Long rows of points a piece at a time, so that whoever watches hears of it and Ctrl-C is not kept waiting.

Work is counted in points of G1; one of G2 counts as three, about what it costs.
"""

from collections.abc import Iterator

import numpy as np

from zk.curves import g1
from zk.formats.ptau import Rows

COUNT = 1 << 15  # points of a piece


def work(points: np.ndarray | Rows) -> int:
    """What these points count for."""
    return len(points) * (1 if points.shape[1:] == g1.SHAPE else 3)


def pieces(points: np.ndarray | Rows, count: int = COUNT, overlap: int = 0) -> Iterator[np.ndarray]:
    """Rows 0 to count + overlap, then from row `count` on as many, and so on; the last may be shorter.

    With an overlap of 1 every two neighbours stand together in one piece.
    """
    for first in range(0, max(len(points) - overlap, 0), count):
        yield points[first : first + count + overlap]
