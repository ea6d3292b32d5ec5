"""Orders that are replaced, placed as alternatives, and kept: of those on one account one settles at most, whatever
breaks, and the wallet's history says what became of each."""

from dataclasses import replace

import pytest

from prover.trader import (
    addresses,
    alternatives,
    lifetimes,
    marks,
    orderhistory,
    orders,
    renewing,
    replacing,
    sessions,
    wallets,
)
from prover.trader.lifetimes import Life
from prover.trader.replacing import Wanted
from settlement.bundles import encoding
from settlement.orders import board
from settlement.rejection import Rejected, Rejection
from tests.prover.trader import payer
from tests.prover.trader.payer import ETH, HOUR_MS, RECEIVER, USDC, Crash, World
from zk.errors import FormatError, Unsatisfied

DAY_MS = 24 * HOUR_MS
STEPS = 24
TO = (addresses.of(wallets.restore(RECEIVER).seed, 0),)


@pytest.fixture(scope="module", autouse=True)
def patched():
    with payer.stepping() as worlds:
        yield worlds


@pytest.fixture(scope="module")
def founded(tmp_path_factory, patched):
    """A world with an order on the board, to copy."""
    patched[:] = [made := World(tmp_path_factory.mktemp("founded"))]
    assert made.place()
    return made


@pytest.fixture
def world(tmp_path, patched, founded):
    patched[:] = [made := founded.copy(tmp_path / "world")]
    return made


def life(world: World) -> Life:
    return Life(world.now_ms + HOUR_MS)


def dearer(world: World, session, old: str, *, voids: bool):
    """Replaces the order by one that asks for 2 ETH."""
    return replacing.replace_order(session, old, Wanted(buy={ETH: 2}), life(world), world.now_ms, voids=voids,
                                   is_backed=False)  # fmt: skip


def history(session) -> dict[str, tuple[int | None, bool]]:
    sessions.sync(session)
    over = orderhistory.read(session.file.path, session.wallet.view)
    return {past.own.order_id: (past.taken_height, past.has_expired) for past in over}


def take(world: World, order: board.Order | str) -> None:
    with world.receiver(ETH) as taker:
        orders.take(taker, order, world.now_ms)


def copied(world: World, order_id: str) -> bytes:
    """What somebody has who copied an order from the board."""
    with world.session() as session:
        found = orders.posted(session.ledger, order_id, world.now_ms)
        return encoding.encode_leg(found.leg)


def test_a_replaced_order_is_void_and_keeps_what_was_not_said(world):
    (old,) = world.board()
    with world.session() as session:
        replaced = dearer(world, session, old[:8], voids=True)
        assert (replaced.old, replaced.old_until_ms) == (old, 0)
        assert history(session) == {old: (None, False)}
        (new,) = session.wallet.orders
        assert (new.terms.changes[USDC], new.terms.changes[ETH]) == (-5, 2)
        assert new.mark.replaces == old and new.mark.readers == (addresses.encode(TO[0]),)
        again = dearer(world, session, old, voids=True)
        assert again.placed.is_repeated and again.placed.order_id == new.order_id
    assert world.board() == [new.order_id]
    take(world, new.order_id)
    with world.session() as session:
        assert history(session)[new.order_id][0] > 0
        with pytest.raises(Unsatisfied, match="was taken: there is nothing to replace"):
            dearer(world, session, new.order_id, voids=True)


def test_on_the_same_account_the_old_one_is_off_the_board_and_one_of_the_two_settles(world):
    (old,) = world.board()
    leg = copied(world, old)
    with world.session() as session:
        replaced = dearer(world, session, old, voids=False)
        assert replaced.old_until_ms > world.now_ms
        assert [order.is_withdrawn for order in session.wallet.orders] == [True, False]
        assert encoding.decode_leg(leg).nullifier == replaced.placed.leg.nullifier
    assert world.board() == [replaced.placed.order_id]
    take(world, replaced.placed.order_id)
    with world.session() as session:
        ended = history(session)
        assert ended[old] == (None, False) and ended[replaced.placed.order_id][0]


@pytest.mark.parametrize("voids", [True, False])
def test_a_replacement_that_was_interrupted_anywhere_is_finished_by_the_same_command(tmp_path, patched, founded, voids):
    for at in range(1, STEPS + 1, 3):
        patched[:] = [world := founded.copy(tmp_path / str(at))]
        (old,) = world.board()
        world.fault, world.left = Crash(), at
        reached = False
        try:
            with world.session() as session:
                dearer(world, session, old, voids=voids)
        except Crash:
            reached = True
        world.fault = None
        assert len(world.board()) <= 1 + (not voids), at
        with world.session() as session:
            done = dearer(world, session, old, voids=voids)
        assert world.board() == [done.placed.order_id] and old not in world.board(), at
        if not reached:
            assert at > 8
            return
    raise AssertionError("a replacement has more steps than this test knows")


