"""Long rows of points a piece at a time, so that whoever watches hears of it and Ctrl-C is not kept waiting.

Work is counted in points of G1; one of G2 counts as three, about what it costs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from zk.curves import g1
from zk.formats.ptau import Rows

Progress = Callable[[int, int], None]  # work done so far, work in all

COUNT = 1 << 15  # points of a piece


def nobody(done: int, total: int) -> None:
    """The progress that nobody watches."""


@dataclass
class Steps:
    """Work under way: `add` tells the watcher how much more is done."""

    total: int
    progress: Progress = nobody
    done: int = field(default=0, init=False)

    def add(self, work: int) -> None:
        """So much more is done."""
        self.done += work
        self.progress(self.done, self.total)

    def part(self, work: int) -> Progress:
        """The progress of a piece of work that counts for so much."""
        before = self.done

        def reach(done: int, total: int) -> None:
            self.add(before + work * done // total - self.done)

        return reach


def work(points: np.ndarray | Rows) -> int:
    """What these points count for."""
    return len(points) * (1 if points.shape[1:] == g1.SHAPE else 3)


def pieces(points: np.ndarray | Rows, count: int = COUNT, overlap: int = 0) -> Iterator[np.ndarray]:
    """Rows 0 to count + overlap, then from row `count` on as many, and so on; the last may be shorter.

    With an overlap of 1 every two neighbours stand together in one piece.
    """
    for first in range(0, max(len(points) - overlap, 0), count):
        yield points[first : first + count + overlap]
