"""Time that runs backwards, prices from the past or the future, and prices too coarse to hold a margin."""

from dataclasses import replace

import pytest

from settlement import engine
from settlement.pool.parameters import Limits
from settlement.rejection import Rejected, Rejection
from tests.attacks.scene import deposit
from tests.simulation import market, traders
from tests.simulation.world import World


@pytest.fixture
def world(tmp_path):
    """A ledger that takes prices of the last ten minutes."""
    made = World(tmp_path / "ledger.sqlite", limits=Limits(grid_age_ms=600_000, price_age_ms=600_000))
    yield made
    made.withdraw_everything()
    made.close()


def test_no_bundle_settles_at_a_time_before_its_predecessor(world):
    """An expired bundle settled once by a clock that was set back, and the audit found nothing wrong."""
    holding = deposit(world, USDC=5)
    draft = replace(world.draft(holding, traders.NOTHING), expiry_ms=world.now_ms + 60_000)
    expired = world.prepare([draft])
    world.now_ms += 3 * 3_600_000
    deposit(world, USDC=5)
    assert world.submit(expired) == "EXPIRED"
    world.now_ms -= 3 * 3_600_000
    assert world.submit(expired) == "CLOCK_BEHIND"
    world.now_ms += 3 * 3_600_000


def refusal(world, quotes) -> Rejection:
    with pytest.raises(Rejected) as refused:
        engine.publish(world.ledger, quotes, world.now_ms)
    return refused.value.rejection


@pytest.mark.parametrize("price", [1, 3, 10**6 - 1])
def test_a_price_that_is_too_coarse_to_round_is_refused(world, price):
    """At the price 3 a rise of 14 % rounded to none, and 9 ETH were owed against exactly 27,000 dollars."""
    assert refusal(world, world.quotes(market.PRICES | {market.ETH: price})) is Rejection.PRICE_COARSE


def test_the_least_price_is_taken(world):
    world.publish(market.PRICES | {market.ETH: 10**6})


def test_prices_that_were_signed_before_the_last_epochs_are_refused(world):
    """A publisher kept quotes back, and published them when they suited him."""
    kept = world.quotes(market.PRICES, epoch=2)
    world.now_ms += 1_000
    world.publish(market.PRICES)
    world.now_ms += 1_000
    assert refusal(world, kept) is Rejection.PRICE_ORDER


def test_prices_of_one_epoch_are_of_one_minute(world):
    early = world.quotes(market.PRICES)
    world.now_ms += 60_001  # which the pool's limit for the age of a price allows
    late = world.quotes(market.PRICES)
    assert refusal(world, [early[0], *late[1:]]) is Rejection.PRICE_SPREAD
