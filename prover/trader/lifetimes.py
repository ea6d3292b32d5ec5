"""How long an order is good: for a length of time, until a time, or until it is cancelled.

An order's expiry is under its signature and at most 30 days away, so "until it is cancelled" is KEPT at a time: the
wallet places it anew on the same account before it expires, while somebody runs `order keep` or a desk.
"""

from dataclasses import dataclass

from prover.machine import clock
from prover.trader import durations, plan
from zk.errors import FormatError

CANCELLED = "cancelled"
KEPT = "7d"


@dataclass(frozen=True)
class Life:
    """When an order expires, the words that asked for a time, if any did, and whether it is kept until cancelled."""

    expiry_ms: int
    until: str | None = None
    is_kept: bool = False


def read(expires: str, until: str | None, now_ms: int) -> Life:
    """The life that was asked for: `until` is a time in UTC, a length of time, or CANCELLED, and goes before `expires`.

    An order is never good for longer than the time that was said: its expiry is rounded down to whole ten minutes.
    Raises FormatError for other words, for a time that is past, too near or too far.
    """
    if until is None:
        return Life(now_ms + durations.parse_ms(expires))
    if until == CANCELLED:
        return Life(now_ms + durations.parse_ms(KEPT), is_kept=True)
    if until[-1:].isalpha():
        return Life(now_ms + durations.parse_ms(until))
    time_ms = clock.parse(until)
    expiry_ms = time_ms // plan.EXPIRY_STEP_MS * plan.EXPIRY_STEP_MS
    if expiry_ms <= now_ms:
        raise FormatError(f"an order expires at whole ten minutes: none is between now and {clock.text(time_ms)}")
    if expiry_ms > now_ms + durations.MAX_DAYS * durations.UNITS_MS["d"]:
        raise FormatError(f"{clock.text(time_ms)} is more than {durations.MAX_DAYS} days away: say --until {CANCELLED}")
    return Life(expiry_ms, until)
