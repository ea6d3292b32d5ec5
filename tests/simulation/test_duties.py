"""The duties of governors and insurance, once each, so that no run of the simulation misses one."""

import pytest

from tests.simulation import market
from tests.simulation.duties import beat, govern, insured
from tests.simulation.world import World


@pytest.fixture
def world(tmp_path):
    """A ledger with an account of 1,000 dollars and one of 1,000 dollars' worth of ETH, whose insurance is founded."""
    made = World(tmp_path / "ledger.sqlite")
    market.begin(made, (0, 2))
    made.insurance = made.settle(insured(made, 500))[0]
    yield made
    made.withdraw_everything()
    made.close()


def test_under_a_new_fee_and_new_guardians_whoever_holds_anything_takes_it_out(world):
    """The holder of ETH has nothing to pay the fee with: somebody else pays it."""
    assert govern(world, 10**6, 500, True, early_ms=1) == "GOVERNANCE_EARLY"
    assert govern(world, 10**6, 500, True, signers=(1,)) == "GOVERNANCE"
    assert govern(world, 10**6, 500, True) is None
    world.now_ms = world.announced_ms
    assert market.publish(world, [0] * 6) == "mixture"


def test_a_heartbeat_is_of_the_insurances_account_and_once_in_an_epoch(world):
    assert beat(world, is_own=False) == beat(world, back=1) == "HEARTBEAT"
    assert [beat(world), beat(world)] == [None, "HEARTBEAT"]
