"""Timing: the first run by itself, because it may compile, page in and fill tables; then the runs that follow, warm."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from prover.machine import progress


@dataclass(frozen=True)
class Timing:
    """How long something took, in seconds: the first time in this process, and each time after."""

    name: str
    size: str
    first_s: float
    runs_s: tuple[float, ...]

    @property
    def median_s(self) -> float:
        """The median of the warm runs."""
        return median(self.runs_s)

    def divided(self, name: str, count: int) -> "Timing":
        """The same runs, told per one of `count` things that each of them did."""
        return Timing(name, self.size, self.first_s / count, tuple(run / count for run in self.runs_s))

    def to_json(self) -> dict[str, object]:
        """As JSON values."""
        return {
            "name": self.name,
            "size": self.size,
            "first_s": round(self.first_s, 9),
            "min_s": round(min(self.runs_s), 9),
            "median_s": round(self.median_s, 9),
            "max_s": round(max(self.runs_s), 9),
            "runs": len(self.runs_s),
        }


def measure(name: str, size: str, work: Callable[[], object], runs: int) -> Timing:
    """Times `work` once and then `runs` times more."""
    with progress.task(f"Measuring {name}", total=runs + 1) as task:
        first, *rest = (_timed(work, task) for _ in range(runs + 1))
    return Timing(name, size, first, tuple(rest))


def _timed(work: Callable[[], object], task: progress.Task) -> float:
    started = time.perf_counter()
    work()
    took_s = time.perf_counter() - started
    task.advance()
    return took_s
