"""Histories with restarts, kills, full disks, clock jumps and two processes, in short.

Of a ledger in tests/simulation/histories.py, of two wallets in tests/simulation/commands.py.

`python -m tests.soak.histories --minutes 30` is the long run.
"""

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.simulation.commands import Commands
from tests.simulation.histories import History

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the histories fork")

SHORT = settings(max_examples=4, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))

TestHistory, TestCommands = History.TestCase, Commands.TestCase
TestHistory.settings = TestCommands.settings = SHORT
