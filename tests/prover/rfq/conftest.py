"""A world of desks for each test."""

import pytest

from tests.prover.rfq import desks


@pytest.fixture
def world(tmp_path):
    with desks.world(tmp_path) as made:
        yield made
