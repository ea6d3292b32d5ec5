"""A maker takes an order off the board: once, whatever breaks, and without losing the order from the wallet."""

from dataclasses import replace

import pytest

from prover.trader import boardview, choosing, orders, withdrawing
from settlement.rejection import Rejected
from tests.prover.trader import payer
from tests.prover.trader.payer import ETH, HOUR_MS, USDC, Crash, World
from zk.errors import FormatError, Unsatisfied


@pytest.fixture(scope="module", autouse=True)
def patched():
    with payer.stepping() as worlds:
        yield worlds


@pytest.fixture
def world(tmp_path, patched):
    patched[:] = [made := World(tmp_path)]
    return made


@pytest.fixture
def order_id(world):
    assert world.place()
    return world.board()[0]


def test_a_withdrawn_order_is_off_the_board_and_its_account_is_free(world, order_id):
    with world.session() as session:
        assert choosing.free(session.wallet, world.now_ms) == []
        withdrawn = withdrawing.withdraw(session, order_id[:6], world.now_ms)
        assert (withdrawn.order_id, withdrawn.is_repeated) == (order_id, False)
        assert withdrawn.expiry_ms > world.now_ms + HOUR_MS // 2
    assert world.board() == []
    with world.session() as session:
        (own,) = session.wallet.orders
        assert own.is_withdrawn and own.terms.changes[USDC] == -5
        assert boardview.states(session.ledger, [own], world.now_ms) == [boardview.WITHDRAWN]
        assert [holding.position for holding in choosing.free(session.wallet, world.now_ms)] == [own.position]
        assert withdrawing.withdraw(session, order_id, world.now_ms) == replace(withdrawn, is_repeated=True)
        orders.cancel(session, order_id, world.now_ms)
        with pytest.raises(Unsatisfied, match="only its maker's wallet"):
            withdrawing.withdraw(session, order_id, world.now_ms)


def test_a_withdrawal_that_the_wallet_could_not_note_is_finished_when_it_is_repeated(world, order_id):
    with world.session() as session:
        world.fault, world.left = Crash(), 1
        with pytest.raises(Crash):
            withdrawing.withdraw(session, order_id, world.now_ms)
        world.fault = None
        assert world.board() == [] and not session.wallet.orders[0].is_withdrawn
        assert boardview.states(session.ledger, session.wallet.orders, world.now_ms) == [boardview.WITHDRAWN]
        assert withdrawing.withdraw(session, order_id, world.now_ms).is_repeated
        assert session.wallet.orders[0].is_withdrawn


def test_an_order_of_an_earlier_version_and_one_that_is_none_of_this_wallet_cannot_be_withdrawn(world, order_id):
    with world.session() as session:
        earlier = tuple(replace(each, withdrawal=None) for each in session.wallet.orders)
        session.file.save(replace(session.wallet, orders=earlier))
        with pytest.raises(Unsatisfied, match="`zksettle order cancel"):
            withdrawing.withdraw(session, order_id, world.now_ms)
        with pytest.raises(FormatError, match="no order of this wallet"):
            withdrawing.withdraw(session, "ffff", world.now_ms)
    assert world.board() == [order_id]


def test_the_taker_is_told_that_the_order_was_withdrawn(world, order_id):
    with world.session() as session:
        withdrawing.withdraw(session, order_id, world.now_ms)
    with world.receiver(ETH) as taker, pytest.raises(Rejected, match="ORDER_WITHDRAWN.*withdrew it from the board"):
        orders.take(taker, order_id, world.now_ms)
