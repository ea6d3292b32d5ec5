"""How long an order is good, in the words of its owner."""

import pytest

from prover.trader import lifetimes
from prover.trader.lifetimes import Life
from tests.prover.trader.payer import HOUR_MS
from zk.errors import FormatError

DAY_MS = 24 * HOUR_MS
NOW = 1_800_000_000_000  # 2027-01-15 08:00 UTC


def test_until_is_a_time_that_is_never_passed_or_a_length_of_time_or_until_it_is_cancelled():
    assert lifetimes.read("1h", None, NOW) == Life(NOW + HOUR_MS)
    assert lifetimes.read("1h", "12h", NOW) == Life(NOW + 12 * HOUR_MS)
    assert lifetimes.read("1h", "cancelled", NOW) == Life(NOW + 7 * DAY_MS, is_kept=True)
    said = "2027-01-15 09:19:59"
    assert lifetimes.read("1h", said, NOW) == Life(NOW + HOUR_MS + 10 * 60_000, said)
    for text, why in (("2027-01-15 08:09", "none is between now and"), ("2027-01-14", "none is between"),
                      ("2027-03-01", "say --until cancelled"), ("soon", "not a length of time"), ("30d", "at most 29d"),
                      ("2027", "is not a time")):  # fmt: skip
        with pytest.raises(FormatError, match=why):
            lifetimes.read("1h", text, NOW)
