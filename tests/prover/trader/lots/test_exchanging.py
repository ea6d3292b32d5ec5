"""A set that is replaced is void before another stands, whatever breaks, and as many lots stand in its place."""

from contextlib import ExitStack

import pytest

from prover.desk import Desk
from prover.machine import clock
from prover.trader import moving, orderhistory, orders, sessions, trade
from prover.trader.lifetimes import Life
from prover.trader.lots import ending, exchanging
from prover.trader.replacing import Wanted
from settlement.orders import board
from settlement.rejection import Rejected
from tests.prover.trader.lots import desks
from tests.prover.trader.lots.desks import ETH, HOUR_MS, ONE_ETH, ONE_USDC, USDC
from zk.errors import Unsatisfied

FOUR, PRICE = {ETH: 4 * ONE_ETH}, {USDC: 12_000 * ONE_USDC}


@pytest.fixture
def world(tmp_path):
    with desks.opened(tmp_path, "maker", "taker") as made:
        made.deposit("maker", eth=8 * ONE_ETH)
        made.deposit("taker", usdc=100_000 * ONE_USDC)
        yield made


def cheaper(world, group: str, **wanted):
    """Replaces the set by one that asks for 11,000 USDC."""
    life, changed = Life(world.now_ms + HOUR_MS), Wanted(**(wanted or {"buy": {USDC: 11_000 * ONE_USDC}}))
    return exchanging.replace_set(world.sessions["maker"], group, changed, life, world.later(), is_backed=False)


def terms(world) -> list[tuple[int, int]]:
    own = world.sessions["maker"].wallet.orders
    return sorted((order.terms.changes[ETH] // ONE_ETH, order.terms.changes[USDC] // ONE_USDC) for order in own)


def test_all_lots_move_in_one_bundle_and_as_many_stand_in_their_place(world):
    old = world.offer("maker", FOUR, PRICE, 4, "taker")
    before = len(world.bundles)
    done = cheaper(world, old.group)
    assert done.old == old.group and len(world.bundles) == before + 1 and world.bundles[-1] >= 4
    assert sorted(world.board()) == sorted(done.placed.order_ids) and not set(old.order_ids) & set(world.board())
    assert terms(world) == [(-1, 2_750)] * 4
    assert {order.mark.replaces for order in world.sessions["maker"].wallet.orders} == {old.group}
    again = cheaper(world, old.group)
    assert again.placed.is_repeated and len(world.bundles) == before + 1
    with pytest.raises(Rejected):
        orders.take(world.sessions["taker"], old.order_ids[0], world.later())
    orders.take(world.sessions["taker"], done.placed.order_ids[0], world.later(), agree=trade.allow_new_debts)


def test_of_a_set_of_which_a_part_was_taken_the_rest_is_replaced_and_the_last_lot_alone_is_not(world):
    old = world.offer("maker", FOUR, PRICE, 4, "taker")
    orders.take(world.sessions["taker"], old.order_ids[0], world.later(), agree=trade.allow_new_debts)
    done = cheaper(world, old.group, buy={USDC: 8_400 * ONE_USDC})
    assert terms(world) == [(-1, 2_800)] * 3
    for order_id in done.placed.order_ids[:2]:
        orders.take(world.sessions["taker"], order_id, world.later(), agree=trade.allow_new_debts)
    with pytest.raises(Unsatisfied, match=f"one lot is left of the set: .* {done.placed.order_ids[2][:16]}"):
        cheaper(world, done.placed.group)
    ending.cancel(world.sessions["maker"], done.placed.group, world.later())
    with pytest.raises(Unsatisfied, match="nothing is left"):
        cheaper(world, done.placed.group)


@pytest.mark.parametrize("at", [0, 1, 3])
def test_a_replacement_that_was_interrupted_is_finished_by_the_same_command(world, monkeypatch, at):
    old = world.offer("maker", FOUR, PRICE, 4, "taker")
    real, left = board.place, [at]

    def interrupted(*given, **how):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return real(*given, **how)

    with monkeypatch.context() as patch:
        patch.setattr(board, "place", interrupted)
        with pytest.raises(KeyboardInterrupt):
            cheaper(world, old.group)
    bundles = len(world.bundles)
    done = cheaper(world, old.group)
    assert sorted(world.board()) == sorted(done.placed.order_ids) and len(world.bundles) == bundles
    own = world.sessions["maker"].wallet.orders
    assert terms(world) == [(-1, 2_750)] * 4 and len({order.position for order in own}) == 4


def test_what_the_accounts_cannot_do_or_nobody_agrees_to_leaves_the_set_as_it_was(world):
    old = world.offer("maker", FOUR, PRICE, 4, "taker")
    with pytest.raises(Unsatisfied, match="the set stays as it is"):
        cheaper(world, old.group, sell={ETH: 40 * ONE_ETH})

    def refuse(_):
        raise Unsatisfied("no")

    with pytest.raises(Unsatisfied, match="no"):
        exchanging.replace_set(
            world.sessions["maker"], old.group, Wanted(buy={USDC: 1_000}), Life(world.now_ms + HOUR_MS), world.later(),
            refuse, is_backed=False,
        )  # fmt: skip
    assert sorted(world.board()) == sorted(old.order_ids)


def test_only_lots_that_were_left_when_their_set_was_replaced_are_told_as_replaced(world, monkeypatch):
    session, old = world.sessions["maker"], world.offer("maker", FOUR, PRICE, 4, "taker")
    monkeypatch.setattr(clock, "now_ms", lambda: world.now_ms)
    taken, void = old.order_ids[:2]
    orders.take(world.sessions["taker"], taken, world.later(), agree=trade.allow_new_debts)
    sessions.sync(session)
    (at,) = [order.position for order in session.wallet.orders if order.order_id == void]
    assert not moving.move(session, [at], world.later()).failed
    done = cheaper(world, old.group)
    new = done.placed.order_ids[0]
    found = {told.own.order_id: told for told in Desk("maker", session, ExitStack()).order_history()}
    assert [found[each].state for each in old.order_ids] == ["taken", "void", "replaced", "replaced"]
    assert [found[each].replaced_by for each in old.order_ids] == [None, None, done.placed.group, done.placed.group]
    assert found[new].state == "open"


def test_the_history_says_that_the_old_lots_are_void(world):
    old = world.offer("maker", FOUR, PRICE, 4, "taker")
    cheaper(world, old.group)
    maker = world.sessions["maker"]
    sessions.sync(maker)
    over = {past.own.order_id: past.taken_height for past in orderhistory.read(maker.file.path, maker.wallet.view)}
    assert over == dict.fromkeys(old.order_ids)
