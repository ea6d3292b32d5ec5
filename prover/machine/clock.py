"""The clock of every program here; settlement takes the time as an argument."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from zk.errors import FormatError

LAST_MS = int(datetime.max.replace(tzinfo=UTC).timestamp()) * 1000
"""The end of Python's calendar."""


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def running(now_ms: int) -> Callable[[], int]:
    """A clock that shows `now_ms` when this is called, and runs on from there."""
    start_ns = time.monotonic_ns()
    return lambda: now_ms + (time.monotonic_ns() - start_ns) // 1_000_000


def text(time_ms: int) -> str:
    """A time in UTC, to the second."""
    if not 0 <= time_ms < LAST_MS:
        return "beyond the year 9999"
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def parse(text: str) -> int:
    """The milliseconds since 1970 of a time in UTC: "2026-11-22", "2026-11-22 14:30" or "2026-11-22 14:30:05".

    Raises FormatError for any other text.
    """
    for form in ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"):
        with suppress(ValueError):
            time_ms = int(datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()) * 1000
            if time_ms >= 0:
                return time_ms
    raise FormatError(f"{text[:40]!r} is not a time: write it in UTC, as 2026-11-22 or 2026-11-22 14:30")
