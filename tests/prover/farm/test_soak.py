"""Two of the rounds of tests/soak/farm.py."""

import random

from tests.soak import farm


def test_whoever_is_killed_or_lies_every_job_is_proved_once_and_only_liars_are_quarantined():
    heard, _ = farm.soak(1, 2, {"worker killed": 1, "worker that lies": 1}, random.Random(), lambda line: None)
    assert heard["worker killed"] == heard["worker that lies"] == 1 and heard["jobs"] >= 80
