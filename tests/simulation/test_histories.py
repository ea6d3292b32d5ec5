"""Histories with restarts, kills, full disks, clock jumps and two processes, in short.

Of a ledger in tests/simulation/histories.py, of two wallets in tests/simulation/commands.py.

`python -m tests.soak.histories --minutes 30` is the long run.
"""

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.simulation import histories
from tests.simulation.children import NEVER, Kill
from tests.simulation.commands import Commands
from tests.simulation.histories import History
from tests.simulation.lies import TRUTH

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the histories fork")

SHORT = settings(max_examples=4, stateful_step_count=20, suppress_health_check=list(HealthCheck))

TestHistory, TestCommands = History.TestCase, Commands.TestCase
TestHistory.settings = TestCommands.settings = SHORT


def test_processes_that_send_what_has_settled_are_told_its_place_again(monkeypatch):
    monkeypatch.setattr(histories, "event", lambda text: None)
    history = History()
    try:
        history.three_accounts()
        sent = history.act(who=0, payee=0, asset=0, amount=1, lie=TRUTH, kind="payment", way="one")
        history.race(one=sent, other=sent)
        history.submit(sent, Kill(NEVER))
        history.what_was_acknowledged_is_there_and_what_was_refused_is_not()
    finally:
        history.teardown()
