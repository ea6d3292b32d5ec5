"""An order in lots: each lot is an order of its own, the set is placed once, and only its readers see that."""

import pytest

from prover.trader import addresses, boardview, orders, outbox, sessions, trade
from prover.trader.lots import ending, sets, splitting
from settlement.orders import board
from settlement.rejection import Rejected, Rejection
from tests.prover import pools
from tests.prover.trader.lots import desks
from tests.prover.trader.lots.desks import DUSDC, ETH, ONE_ETH, ONE_USDC, PERP, USDC
from zk.errors import FormatError, Unsatisfied


@pytest.fixture
def world(tmp_path):
    with desks.opened(tmp_path, "maker", "taker", "stranger") as made:
        made.deposit("maker", eth=8 * ONE_ETH)
        made.deposit("taker", usdc=100_000 * ONE_USDC)
        yield made


def seen(world, name: str) -> list[sets.OrderSet]:
    return sets.of(boardview.orders(world.sessions[name], world.now_ms))


EIGHT, PRICE = {ETH: 8 * ONE_ETH}, {USDC: 24_000 * ONE_USDC}


def test_readers_see_one_order_in_lots_and_everybody_else_eight_orders(world):
    placed = world.offer("maker", EIGHT, PRICE, 8, "taker")
    assert len(world.board()) == 8 and sorted(placed.order_ids) == sorted(world.board())
    (one,) = seen(world, "taker")
    assert one.group == placed.group and (len(one.lots), one.placed) == (8, 8)
    assert one.changes[ETH] == -8 * ONE_ETH and one.changes[USDC] == 24_000 * ONE_USDC
    assert {sets.changes_of(lot)[ETH] for lot in one.lots} == {-ONE_ETH}
    assert seen(world, "stranger") == []
    listed = board.listed(world.ledger, world.now_ms)
    assert len({order.leg.nullifier for order in listed}) == len({order.leg.public.rk_x for order in listed}) == 8
    assert not any(bytes.fromhex(placed.group) in order.leg_bytes + b"".join(order.sealed_terms) for order in listed)


def test_accounts_that_are_there_already_are_used_as_they_are(world):
    splitting.split_evenly(world.sessions["maker"], 8, world.later())
    before = len(world.bundles)
    world.offer("maker", EIGHT, PRICE, 8, agree=trade.refuse_new_debts)
    assert len(world.bundles) == before and len(world.board()) == 8


def test_what_the_order_does_not_sell_stays_free(world):
    world.offer("maker", {ETH: 3 * ONE_ETH}, {USDC: 9_000 * ONE_USDC}, 3)
    maker = world.sessions["maker"]
    tied = {order.position for order in maker.wallet.orders}
    free = [holding.account.balances[ETH] for holding in maker.wallet.live if holding.position not in tied]
    assert free == [5 * ONE_ETH] and len(tied) == 3


@pytest.mark.parametrize("lots", [2, 3])
def test_a_lot_that_sells_money_has_the_pools_fee_too(tmp_path, lots):
    with desks.opened(tmp_path, "maker", "taker", leg_fee=1_000) as world:
        world.deposit("maker", usdc=1_000 * ONE_USDC)
        world.offer("maker", {USDC: 300 * ONE_USDC}, {ETH: ONE_ETH}, lots, "taker")
        assert len(world.board()) == lots


def test_each_lot_on_margin_has_its_share_of_the_account(world):
    pools.publish(world.ledger, world.later())
    world.deposit("maker", usdc=8_000 * ONE_USDC)
    placed = world.offer("maker", {DUSDC: 6_000 * ONE_USDC}, {PERP: 2}, 2)
    maker = world.sessions["maker"]
    assert [holding.account.balances[ETH] for holding in maker.wallet.live] == [4 * ONE_ETH] * 2
    (one,) = seen(world, "taker")
    assert all(lot.leg.margin for lot in one.lots) and one.group == placed.group


