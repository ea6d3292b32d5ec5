"""One of the promotions of tests/soak/standby.py."""

import os

import pytest

from tests.chance import drawn
from tests.soak import standby


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the services are forked")
def test_a_promoted_standby_has_every_bundle_that_was_acknowledged():
    heard = standby.soak(1, drawn())
    assert heard["promoted"] == 1 and heard["acknowledged"]
