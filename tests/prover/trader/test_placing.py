"""An order is placed once, whatever breaks and wherever, and a repetition says what became of it."""

from dataclasses import replace

import pytest

from prover.trader import addresses, moves, orders, sessions, terms
from prover.trader.sessions import Unreported
from settlement.orders import board
from settlement.rejection import Rejected, Rejection
from tests.prover.trader import payer
from tests.prover.trader.payer import ETH, HOUR_MS, STEPS, USDC, Crash, World, full
from zk.errors import Unsatisfied


@pytest.fixture(scope="module", autouse=True)
def patched():
    with payer.stepping() as worlds:
        yield worlds


@pytest.fixture(scope="module")
def founded(tmp_path_factory, patched):
    """A world to copy."""
    return World(tmp_path_factory.mktemp("founded"))


@pytest.fixture
def world(tmp_path, patched, founded):
    patched[:] = [made := founded.copy(tmp_path / "world")]
    return made


def own_orders(world: World) -> list[str]:
    with world.session() as session:
        return [order.order_id for order in session.wallet.orders]


def test_two_honest_orders_with_the_same_terms_are_two(world):
    assert world.place() and world.place()
    assert sorted(world.board()) == sorted(own_orders(world)) and len(world.board()) == 2
    assert world.entries() == ()


@pytest.mark.parametrize("fault", [Crash, full], ids=["crash", "full disk"])
@pytest.mark.parametrize("key", [None, "mine"])
def test_repeated_after_a_fault_at_any_step_it_is_placed_once(tmp_path, patched, founded, fault, key):
    reached = 0
    for at in range(1, STEPS + 1):
        patched[:] = [world := founded.copy(tmp_path / str(at))]
        ended = world.place(key, fault=fault(), at=at)
        before = world.board()
        reached += not ended
        assert ended or world.place(key)
        assert world.board() == own_orders(world) == [world.told[-1].order_id], at
        assert world.told[-1].is_repeated == (bool(before) and not ended), at
        assert world.told[-1].terms.changes[USDC] == -5 and world.told[-1].terms.changes[ETH] == 1
    assert 5 < reached < STEPS


def test_a_key_places_one_order_and_tells_what_became_of_it(world):
    assert world.place("mine") and world.place("mine")
    first, again = world.told
    assert again.is_repeated and again.is_open and again.order_id == first.order_id
    assert (again.leg, again.terms, again.backed_by) == (first.leg, first.terms, first.backed_by)
    with world.session() as session:
        orders.cancel(session, first.order_id, world.now_ms)
    assert world.place("mine")
    assert world.told[-1].is_repeated and not world.told[-1].is_open and world.told[-1].terms == first.terms
    assert world.board() == []


def test_what_an_earlier_version_was_about_to_place_is_still_known(world):
    """Its terms take 177 bytes in the entry, and name no group."""
    assert not world.place("mine", fault=Crash(), at=5)
    with world.session() as session:
        (entry,) = (each for each in session.wallet.outbox if each.key == "mine")
        earlier = replace(entry, data=entry.data[:1] + bytes([terms.OLD_KIND]) + entry.data[2:178] + entry.data[195:])
        assert entry.data[1] == terms.KIND and not any(entry.data[178:194])
        session.file.save(replace(session.wallet, outbox=(earlier,)))
    assert world.place("mine") and world.told[-1].is_repeated
    assert world.board() == own_orders(world) == [world.told[-1].order_id]


def test_an_order_that_was_taken_before_its_maker_was_told_is_not_placed_again(world, patched):
    assert not world.place(fault=Crash(), at=5)
    (order_id,) = world.board()
    with world.receiver(ETH) as taker:
        orders.take(taker, order_id, world.now_ms)
    assert world.board() == []
    assert world.place() and world.told[-1].order_id == order_id
    assert world.told[-1].is_repeated and not world.told[-1].is_open
    assert world.place() and not world.told[-1].is_repeated


def test_what_is_made_again_comes_from_the_same_account(world):
    """So that of the two at most one settles, if somebody had a copy of the first one after all."""
    with world.session() as session:
        position = session.wallet.live[0].position
    assert not world.place(fault=Crash(), at=3), "saved, not posted"
    with world.session() as session:
        address = addresses.of(session.wallet.seed, 0)
    with world.receiver(USDC) as session:
        moves.pay(session, address, USDC, 7, world.now_ms)
    with world.session() as session:
        assert len(sessions.sync(session).wallet.live) == 2, "the newest one would be chosen otherwise"
    assert world.place()
    with world.session() as session:
        assert [order.position for order in session.wallet.orders] == [position]


def test_what_the_board_refuses_is_forgotten(world, monkeypatch):
    def refuse(*_):
        raise Rejected(Rejection.BOARD_FULL, "the board is full")

    with monkeypatch.context() as patch:
        patch.setattr(board, "place", refuse)
        with pytest.raises(Rejected):
            world.place("mine")
    assert own_orders(world) == [] and world.entries() == ()


def test_an_order_that_may_have_been_placed_is_not_placed_again_when_its_bytes_are_gone(world):
    assert not world.place("mine", fault=Crash(), at=3)
    for number in range(17):
        assert world.run(1, str(number))
    world.now_ms += HOUR_MS
    with pytest.raises(Unsatisfied, match="may have placed order"):
        world.place("mine")


def test_in_python_a_fault_after_the_board_has_it_says_so(world):
    world.fault, world.left = full(), 4
    told = "order [0-9a-f]{64} is placed, but"
    with world.session() as session, pytest.raises(Unreported, match=told) as failed:
        world.order(session)
    with world.session() as session:
        assert world.order(session).order_id == failed.value.outcome.order_id
    assert len(world.board()) == 1
    assert repr(failed.value.outcome) == "Placed"


def test_a_key_that_is_added_to_an_order_which_was_placed_untold_does_not_place_another(tmp_path, patched, founded):
    reached = 0
    for at in range(1, STEPS + 1):
        patched[:] = [world := founded.copy(tmp_path / str(at))]
        if world.place(fault=Crash(), at=at) or not world.board():
            continue
        reached += 1
        with pytest.raises(Unsatisfied, match="without --once placed order .*repeat it without --once to see"):
            world.place("mine")
        assert world.place() and world.told[-1].is_repeated and len(world.board()) == 1
        assert world.place("mine") and not world.told[-1].is_repeated and len(world.board()) == 2
    assert reached > 2
