"""How busy a machine is with other things than what is measured.

It is looked at in a pause, in which this process and those that it started do nothing.  The system's own figure, the
load, is an average over a minute or more, and counts what was measured just before.
"""

import time
from collections.abc import Callable
from pathlib import Path

STAT = Path("/proc/stat")
PAUSE_S = 0.5
_IDLE, _WAITING, _GUEST = 3, 4, 8
"""Columns of /proc/stat (proc_stat(5)); from the third of these on they count again what others have counted."""


def others(stat: Path = STAT, pause: Callable[[float], object] = time.sleep) -> float | None:
    """The share of all cores' time, from 0 to 1, that others took in a pause; None where the system does not tell."""
    before = _read(stat)
    pause(PAUSE_S)
    after = _read(stat)
    if before is None or after is None:
        return None
    passed = [now - then for now, then in zip(after, before, strict=True)]
    total = sum(passed)
    return 1 - (passed[_IDLE] + passed[_WAITING]) / total if total > 0 else 0.0


def _read(stat: Path) -> list[int] | None:
    """The ticks that all cores together have spent, by kind."""
    try:
        name, *ticks = stat.read_text().partition("\n")[0].split()
        return list(map(int, ticks[:_GUEST])) if name == "cpu" and len(ticks) >= _GUEST else None
    except (OSError, ValueError):
        return None
