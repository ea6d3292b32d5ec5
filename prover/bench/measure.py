"""Timing: the first run alone, because it may compile, page in and fill tables; then the warm runs that follow."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from prover.bench import distributions
from prover.machine import tasks
from zk.runtime import parallel


@dataclass(frozen=True)
class Timing:
    """The duration of some work in seconds: of the first run in this process, and of each warm run.

    Each run processed `items` things (points, elements, proofs) on a pool of `threads`.  `case` names what was proved
    in a benchmark of several.  `meters` has what else was read at each warm run, by name (prover/bench/meters.py).
    """

    name: str
    size: str
    items: int
    threads: int
    first_s: float
    runs_s: tuple[float, ...]
    case: str = ""
    meters: Mapping[str, tuple[float | None, ...]] = field(default_factory=dict)

    @property
    def min_s(self) -> float:
        """The fastest warm run: the time of the work when nothing disturbs it."""
        return min(self.runs_s)

    @property
    def each_s(self) -> float:
        """The time for each item in the fastest warm run."""
        return self.min_s / self.items

    def to_json(self) -> dict[str, object]:
        """As JSON values."""
        return {
            "name": self.name,
            **({"case": self.case} if self.case else {}),
            "size": self.size,
            "items": self.items,
            "threads": self.threads,
            "first_s": round(self.first_s, 9),
            "min_s": round(self.min_s, 9),
            **distributions.summary(self.runs_s),
            "each_s": round(self.each_s, 13),
            "runs": len(self.runs_s),
            "runs_s": [round(run, 9) for run in self.runs_s],
            **({"meters": {name: list(values) for name, values in self.meters.items()}} if self.meters else {}),
        }


def measure(name: str, size: str, work: Callable[[], object], runs: int, items: int = 1) -> Timing:
    """Times `work`, which processes `items` things, once and then `runs` times more."""
    with tasks.task(f"Measuring {name}", total=runs + 1) as task:
        first, *rest = (_timed(work, task) for _ in range(runs + 1))
    return Timing(name, size, items, parallel.threads(), first, tuple(rest))


def _timed(work: Callable[[], object], task: tasks.Task) -> float:
    started = time.perf_counter()
    work()
    took_s = time.perf_counter() - started
    task.advance()
    return took_s


def thread_counts() -> list[int]:
    """One thread, and as many as the pool has, without repetition."""
    return sorted({1, parallel.threads()})
