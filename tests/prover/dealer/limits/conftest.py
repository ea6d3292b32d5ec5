"""A world of desks for each test, and two of them."""

import pytest

from tests.prover.rfq.conftest import world
from tests.prover.rfq.desks import ETH, USDC

__all__ = ["world"]


@pytest.fixture
def pair(world):
    return world.desk(USDC, ETH), world.desk(USDC, ETH)
