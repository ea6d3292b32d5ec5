"""What `zksettle bench desk` measures."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Round:
    """When each stage of a round ended, in seconds after it began."""

    ends_s: tuple[float, ...]

    @property
    def total_s(self) -> float:
        """From the request to the settlement."""
        return self.ends_s[-1]

    def stage_s(self, number: int) -> float:
        """How long a stage took."""
        return self.ends_s[number] - (self.ends_s[number - 1] if number else 0.0)


ALONE = "alone"


@dataclass
class Found:
    """What was measured over one carrier.  The first round of each kind is apart.

    `arrived_s` has how long honest orders took, ALONE and beside each kind of junk; infinite for one that was lost.
    """

    carrier: str
    load: float
    rounds: dict[str, tuple[Round, list[Round]]] = field(default_factory=dict)
    refreshed: int = 0
    refresh_s: float = 0.0
    arrived_s: dict[str, list[float]] = field(default_factory=dict)
    junk_per_s: dict[str, float] = field(default_factory=dict)
    junk_taken: int = 0
    placed_s: float = 0.0
    synced: int = 0
    sync_s: float = 0.0
    sync_cpu_s: float = 0.0


def quantile_s(times_s: Sequence[float], percent: int) -> float:
    """The time in which so many per cent were done, to the next whole one."""
    ordered = sorted(times_s)
    return ordered[-(-percent * len(ordered) // 100) - 1]
