"""A few of the races of tests/soak/races.py: two services over one ledger, and one account that all clients spend."""

import os
import tempfile
from pathlib import Path

import pytest

from tests.soak import races
from tests.soak.nursery import Nursery


@pytest.fixture(scope="module")
def births():
    with tempfile.TemporaryDirectory() as logs, Nursery(Path(logs) / "log") as started:
        yield started


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the services are forked")
def test_of_thirty_two_clients_of_two_services_exactly_one_wins_and_all_others_are_refused(where, births):
    assert len(races.races(where, 2, births)) == 2
