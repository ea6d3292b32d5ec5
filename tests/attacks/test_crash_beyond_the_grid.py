"""A fall beyond what the last grid covers, which stopped all prices while the old ones stayed good for an hour.

    BTC falls by 25 %.  The publication was refused (PRICE_DEVIATION), and with it every price of every asset.  Fifty
    minutes later 100 BTC, bought outside at 71,250, backed a loan at 95,000: 8,155,750 USDC taken out and never given
    back, a profit of 1,030,750.

Now such prices are taken.  They freeze the pool: until the next epoch that is covered nobody may owe more than before,
and everything else goes on.
"""

from dataclasses import replace

import pytest

from settlement.risk.grids import Coverage
from tests.attacks.scene import (
    beside_an_honest_holder,
    deposit,
    opposite,
    outside,
    price,
    publish,
    units,
    why,
    withdrawal,
)

CRASH = price("BTC", 71_250)


@pytest.fixture
def world(tmp_path):
    """A ledger with an honest holder of 10,000,000 USDC."""
    with beside_an_honest_holder(tmp_path, 10_000_000) as made:
        yield made


def test_a_crash_is_published_and_so_are_the_prices_of_all_others(world):
    assert publish(world, CRASH | price("ETH", 3_001)) is Coverage.FROZEN
    prices = world.grid().publication.prices
    assert prices[1] == CRASH[1] and prices[2] == price("ETH", 3_001)[2]


def test_bitcoin_at_yesterdays_price_borrows_nothing(world):
    older = world.grid()
    lender = deposit(world, USDC=8_000_000)
    assert publish(world, CRASH) is Coverage.FROZEN
    world.now_ms += 60_000
    thief = deposit(world, BTC=100)
    assert why(world, withdrawal(world, thief, USDC=8_155_750)) == "held balances"
    loan = units(USDC=8_000_000, dUSDC=-8_000_000)
    drafts = [world.draft(thief, loan), world.draft(lender, opposite(loan))]
    assert world.submit(world.prepare(drafts)) == "FROZEN"
    old = replace(drafts[0], grid=older)
    assert why(world, old) is None
    assert world.submit(world.prepare([old, drafts[1]])) == "FROZEN"


def test_while_the_pool_is_frozen_all_that_owes_no_more_goes_on(world):
    thief, trader, other = deposit(world, BTC=1), deposit(world, USDC=200_000), deposit(world, USDC=200_000)
    bet = units(dUSDC=-300_000, PERP=100)
    trader, other = world.settle(world.draft(trader, bet), world.draft(other, opposite(bet)))
    assert publish(world, CRASH) is Coverage.FROZEN
    world.settle(withdrawal(world, thief, BTC=1))
    more = units(USDC=1_000)
    world.settle(world.top_up(trader, more, outside(more)))
    swap = units(USDC=-1)
    one, two = deposit(world, USDC=5), deposit(world, USDC=5)
    world.settle(world.draft(one, swap), world.draft(two, opposite(swap)))


def test_the_next_covered_prices_end_the_freeze(world):
    one, two = deposit(world, USDC=200_000), deposit(world, USDC=200_000)
    bet = units(dUSDC=-300_000, PERP=100)
    assert publish(world, CRASH) is Coverage.FROZEN
    drafts = [world.draft(one, bet), world.draft(two, opposite(bet))]
    assert world.submit(world.prepare(drafts)) == "FROZEN"
    assert publish(world, CRASH) is not Coverage.FROZEN
    assert world.submit(world.prepare([world.draft(one, bet), world.draft(two, opposite(bet))])) is None


def test_a_dollar_that_is_worth_a_little_less_freezes_nothing(world):
    """The price of the numeraire could not move at all, so 0.9999 was refused for ever."""
    assert publish(world, price("USDC", 0.9999)) is not Coverage.FROZEN
