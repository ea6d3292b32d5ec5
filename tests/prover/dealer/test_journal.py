"""The journal has every line that was written, whatever happened to the process, and only its owner reads it."""

import json
import os
import stat

import pytest

from prover.cli.trader import desk_show_run
from prover.dealer import journal as journals
from prover.dealer.journal import Journal, Line
from zk.errors import FormatError

NOW_MS = 1_800_000_000_123


def test_people_read_the_numbers_of_a_line_that_say_something_to_them():
    line = Line(NOW_MS, "topped up", "it is short", {"amount": "5 USDC", "height": 1, "sells": True, "bundle": "ab"})
    assert desk_show_run.text(line).endswith("topped up     it is short; amount 5 USDC; height 1")


def test_a_line_says_when_what_why_and_its_numbers(tmp_path):
    journal = Journal(tmp_path / "deep" / "j")
    journal.write(NOW_MS, "placed", "because “so”", quote="bid", height=3, orders=["a", "b"])
    journal.close()
    (line,) = journals.read(tmp_path / "deep" / "j")
    assert line == Line(NOW_MS, "placed", "because “so”", {"quote": "bid", "height": 3, "orders": ["a", "b"]})
    text = json.loads((tmp_path / "deep" / "j").read_text())
    assert text["time"] == "2027-01-15 08:00:00.123 UTC"
    assert stat.S_IMODE(os.stat(tmp_path / "deep" / "j").st_mode) == 0o600


def test_a_line_that_a_crash_cut_off_is_skipped_and_the_next_one_is_whole(tmp_path):
    path = tmp_path / "j"
    first = Journal(path)
    first.write(NOW_MS, "placed", "one")
    first.close()
    with path.open("ab") as file:
        file.write(b'{"time": "2027-01-15 08:0')
    again = Journal(path)
    again.write(NOW_MS, "placed", "two")
    again.close()
    assert [line.why for line in journals.read(path)] == ["one", "two"]


def test_lines_are_read_since_a_time(tmp_path):
    journal = Journal(tmp_path / "j")
    for number in range(4):
        journal.write(NOW_MS + number, "placed", str(number))
    assert [line.why for line in journals.read(tmp_path / "j", NOW_MS + 2)] == ["2", "3"]


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"ms": 1, "event": "x"}', '{"ms": true, "event": "x", "why": ""}', "\x00"]
)
def test_what_is_no_line_is_skipped(tmp_path, text):
    (tmp_path / "j").write_text(text + "\n")
    assert list(journals.read(tmp_path / "j")) == []


def test_a_journal_that_has_grown_large_is_kept_under_a_number(tmp_path, monkeypatch):
    monkeypatch.setattr(journals, "MAX_BYTES", 300)
    journal = Journal(tmp_path / "j")
    for number in range(6):
        journal.write(NOW_MS, "placed", f"line {number}" + "." * 50)
    journal.close()
    parts = [tmp_path / name for name in ("j.1", "j.2", "j")]
    assert [line.why[:6] for part in parts for line in journals.read(part)] == [f"line {n}" for n in range(6)]
    assert all(part.stat().st_size <= 300 for part in parts)


def test_a_folder_is_no_journal(tmp_path):
    with pytest.raises(FormatError, match="is not a file"):
        Journal(tmp_path)
    with pytest.raises(FormatError, match="cannot be read"):
        list(journals.read(tmp_path / "none"))
