"""Which account is moved: without debt before with, less lack of margin before more, no open order, the newest."""

from dataclasses import replace

import pytest

from circuits import records
from prover.trader import choosing, owing, plan, wallets
from prover.trader.terms import Terms
from tests.prover import pools
from tests.prover.risks import DUSDC, ETH, GRID, USDC, balances
from zk.errors import Unsatisfied

NOW = 1_000
POOL = pools.make()
NO_GRID = owing.Setting(POOL, POOL.parameters, None)
SETTING = owing.Setting(POOL, POOL.parameters, GRID)
EMPTY = wallets.restore("abandon " * 23 + "art")
BUY_ETH = plan.changes({USDC: 3_000_000_000}, {ETH: 1_000_000_000})


BORROW = plan.changes({DUSDC: 100_000_000}, {USDC: 100_000_000})


def holding(position: int, usdc: int, dusdc: int = 0) -> wallets.Holding:
    account = records.Account(1, balances(usdc=usdc, dusdc=dusdc), int(dusdc < 0), position)
    return wallets.Holding(account, 0, position)


def order(position: int, expiry_ms: int = NOW + 1) -> wallets.OwnOrder:
    return wallets.OwnOrder("00" * 32, position, Terms(plan.NOTHING, 1, expiry_ms))


def choose(
    *holdings: wallets.Holding, orders: tuple = (), position: int | None = None, setting=SETTING, changes=BUY_ETH
) -> int:
    held = replace(EMPTY, live=holdings, orders=orders)
    return choosing.choose(held, setting, changes, position, NOW).position


def test_an_account_that_can_pay_comes_before_one_that_would_lack_what_is_held():
    assert choose(holding(1, 10**10), holding(2, 0)) == 1


def test_one_that_may_owe_a_claim_comes_before_one_that_would_lack_what_is_held():
    both = holding(1, 10**10, dusdc=-1), holding(2, 0)
    assert choose(*both) == 1 and choose(*both, setting=NO_GRID) == 1


def test_of_accounts_that_would_owe_the_one_nearest_to_its_margin_comes_first():
    accounts = holding(1, 5, dusdc=-(10**8)), holding(2, 5, dusdc=-(10**7)), holding(3, 5, dusdc=-(10**9))
    assert choose(*accounts, changes=BORROW) == 2


def test_an_account_without_an_open_order_comes_before_one_with():
    both = holding(1, 10**10), holding(2, 10**10)
    assert choose(*both) == 2
    assert choose(*both, orders=(order(2),)) == 1
    assert choose(*both, orders=(order(2, expiry_ms=NOW),)) == 2
    assert choosing.free(replace(EMPTY, live=both, orders=(order(2),)), NOW) == [both[0]]
    assert choosing.free(replace(EMPTY, live=both, orders=(replace(order(2), is_withdrawn=True),)), NOW) == [*both]


def test_a_deposit_goes_of_itself_only_to_an_account_that_owes_nothing():
    own, gift = holding(1, 10**9), holding(2, 0, dusdc=-2_400_000_000)
    assert choosing.free(replace(EMPTY, live=(own, gift)), NOW) == [own]


def test_of_accounts_that_can_pay_one_that_owed_nothing_comes_first():
    own = wallets.Holding(records.Account(1, balances(usdc=10**10), 0, 1), 0, 1)
    gift = wallets.Holding(records.Account(1, balances(usdc=10**10, dusdc=-1), 1, 2), 0, 2)
    assert choose(own, gift) == 1


def test_what_was_said_is_done():
    assert choose(holding(1, 0), holding(2, 10**10), position=1) == 1


def test_an_account_that_the_wallet_does_not_have_is_not_moved():
    with pytest.raises(Unsatisfied, match="no live account at position 2"):
        choose(holding(1, 0), position=2)
    with pytest.raises(Unsatisfied, match="no account yet"):
        choose()


def test_without_a_grid_an_account_that_can_pay_is_still_found():
    assert choose(holding(1, 10**10), holding(2, 5), setting=NO_GRID) == 1


def test_a_top_up_goes_to_the_only_margined_account_or_to_the_one_that_is_named():
    cash, first, second = holding(1, 10**10), holding(2, 1, dusdc=-1), holding(3, 1, dusdc=-1)
    assert choosing.margined(replace(EMPTY, live=(cash, first)), None) == first
    both = replace(EMPTY, live=(cash, first, second))
    assert choosing.margined(both, 3) == second
    with pytest.raises(Unsatisfied, match="several margined accounts, at positions 2, 3: name one"):
        choosing.margined(both, None)
    for position in (None, 1):
        with pytest.raises(Unsatisfied, match="no margined account"):
            choosing.margined(replace(EMPTY, live=(cash,)), position)


def test_a_top_up_is_paid_by_a_cash_account():
    cash, owing_some = holding(1, 10**10), holding(2, 10**11, dusdc=-1)
    both = replace(EMPTY, live=(cash, owing_some))
    assert choosing.payer(both, SETTING, USDC, 5, None, NOW) == cash
    with pytest.raises(Unsatisfied, match="no live account at position 2"):
        choosing.payer(both, SETTING, USDC, 5, 2, NOW)
    with pytest.raises(Unsatisfied, match="no cash account to take it from: `zksettle deposit --top-up`"):
        choosing.payer(replace(EMPTY, live=(owing_some,)), SETTING, USDC, 5, None, NOW)
