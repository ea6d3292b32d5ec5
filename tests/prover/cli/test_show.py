"""How things are shown holds for whatever a stranger may have put on the board."""

from prover.cli import show


def test_a_time_beyond_the_calendar_is_shown_too():
    """Anybody may post an order that expires in the year 292 million: it must not break everybody's list."""
    assert show.time_text(2**63 - 1) == "beyond the year 9999"
    assert show.time_text(show.LAST_MS - 1).startswith("9999-12-31")
