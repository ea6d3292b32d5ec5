"""Lengths of time are read exactly or refused."""

import pytest

from prover.trader import durations
from zk.errors import FormatError


@pytest.mark.parametrize("text, expected_ms", [
    ("1s", 1_000), ("90s", 90_000), ("30m", 1_800_000), ("12h", 43_200_000), ("7d", 604_800_000),
    ("29d", 29 * 86_400_000), ("2505600s", 29 * 86_400_000),
])  # fmt: skip
def test_a_length_of_time_is_read_in_milliseconds(text, expected_ms):
    assert durations.parse_ms(text) == expected_ms


@pytest.mark.parametrize(
    "text",
    ["", "1", "s", "0s", "01h", "1 h", "1H", "-1h", "1.5h", "1w", "1h ", "٣h", "30d", "2505601s", "9" * 10 + "s"],
)
def test_anything_else_is_refused(text):
    with pytest.raises(FormatError, match="is not a length of time: write 90s, 30m, 12h or 7d, at most 29d"):
        durations.parse_ms(text)
