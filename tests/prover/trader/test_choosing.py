"""Which account is moved: without debt before with, less lack of margin before more, no open order, the newest."""

from dataclasses import replace

import pytest

from circuits import records
from prover.trader import choosing, plan, wallets
from prover.trader.terms import Terms
from tests.prover import pools
from zk.errors import Unsatisfied

NOW = 1_000
USDC, ETH = 0, 2
POOL = pools.make()
SETTING = plan.Setting(POOL, None)
EMPTY = wallets.restore("abandon " * 23 + "art")
BUY_ETH = plan.changes({USDC: 3_000_000_000}, {ETH: 1_000_000_000})


def holding(position: int, usdc: int) -> wallets.Holding:
    return wallets.Holding(records.Account(1, (usdc,) + (0,) * 7, 0, position), 0, position)


def order(position: int, expiry_ms: int = NOW + 1) -> wallets.OwnOrder:
    return wallets.OwnOrder("00" * 32, position, Terms(plan.NOTHING, 1, expiry_ms))


def choose(*holdings: wallets.Holding, orders: tuple = (), position: int | None = None, setting=SETTING) -> int:
    held = replace(EMPTY, live=holdings, orders=orders)
    return choosing.choose(held, setting, BUY_ETH, position, NOW).position


def test_an_account_that_can_pay_comes_before_one_that_would_owe():
    assert choose(holding(1, 10**10), holding(2, 0)) == 1


def test_of_accounts_that_would_owe_the_one_nearest_to_its_margin_comes_first():
    assert choose(holding(1, 5), holding(2, 10**9), holding(3, 0)) == 2


def test_an_account_without_an_open_order_comes_before_one_with():
    both = holding(1, 10**10), holding(2, 10**10)
    assert choose(*both) == 2
    assert choose(*both, orders=(order(2),)) == 1
    assert choose(*both, orders=(order(2, expiry_ms=NOW),)) == 2
    assert choosing.free(replace(EMPTY, live=both, orders=(order(2),)), NOW) == [both[0]]


def test_a_deposit_goes_of_itself_only_to_an_account_that_owes_nothing():
    own, gift = holding(1, 10**9), holding(2, -2_400_000_000)
    assert choosing.free(replace(EMPTY, live=(own, gift)), NOW) == [own]


def test_of_accounts_that_can_pay_one_that_owed_nothing_comes_first():
    own = wallets.Holding(records.Account(1, (10**10, 0, 0, 0, 0, 0, 0, 0), 0, 1), 0, 1)
    gift = wallets.Holding(records.Account(1, (10**10, 0, -1, 0, 0, 0, 0, 0), 1, 2), 0, 2)
    assert choose(own, gift) == 1


def test_what_was_said_is_done():
    assert choose(holding(1, 0), holding(2, 10**10), position=1) == 1


def test_an_account_that_the_wallet_does_not_have_is_not_moved():
    with pytest.raises(Unsatisfied, match="no live account at position 2"):
        choose(holding(1, 0), position=2)
    with pytest.raises(Unsatisfied, match="no account yet"):
        choose()


def test_without_a_grid_an_account_that_can_pay_is_still_found():
    assert choose(holding(1, 10**10), holding(2, 5), setting=plan.Setting(POOL, None)) == 1