def test_an_account_that_owes_is_divided_once_and_its_parts_are_used_as_they_are(world):
    pools.publish(world.ledger, world.later())
    world.deposit("maker", usdc=8_000 * ONE_USDC)
    maker, terms = world.sessions["maker"], ({DUSDC: 600 * ONE_USDC}, {PERP: 2})
    reader = addresses.of(world.sessions["taker"].wallet.seed, 0)
    borrowed = orders.place(
        maker, {DUSDC: 2_000 * ONE_USDC}, {USDC: 1_900 * ONE_USDC}, [reader], world.now_ms + desks.HOUR_MS,
        world.later(), agree=trade.allow_new_debts, is_backed=False,
    )  # fmt: skip
    orders.take(world.sessions["taker"], borrowed.order_id, world.later(), agree=trade.allow_new_debts)
    sessions.sync(maker)
    assert [min(holding.account.balances) < 0 for holding in maker.wallet.live] == [True]
    placed = world.offer("maker", *terms, 2, "taker")
    assert len(world.board()) == 2 and len(maker.wallet.live) == 2
    ending.cancel(maker, placed.group, world.later())
    before = len(world.bundles)
    assert len(world.offer("maker", *terms, 2, "taker").order_ids) == 2
    assert len(world.bundles) == before and len(maker.wallet.live) == 2


def test_the_accounts_that_are_named_are_used_as_they_are_and_no_others(world):
    maker = world.sessions["maker"]
    splitting.split_evenly(maker, 4, world.later())
    sessions.sync(maker)
    named = sorted(holding.position for holding in maker.wallet.live)[-2:]
    world.offer("maker", {ETH: 2 * ONE_ETH}, PRICE, 2, using=named)
    assert sorted(order.position for order in maker.wallet.orders) == named


def test_lots_that_would_lack_margin_are_refused_before_anything_is_divided(world):
    pools.publish(world.ledger, world.later())
    bundles = len(world.bundles)
    with pytest.raises(Unsatisfied, match="divided among 4 lots, the margin does not suffice.*: place fewer lots"):
        world.offer("maker", {DUSDC: 1_000_000 * ONE_USDC}, {USDC: 4}, 4)
    with pytest.raises(Unsatisfied, match="divided among 2 lots, the account would lack 0.5 ETH"):
        world.offer("maker", {ETH: 9 * ONE_ETH}, {USDC: 4}, 2)
    assert len(world.bundles) == bundles and world.board() == [] and len(world.sessions["maker"].wallet.live) == 1


def test_an_interrupted_command_goes_on_where_it_was_and_places_nothing_twice(world, monkeypatch):
    placed, calls = orders.place, []
    monkeypatch.setattr(outbox, "MAX_WAITING", 2)  # as with more lots than the outbox keeps the bytes of

    def interrupted(*given, **how):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return placed(*given, **how)

    start = world.now_ms
    with monkeypatch.context() as patch:
        patch.setattr(orders, "place", interrupted)
        with pytest.raises(KeyboardInterrupt):
            world.offer("maker", EIGHT, PRICE, 8)
    earlier = world.board()
    assert len(earlier) == 3
    world.now_ms = start + desks.HOUR_MS // 2
    outcome = world.offer("maker", EIGHT, PRICE, 8)
    assert not outcome.is_repeated and outcome.order_ids[:3] == tuple(earlier) and len(world.board()) == 8
    (one,) = seen(world, "taker")
    assert len(one.lots) == 8 and world.outbox("maker") == ()
    assert len(world.sessions["maker"].wallet.live) == 8, "divided once"


def test_a_key_places_one_set_and_tells_which(world):
    first = world.offer("maker", EIGHT, PRICE, 8, once="mine")
    again = world.offer("maker", EIGHT, PRICE, 8, once="mine")
    assert again.is_repeated and again.group == first.group and sorted(again.order_ids) == sorted(first.order_ids)
    assert len(world.board()) == 8 and [entry.key for entry in world.outbox("maker")] == ["mine"]


def test_nothing_is_divided_or_placed_when_its_owner_does_not_agree(world):
    def refuse(trade):
        assert trade.sells == "8 ETH" and trade.buys == "24,000 USDC"
        raise Unsatisfied("no")

    bundles = len(world.bundles)
    with pytest.raises(Unsatisfied, match="no"):
        world.offer("maker", EIGHT, PRICE, 8, agree=refuse)
    assert len(world.bundles) == bundles and world.outbox("maker") == () and world.board() == []


