"""A minute of two desks: a small share of `python -m tests.soak.desks`."""

from tests.simulation.desks import day
from tests.simulation.desks.day import Plan


def test_a_dealer_and_a_holder_trade_for_a_minute_and_have_what_the_book_says():
    counts = day.run(Plan(desks=2, minutes=1, crashes=1, pause_ms=2_000, seed=1, roles="DH")).counts
    assert counts["trades by quote"] and counts["orders and lots placed"] and counts["crashes"]
    assert counts["wallets restored"] == 2 and counts["holders who took all out"] == 1
    assert counts["events that passed the audit"] > counts["bundles"]
