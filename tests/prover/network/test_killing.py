"""A few of the thousand kills of tests/soak/killing.py."""

import os

import pytest

from tests.chance import drawn
from tests.soak import killing


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the services are forked")
def test_whatever_is_killed_no_bundle_is_half_there_and_none_is_lost_that_was_acknowledged():
    heard = killing.soak(8, 4, drawn(), lambda line: None)
    assert heard["kills"] == 8
