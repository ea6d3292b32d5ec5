"""A trade says what the account gives, receives and would owe, and debts are never agreed to by default."""

from dataclasses import replace

import pytest

from circuits import records
from prover.trader import addresses, keys, owing, plan, trade, wallets
from prover.trader.trade import Trade
from settlement.pool.parameters import Fees
from tests.prover import pools
from tests.prover.risks import DUSDC, GRID, balances
from tests.prover.risks import USDC as USDC_SLOT
from tests.settlement.bundles import samples
from zk.errors import Unsatisfied

POOL = pools.make()
SEED = keys.derive("abandon " * 23 + "art")
USDC, ETH = 10**6, 10**9


def traded(before: tuple[int, int], after: tuple[int, int]) -> Trade:
    """A trade of USDC and ETH, in whole units."""
    owned = [balances(usdc * USDC, 0, eth * ETH) for usdc, eth in (before, after)]
    return Trade(POOL, 3, *owned, expiry_ms=1)


def test_a_trade_says_what_is_given_and_received():
    made = traded((10, 0), (4, 2))
    assert (made.sells, made.buys) == ("6 USDC", "2 ETH")
    assert made.changes == balances(-6 * USDC, 0, 2 * ETH)
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


def test_the_fee_is_not_part_of_what_is_traded():
    made = Trade(POOL, 3, balances(usdc=100), balances(usdc=40, eth=1), expiry_ms=1, fee=10)
    assert made.changes == balances(usdc=-50, eth=1)


@pytest.mark.parametrize("threshold, members, who", [
    (1, 1, "The pool's one guardian can see this account, and seizes it if"),
    (2, 3, "Any 2 of the pool's 3 guardians together can see this account, and seize it if"),
    (1, 3, "Any one of the pool's 3 guardians can see this account, and seize it if"),
])
def test_who_can_see_a_margined_account_is_said_where_a_debt_is(threshold, members, who):
    guardians = replace(samples.GUARDIANS, threshold=threshold, members=members)
    seen_by = trade.guardians_see(guardians)
    assert seen_by == f"{who} it falls below its maintenance margin."
    made = Trade(POOL, 3, balances(usdc=1), balances(usdc=2, dusdc=-USDC), 1, seen_by=seen_by)
    assert made.owes == f"The account at position 3 would owe 1 dUSDC that it does not owe now. {seen_by}"


def test_the_trade_of_a_plan_has_its_fee_and_who_can_see_it():
    account = records.Account(1, balances(usdc=100), 0, 2)
    holding = wallets.Holding(account, 0, 3)
    setting = owing.Setting(POOL, replace(POOL.parameters, fees=Fees(leg=7, order=0)), GRID)
    source = plan.Source(keys.account(SEED, 0), account, 3, (), 5)
    for changes, sees in ((plan.changes({USDC_SLOT: 9}, {}), False), (plan.changes({DUSDC: 9}, {}), True)):
        planned = plan.move(setting, source, plan.Target(addresses.of(SEED, 0)), changes, 1)
        made = trade.of(setting, holding, planned, 1)
        assert (made.fee, made.changes, made.seen_by is not None) == (7, changes, sees)
