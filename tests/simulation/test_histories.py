"""Histories with restarts, kills, full disks, clock jumps and two processes (tests/simulation/histories.py), in short.

`python -m tests.soak.histories --minutes 30` is the long run.
"""

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.simulation.histories import History

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the histories fork")

TestHistory = History.TestCase
TestHistory.settings = settings(
    max_examples=5, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
