"""A trade says what the account gives, receives and would owe, and debts are never agreed to by default."""

import pytest

from prover.trader import trade
from prover.trader.trade import Trade
from tests.prover import pools
from zk.errors import Unsatisfied

POOL = pools.make()
USDC, ETH = 10**6, 10**9


def traded(before: tuple[int, int], after: tuple[int, int]) -> Trade:
    """A trade of USDC and ETH, in whole units."""
    balances = [(usdc * USDC, 0, eth * ETH, 0, 0, 0, 0, 0) for usdc, eth in (before, after)]
    return Trade(POOL, 3, *balances, expiry_ms=1)


def test_a_trade_says_what_is_given_and_received():
    made = traded((10, 0), (4, 2))
    assert (made.sells, made.buys) == ("6 USDC", "2 ETH")
    assert made.changes == (-6 * USDC, 0, 2 * ETH, 0, 0, 0, 0, 0)
    assert traded((1, 1), (1, 0)).buys == "nothing" == traded((1, 1), (1, 2)).sells
    assert repr(made) == "Trade"


@pytest.mark.parametrize("before, after, owed", [
    ((10, 0), (-1, 1), "1 USDC"),
    ((0, 0), (-2, -3), "2 USDC, 3 ETH"),
    ((-1, 5), (-3, 6), "2 USDC"),
    ((10, -1), (-4, 3), "4 USDC"),
])
def test_a_debt_that_the_account_does_not_have_now_is_named_and_refused(before, after, owed):
    made = traded(before, after)
    assert made.owes == f"The account at position 3 would owe {owed} that it does not owe now."
    with pytest.raises(Unsatisfied, match=f"would owe {owed} that it does not owe now. If that is what you want"):
        trade.refuse_new_debts(made)
    trade.allow_new_debts(made)


@pytest.mark.parametrize("before, after", [
    ((10, 0), (0, 1)), ((-5, 9), (-5, 8)), ((-5, 1), (-4, 0)), ((-5, 0), (2, 0)),
])  # fmt: skip
def test_a_debt_that_stays_or_shrinks_is_nothing_new(before, after):
    made = traded(before, after)
    assert made.owes is None and not any(made.new_debts)
    trade.refuse_new_debts(made)
