"""Long arrays of points, one batch at a time: memory stays bounded, progress is reported and Ctrl-C works in between.

The cost of work is counted in points of G1; a point of G2 costs about three.
"""

from collections.abc import Iterator

import numpy as np

from zk.curves import g1
from zk.formats.ptau import Rows

SIZE = 1 << 15  # points per batch


def cost(points: np.ndarray | Rows) -> int:
    """The cost of processing these points once."""
    return len(points) * (1 if points.shape[1:] == g1.SHAPE else 3)


def split(points: np.ndarray | Rows, size: int = 0, overlap: int = 0) -> Iterator[np.ndarray]:
    """Rows 0 to size + overlap, then size to 2·size + overlap, and so on; the last batch may be shorter.

    With an overlap of 1, every two neighbours are in one batch.  The default size is SIZE.
    """
    size = size or SIZE
    for first in range(0, max(len(points) - overlap, 0), size):
        yield points[first : first + size + overlap]
