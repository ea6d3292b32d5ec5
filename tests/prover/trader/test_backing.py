"""An order is backed by the first asset of which its account holds enough, and only by an account that owes nothing."""

from dataclasses import replace

import pytest

from prover.trader import addresses, backing, moves, orders, sessions
from prover.trader.owing import Setting
from settlement.bundles.bundle import Account
from settlement.orders import board
from settlement.pool.boardrules import BoardRules
from settlement.pool.parameters import Fees
from settlement.pool.pool import Pool
from tests.prover import pools
from tests.prover.risks import USDC
from tests.prover.trader import borrowing
from zk.errors import Unsatisfied

RULES = BoardRules((100 * 10**6, 0, 3 * 10**9, *[0] * 13), funds_required=False)


def with_rules(board: BoardRules) -> Setting:
    pool = pools.make()
    return Setting(pool, replace(pool.parameters, board=board), None)


SETTING = with_rules(RULES)
STRICT = with_rules(replace(RULES, funds_required=True))


def asking(order_fee: int) -> Pool:
    """A pool whose board takes an order with funds or for this fee."""
    made = pools.make()
    rules = replace(made.parameters.board, funds_required=True)
    return replace(made, parameters=replace(made.parameters, board=rules, fees=Fees(leg=0, order=order_fee)))


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


def test_an_account_that_can_show_no_funds_pays_the_boards_fee_out_of_another(tmp_path):
    with borrowing.world(tmp_path, asking(3_000_000)) as world:
        with pytest.raises(Unsatisfied, match="or pay its fee of 3 USDC with --fee"):
            world.lend(world.borrower, is_backed=False)
        with pytest.raises(Unsatisfied, match="no cash account to take it from"):
            world.lend(world.borrower, pays_fee=True)
        order = world.lend(world.borrower)  # its account holds 2 ETH and owes nothing yet
        orders.take(world.lender, order.order_id, world.later())
        moves.pay(world.lender, addresses.of(world.borrower.wallet.seed, 0), USDC, 5_000_000, world.later())
        with pytest.raises(Unsatisfied, match="takes only orders that are backed"):
            world.lend(world.borrower, position=world.margined().position)
        placed = world.lend(world.borrower, pays_fee=True, position=world.margined().position)
        assert [listed.order_id.hex() for listed in board.listed(world.ledger, world.now_ms)] == [placed.order_id]
        assert world.ledger.reader.account_balance(Account.FEE, USDC) == 3_000_000
        sessions.sync(world.borrower)
        assert sorted(each.account.balances[USDC] for each in world.borrower.wallet.live) == [2_000_000, 2_000_000_000]


def test_a_board_that_asks_no_fee_is_not_paid_one(tmp_path):
    with borrowing.world(tmp_path) as world, pytest.raises(Unsatisfied, match="asks no fee: leave --fee out"):
        world.lend(world.borrower, pays_fee=True)

def test_the_margin_of_an_order_is_proved_again_when_it_is_posted_at_newer_prices(tmp_path, monkeypatch):
    with borrowing.world(tmp_path, asking(3_000_000)) as world:
        first = world.lend(world.borrower)
        orders.take(world.lender, first.order_id, world.later())
        moves.deposit(world.borrower, USDC, 5_000_000, "bank", world.later())
        position = world.margined().position

        def cut_off(*_):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(board, "place", cut_off)
            with pytest.raises(KeyboardInterrupt):
                world.lend(world.borrower, pays_fee=True, position=position)
        assert world.ledger.reader.account_balance(Account.FEE, USDC) == 3_000_000
        assert world.publish(ETH="2600") == 2
        placed = world.lend(world.borrower, pays_fee=True, position=position)
        (listed,) = board.listed(world.ledger, world.now_ms)
        assert listed.order_id.hex() == placed.order_id and listed.grid_epoch == 2 and listed.has_paid
        assert world.ledger.reader.account_balance(Account.FEE, USDC) == 3_000_000
