"""An order is backed by the first asset of which its account holds enough, and only by an account that owes nothing."""

from dataclasses import replace

import pytest

from prover.trader import backing
from prover.trader.owing import Setting
from settlement.boardrules import BoardRules
from tests.prover import pools
from zk.errors import Unsatisfied

RULES = BoardRules((100 * 10**6, 0, 3 * 10**9, *[0] * 13), funds_required=False)


def with_rules(board: BoardRules) -> Setting:
    pool = pools.make()
    return Setting(pool, replace(pool.parameters, board=board), None)


SETTING = with_rules(RULES)
STRICT = with_rules(replace(RULES, funds_required=True))


def balances(usdc: int = 0, btc: int = 0, eth: int = 0) -> tuple[int, ...]:
    return usdc, btc, eth, *(0,) * 13


@pytest.mark.parametrize("held, asset", [
    (balances(usdc=100 * 10**6), 0),
    (balances(usdc=100 * 10**6, eth=10**12), 0),
    (balances(usdc=100 * 10**6 - 1, eth=3 * 10**9), 2),
    (balances(usdc=100 * 10**6 - 1, btc=10**12, eth=3 * 10**9 - 1), None),
    (balances(usdc=10**12, btc=-1), None),
])
def test_the_numeraire_backs_first_and_a_debtor_backs_nothing(held, asset):
    assert backing.choose(SETTING, held, is_wanted=True) == asset
    assert backing.choose(SETTING, held, is_wanted=False) is None


def test_a_board_that_requires_funds_is_told_before_anything_is_proved():
    assert backing.choose(STRICT, balances(usdc=10**9), is_wanted=True) == 0
    for held, is_wanted in ((balances(), True), (balances(usdc=10**9), False)):
        with pytest.raises(Unsatisfied, match="owes nothing and holds at least 100 USDC or 3 ETH"):
            backing.choose(STRICT, held, is_wanted=is_wanted)
