"""The clock of every program here; settlement takes the time as an argument."""

import time
from datetime import UTC, datetime

LAST_MS = int(datetime.max.replace(tzinfo=UTC).timestamp()) * 1000
"""The end of Python's calendar."""


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def text(time_ms: int) -> str:
    """A time in UTC, to the second."""
    if not 0 <= time_ms < LAST_MS:
        return "beyond the year 9999"
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
