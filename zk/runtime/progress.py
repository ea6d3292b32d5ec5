"""Progress reports of long work: the work calls `progress(done, total)`, with whole numbers in a unit of its own."""

from collections.abc import Callable
from dataclasses import dataclass, field

Progress = Callable[[int, int], None]  # the work done so far, and all of it


def silent(done: int, total: int) -> None:
    """Reports nothing: the default."""


@dataclass
class Steps:
    """One total that several pieces of work report into."""

    total: int
    progress: Progress = silent
    done: int = field(default=0, init=False)

    def add(self, work: int) -> None:
        """Reports this much more work as done."""
        self.done += work
        self.progress(self.done, self.total)

    def part(self, work: int) -> Progress:
        """The progress of a piece that accounts for `work` of the total, whatever unit the piece counts in."""
        before = self.done

        def report(done: int, total: int) -> None:
            self.add(before + work * done // total - self.done)

        return report
