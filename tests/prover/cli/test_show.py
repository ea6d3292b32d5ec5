"""How things are shown holds for whatever a stranger may have put on the board."""

import pytest

from prover.cli.frame import paths, screen
from prover.machine import clock


def test_a_time_beyond_the_calendar_is_shown_too():
    """Anybody may post an order that expires in the year 292 million: it must not break everybody's list."""
    assert clock.text(2**63 - 1) == "beyond the year 9999"
    assert clock.text(clock.LAST_MS - 1).startswith("9999-12-31")


def test_a_cell_of_two_lines_stays_in_its_column(capsys):
    screen.Screen(is_json=False).table(("account", ">balances", "orders"), [("1", "10 USDC\n1 ETH", "2")])
    assert capsys.readouterr().out.splitlines() == [
        "account  balances  orders",
        "1         10 USDC  2",
        "            1 ETH",
    ]


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    target = tmp_path / "proof.json"
    paths.write_text(target, "old\n")
    assert target.stat().st_mode & 0o777 == 0o644
    monkeypatch.setattr("os.fsync", lambda handle: (_ for _ in ()).throw(OSError("the disk is full")))
    with pytest.raises(OSError):
        paths.write_text(target, "new\n")
    assert target.read_text() == "old\n" and list(tmp_path.iterdir()) == [target]