def test_what_the_account_cannot_pay_leaves_the_old_order_as_it_was(world):
    (old,) = world.board()
    with world.session() as session:
        for wanted, why in ((Wanted(sell={USDC: 10**7}), "what is held is never owed"),
                            (Wanted(sell={}, buy={}), "neither")):  # fmt: skip
            with pytest.raises((Unsatisfied, FormatError), match=why):
                replacing.replace_order(session, old, wanted, life(world), world.now_ms, is_backed=False)
        with pytest.raises(FormatError, match="no order of this wallet begins with"):
            replacing.replace_order(session, "ffff", Wanted(), life(world), world.now_ms)
        earlier = tuple(replace(each, mark=replace(each.mark, readers=())) for each in session.wallet.orders)
        session.file.save(replace(session.wallet, orders=earlier))
        with pytest.raises(FormatError, match="say --to"):
            dearer(world, session, old, voids=True)
        assert orders.posted(session.ledger, old, world.now_ms)


def test_when_the_new_one_is_refused_its_owner_is_told_that_the_old_one_is_void(world, monkeypatch):
    (old,) = world.board()

    def refuses(*_):
        raise Rejected(Rejection.BOARD_FULL, "the board has 1024 orders")

    with world.session() as session:
        with monkeypatch.context() as patch:
            patch.setattr(board, "place", refuses)
            with pytest.raises(Unsatisfied, match=r"is void, and nothing stands in its place: .*_FULL.*, repeated"):
                dearer(world, session, old, voids=True)
        world.now_ms += 1_000
        done = dearer(world, session, old, voids=True)
    assert world.board() == [done.placed.order_id]


def both(world: World, session, key: str | None = None):
    """Two alternatives: 5 USDC for 1 ETH, or 9 USDC for 2 ETH."""
    sides = [({USDC: 5}, {ETH: 1}), ({USDC: 9}, {ETH: 2})]
    return alternatives.place(session, sides, TO, life(world), world.now_ms, is_backed=False, once=key)


def test_of_alternatives_one_settles(world):
    with world.session() as session:
        placed = both(world, session, "mine")
        ids = list(placed.order_ids)
        own = [order for order in session.wallet.orders if order.mark.alternatives == placed.name]
        assert [order.order_id for order in own] == ids and len({order.position for order in own}) == 1
        with pytest.raises(Unsatisfied, match="would void what else stands on it"):
            dearer(world, session, ids[0], voids=True)
        assert both(world, session, "mine").order_ids == placed.order_ids
    assert len(world.board()) == 3
    take(world, ids[1])
    with world.session() as session:
        ended = history(session)
        assert ended[ids[1]][0] and ended[ids[0]] == (None, False)
    with world.session(name="receiver") as taker, pytest.raises(Rejected):
        orders.take(taker, ids[0], world.now_ms)


def test_alternatives_that_were_interrupted_anywhere_are_each_placed_once_on_one_account(tmp_path, patched, founded):
    for at in range(1, STEPS + 1, 3):
        patched[:] = [world := founded.copy(tmp_path / str(at))]
        world.fault, world.left = Crash(), at
        reached = False
        try:
            with world.session() as session:
                both(world, session, "mine")
        except Crash:
            reached = True
        world.fault = None
        with world.session() as session:
            placed = both(world, session, "mine")
            own = [each for each in session.wallet.orders if each.mark.alternatives]
        assert sorted(each.order_id for each in own) == sorted(placed.order_ids), at
        assert len({each.position for each in own}) == 1 and len(world.board()) == 3, at
        if not reached:
            assert at > 8
            return
    raise AssertionError("placing has more steps than this test knows")


def test_alternatives_that_make_no_sense_are_refused_before_the_first_is_placed(world):
    sides = ({USDC: 5}, {ETH: 1})
    with world.session() as session:
        for wanted, why in (([sides], "takes 2 to 8 orders"), ([sides, sides], "two of the orders are the same"),
                            ([sides, ({}, {})], "neither sells nor buys"),
                            ([sides, ({USDC: 10**7}, {ETH: 1})], "what is held is never owed")):  # fmt: skip
            with pytest.raises((FormatError, Unsatisfied), match=why):
                alternatives.place(session, wanted, TO, life(world), world.now_ms, is_backed=False)
    assert len(world.board()) == 1


def test_an_order_until_cancelled_is_placed_anew_before_it_expires_and_one_that_is_not_kept_never(world):
    with world.session() as session:
        kept = lifetimes.read("1h", lifetimes.CANCELLED, world.now_ms)
        placed = orders.place(
            session, {USDC: 7}, {ETH: 1}, TO, kept.expiry_ms, world.now_ms, is_backed=False,
            mark=marks.Mark(is_kept=True),
        )  # fmt: skip
        assert renewing.step(session, world.now_ms) == ()
    world.now_ms = placed.terms.expiry_ms - renewing.BEFORE_MS
    with world.session() as session:
        (renewed,) = renewing.step(session, world.now_ms)
        assert renewed.old == placed.order_id and renewing.step(session, world.now_ms) == ()
        new = next(order for order in session.wallet.orders if order.order_id == renewed.new)
        assert new.mark.is_kept and new.mark.replaces == placed.order_id
        assert new.terms.changes == placed.terms.changes and new.terms.expiry_ms > world.now_ms + 6 * DAY_MS
    assert world.board() == [renewed.new]


def test_the_history_of_another_wallet_or_of_a_crash_between_its_two_saves_counts_once(world):
    (old,) = world.board()
    with world.session() as session:
        before = session.wallet
        orders.cancel(session, old, world.now_ms)
        session.file.save(before)  # as if the process had been gone before the wallet was saved
        assert history(session) == {old: (None, False)}
