"""Times that people write."""

import pytest

from prover.machine import clock
from zk.errors import FormatError


def test_a_time_is_read_in_utc_and_shown_again():
    assert clock.parse("2026-11-22") == 1_795_305_600_000
    assert clock.parse("2026-11-22 14:30") == clock.parse("2026-11-22") + (14 * 60 + 30) * 60_000
    assert clock.text(clock.parse("2026-11-22 14:30:05")) == "2026-11-22 14:30:05 UTC"


@pytest.mark.parametrize("text", ["", "today", "22.11.2026", "2026-13-01", "1969-12-31", "2026-11-22 25:00"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(FormatError, match="is not a time"):
        clock.parse(text)