@pytest.mark.parametrize("lots", [1, 32])
def test_a_set_has_as_many_lots_as_one_bundle_can_take(world, lots):
    with pytest.raises(FormatError, match="2 to 31 lots"):
        world.offer("maker", EIGHT, PRICE, lots)


def test_a_cancel_moves_every_lot_in_one_bundle_and_the_accounts_can_be_used_again(world):
    maker = world.sessions["maker"]
    placed = world.offer("maker", EIGHT, PRICE, 8)
    bundles = len(world.bundles)
    settled = ending.cancel(maker, placed.group, world.later())
    assert len(settled.bundle.legs) == 8 and {each.order_id for each in settled.closed} == set(placed.order_ids)
    assert world.board() == [] and len(world.bundles) == bundles + 1
    world.offer("maker", EIGHT, {USDC: 25_000 * ONE_USDC}, 8)
    assert len(world.bundles) == bundles + 1 and len(world.board()) == 8, "no split was necessary"
    with pytest.raises(Unsatisfied, match="nothing is left of the set"):
        ending.cancel(maker, placed.group, world.later())


def test_a_cancelled_set_is_not_continued_by_the_command_that_was_interrupted(world, monkeypatch):
    def refuse(ledger, posting, now_ms):
        if len(world.board()) == 2:
            raise Rejected(Rejection.BOARD_FULL, "the board is full")
        return desks.post(ledger, posting, now_ms, lambda claims: None)

    with monkeypatch.context() as patch:
        patch.setattr(board, "place", refuse)
        with pytest.raises(Rejected, match="board is full"):
            world.offer("maker", EIGHT, PRICE, 8)
    maker = world.sessions["maker"]
    (group,) = {order.terms.group.hex() for order in maker.wallet.orders}
    ending.cancel(maker, group, world.later())
    assert world.outbox("maker") == ()
    again = world.offer("maker", EIGHT, PRICE, 8)
    assert again.group != group and len(world.board()) == 8


def test_withdrawing_a_set_takes_all_its_lots_off_the_board(world):
    maker = world.sessions["maker"]
    placed = world.offer("maker", EIGHT, PRICE, 8)
    done = ending.withdraw(maker, placed.group, world.later())
    assert {each.order_id for each in done} == set(placed.order_ids) and world.board() == []
    assert all(order.is_withdrawn for order in maker.wallet.orders)


def test_a_refresh_proves_the_margin_of_every_lot_again(world):
    pools.publish(world.ledger, world.later())
    world.deposit("maker", usdc=8_000 * ONE_USDC)
    placed = world.offer("maker", {DUSDC: 6_000 * ONE_USDC}, {PERP: 2}, 2)
    maker, told = world.sessions["maker"], []
    pools.publish(world.ledger, world.later())
    for _ in range(2):
        ending.refresh(maker, placed.group, world.later(), lambda outcome, is_fresh: told.append((outcome, is_fresh)))
    assert [(outcome.epoch, is_fresh) for outcome, is_fresh in told] == [(2, False)] * 2 + [(2, True)] * 2
    assert {outcome.order_id.hex() for outcome, _ in told} == set(placed.order_ids)
    cash = world.offer("maker", {ETH: 2}, {USDC: 2}, 2)
    with pytest.raises(Unsatisfied, match="needs no refreshing"):
        ending.refresh(maker, cash.group, world.later(), lambda *_: None)


def test_a_set_is_named_by_the_first_digits_of_its_group(world):
    maker = world.sessions["maker"]
    placed = world.offer("maker", EIGHT, PRICE, 2)
    assert ending.group_named(maker.wallet, placed.group[:6]) == placed.group
    assert ending.group_named(maker.wallet, placed.group) == placed.group
    assert ending.group_named(maker.wallet, placed.group[:3]) is None
    assert ending.group_named(maker.wallet, placed.order_ids[0]) is None
    assert {order.order_id for order in ending.lots_of(maker.wallet, placed.group)} == set(placed.order_ids)
    sessions.sync(maker)
