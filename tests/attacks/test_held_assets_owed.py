"""Borrowing what others hold, free and for ever: by being short of it in one of two accounts that nobody connects.

Until what is held could be owed, each of these settled through the very same engine, and honest members paid.  The
figures are of those runs, at the example's prices:

    split     2 × 1,345,000 USDC, 100 BTC long in one account and short in the other; BTC rises by 40 %; the winner
              sells and takes 5,156,900 USDC out, the loser is left: a profit of 2,466,900 USDC.  The honest buyer of
              the 100 BTC could not withdraw one of them: the reserve had none.
    carry     5,022 USDC of bills borrow USDC, buy more bills with it and so on, 401 times: 865,475 of the 1,000,000
              USDC of an honest holder were gone, 172 times the thief's own money, without any interest.

Now a leg whose account would have less than nothing of a held asset is false, whatever margin it has.
"""

import pytest

from tests.attacks.scene import deposit, opposite, units, why, withdrawal
from tests.simulation import market
from tests.simulation.world import World


@pytest.fixture
def world(tmp_path):
    """A ledger with an honest holder of 1,000,000 USDC."""
    made = World(tmp_path / "ledger.sqlite")
    made.publish(market.PRICES)
    deposit(made, USDC=1_000_000)
    yield made
    made.withdraw_everything()
    made.close()


def test_two_accounts_of_one_owner_cannot_be_long_and_short_of_bitcoin(world):
    rich, poor = deposit(world, USDC=1_345_000), deposit(world, USDC=1_345_000)
    bet = units(USDC=-9_500_000, BTC=100)
    long, short = world.draft(rich, bet), world.draft(poor, opposite(bet))
    assert why(world, long) == why(world, short) == "held balances"
    assert world.submit(world.prepare([long, short])) == "INVALID_PROOF"


@pytest.mark.parametrize("symbol", ["USDC", "BTC", "ETH", "SOL", "TBILL", "XAU"])
def test_nothing_that_is_held_is_owed_however_rich_the_account(world, symbol):
    rich = deposit(world, USDC=500_000, BTC=10, TBILL=500_000)
    amount = {"USDC": 500_000, "BTC": 10, "TBILL": 500_000}.get(symbol, 0) + 0.001
    draft = withdrawal(world, rich, **{symbol: amount})
    assert why(world, draft) == "held balances"
    assert world.submit(world.prepare([draft])) == "INVALID_PROOF"


def test_bills_borrow_nobodys_dollars(world):
    bills = deposit(world, TBILL=4_960)
    draft = withdrawal(world, bills, USDC=4_996)
    assert draft.guard, "the thief's wallet proves margin: the bills are worth more than the debt in every scenario"
    assert why(world, draft) == "held balances"
    assert world.submit(world.prepare([draft])) == "INVALID_PROOF"


def test_dollars_are_borrowed_from_somebody_who_wants_to_lend_and_holds_the_debt(world):
    bills, lender = deposit(world, TBILL=4_960), deposit(world, USDC=4_000)
    loan = units(USDC=4_000, dUSDC=-4_000)
    borrower, lender = world.settle(world.draft(bills, loan), world.draft(lender, opposite(loan)))
    assert borrower.account.guard and borrower.account.balances == units(TBILL=4_960, USDC=4_000, dUSDC=-4_000)
    taken = withdrawal(world, borrower, USDC=4_000)
    assert why(world, taken) is None
    world.settle(taken)
    assert lender.account.balances == units(dUSDC=4_000), "and the holder of 1,000,000 USDC still has them all"
