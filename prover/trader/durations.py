"""Lengths of time as people write them: 90s, 30m, 12h, 7d."""

import re

from zk.errors import FormatError

UNITS_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
MAX_DAYS = 29  # an order's expiry is rounded up to whole ten minutes, and the board takes at most 30 days

_DURATION = re.compile(r"([1-9][0-9]{0,8})([smhd])", re.ASCII)


def parse_ms(text: str) -> int:
    """The length of time in milliseconds.  Raises FormatError when it is malformed or longer than MAX_DAYS."""
    match = _DURATION.fullmatch(text)
    if match is None or (length_ms := int(match[1]) * UNITS_MS[match[2]]) > MAX_DAYS * UNITS_MS["d"]:
        raise FormatError(f"{text[:40]!r} is not a length of time: write 90s, 30m, 12h or 7d, at most {MAX_DAYS}d")
    return length_ms
