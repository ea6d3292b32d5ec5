"""Many orders of one wallet are refreshed at a time."""

import pytest

from prover.proofs import pipeline
from prover.trader import orders, owing, refreshing
from settlement.errors import Unavailable
from settlement.orders import board
from settlement.storage.orders import Withdrawal
from tests.prover.trader import borrowing
from zk.errors import InvalidProof, Unsatisfied


@pytest.fixture
def world(tmp_path):
    with borrowing.world(tmp_path) as made:
        yield made


def test_many_orders_are_refreshed_some_at_a_time_and_one_that_cannot_be_stops_no_other(world, monkeypatch):
    monkeypatch.setattr(refreshing, "TOGETHER", 2)
    placed = [orders.read_id(world.lend(world.borrower).order_id) for _ in range(4)]
    for price in ("2990", "2980"):
        world.publish(ETH=price)
    session, calls, refresh_all = world.borrower, [], board.refresh_all
    plan, told = owing.margin_plan, []

    def planning(grid, account, commitment):
        if account == accounts[1]:
            raise Unsatisfied("the margin does not suffice")
        return plan(grid, account, commitment)

    def taking(ledger, given, now_ms):
        calls.append(len(given))
        if len(calls) == 2:  # its order is withdrawn while the others are proved
            gone = ledger.orders.get(given[0][0])
            ledger.orders.withdraw(Withdrawal(gone.order_id, gone.leg_bytes, gone.expiry_ms, bytes(96)), 8, now_ms)
        return refresh_all(ledger, given, now_ms)

    accounts = [account for _, account in refreshing.own(world.ledger, session.wallet.view, world.now_ms)]
    monkeypatch.setattr(owing, "margin_plan", planning)
    monkeypatch.setattr(board, "refresh_all", taking)
    setting = owing.setting(world.ledger, world.now_ms)
    refreshing.refresh_all(
        world.ledger, session.wallet.view, session.keystore, setting, world.later(), told.append
    )  # fmt: skip
    assert calls == [1, 2] and {each.order_id for each in told} == set(placed)
    assert sorted((each.epoch, each.why_not is None) for each in told) == [(1, False), (1, False), (3, True), (3, True)]
    assert {each.grid_epoch for each in board.listed(world.ledger, world.now_ms)} == {3}


def test_a_board_that_goes_away_amid_many_is_told_of_after_those_that_it_took(world, monkeypatch):
    monkeypatch.setattr(refreshing, "TOGETHER", 2)
    placed = [orders.read_id(world.lend(world.borrower).order_id) for _ in range(4)]
    world.publish(ETH="2990")
    session, told, refresh_all = world.borrower, [], board.refresh_all

    def taking(ledger, given, now_ms):
        return [*refresh_all(ledger, given[:1], now_ms), Unavailable("the relay went away")]

    monkeypatch.setattr(board, "refresh_all", taking)
    setting = owing.setting(world.ledger, world.now_ms)
    arguments = world.ledger, session.wallet.view, session.keystore, setting, world.later(), told.append
    with pytest.raises(Unavailable, match="went away"):
        refreshing.refresh_all(*arguments)
    assert len(told) == 1 and told[0].why_not is None and told[0].order_id in placed
    monkeypatch.setattr(board, "refresh_all", refresh_all)
    refreshing.refresh_all(*arguments)
    assert sorted(each.order_id for each in told) == sorted(placed)


def test_a_margin_that_does_not_verify_is_not_given_to_the_board(world, monkeypatch):
    """A machine that computes wrongly, or a damaged key."""
    world.lend(world.borrower)
    world.publish(ETH="2990")
    session, false = world.borrower, InvalidProof("it does not verify")
    monkeypatch.setattr(pipeline, "prove_many", lambda name, pairs, _: [false] * len(pairs))
    setting = owing.setting(world.ledger, world.now_ms)
    with pytest.raises(InvalidProof, match="it does not verify"):
        refreshing.refresh_all(
            world.ledger, session.wallet.view, session.keystore, setting, world.later(), pytest.fail
        )  # fmt: skip
    assert {each.grid_epoch for each in board.listed(world.ledger, world.now_ms, stale=True)} == {1}
