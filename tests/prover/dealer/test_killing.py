"""The kill switch moves every account at once, whoever holds copies of what they offered."""

import pytest

from prover.dealer import killing
from prover.dealer.standing import Quotes
from prover.trader import moving, orders, trade
from settlement.rejection import Rejected
from tests.prover.dealer import scene as scenes
from tests.prover.rfq.desks import ETH, USDC, line


@pytest.fixture
def scene(tmp_path):
    with scenes.scene(tmp_path, [(USDC, ETH), (USDC, ETH), (ETH,)]) as made:
        yield made


def kill(scene):
    """From the wallet alone, as when the daemon is dead."""
    session = scene.maker.session
    return killing.cancel_all(session, Quotes(session, scene.journal), scene.journal, scene.world.later())


def test_every_account_moves_in_one_bundle_and_nothing_offered_can_be_taken(scene):
    scene.strategy.quotes = [scene.wants("bid", USDC=-900, ETH=3), scene.wants("offer", USDC=1000, ETH=-3)]
    scene.step()
    inquiry = scene.taker.ask([line(ETH=2)], scene.maker)
    scene.step()
    scene.world.hub.deliver()
    deal = scene.taker.best(inquiry, "buy")
    offered, before = list(scene.listed()), {each.position for each in scene.maker.session.wallet.live}
    height = scene.world.ledger.reader.last_event().height
    moved = kill(scene)
    assert set(moved.positions) == before and not moved.failed
    assert [each.receipt.height for each in moved.settlements] == [height + 1]
    assert not before & {each.position for each in scene.maker.session.wallet.live}
    for order_id in offered:
        with pytest.raises(Rejected, match="is not on the board|already moved"):
            scene.take(order_id)
    with pytest.raises(Exception, match="the quote is gone"):
        scene.taker.take(inquiry, "buy", deal)
    assert [line.event for line in scene.lines()][-3:] == ["cancelled all", "closed", "closed"]


def test_the_dealer_itself_can_do_it_and_knows_that_nothing_stands(scene):
    scene.strategy.quotes = [scene.wants("bid", USDC=-900, ETH=3)]
    scene.step()
    scene.dealer.cancel_all(scene.world.later())
    assert scene.dealer.standing == {} and scene.listed() == {}


def test_more_accounts_than_a_bundle_takes_move_in_several(scene, monkeypatch):
    monkeypatch.setattr(moving, "MAX_LEGS", 2)
    moved = kill(scene)
    assert len(moved.positions) == 3 and len(moved.settlements) == 2


def test_an_account_that_cannot_move_stops_no_other_and_says_why(tmp_path):
    with scenes.scene(tmp_path, [(USDC,), (USDC, ETH)]) as scene:
        session, taker = scene.maker.session, scene.taker
        borrowed = orders.place(
            session, {8: 5 * 10**11}, {ETH: 1}, [taker.address], scene.world.now_ms + 60_000, scene.world.later(),
            session.wallet.live[0].position, agree=trade.allow_new_debts,
        )  # fmt: skip
        scene.take(borrowed.order_id)
        scene.strategy.quotes = []
        scene.step()
        scene.world.later(40 * 24 * 3_600_000)  # no grid is in force any more
        moved = kill(scene)
        assert len(moved.positions) == 1
        ((position, why),) = moved.failed
        assert position not in moved.positions and "dUSDC" in why
        assert [line.event for line in scene.lines("cancelled all", "not moved")] == ["cancelled all", "not moved"]


def test_a_wallet_without_accounts_has_nothing_to_move(scene):
    empty = scene.world.desk()
    moved = killing.cancel_all(empty.session, Quotes(empty.session, scene.journal), scene.journal, scene.world.later())
    assert moved == moving.Moved()
