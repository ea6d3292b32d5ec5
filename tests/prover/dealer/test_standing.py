"""What stands on the board is what the strategies want: placed, kept, voided, placed again, refreshed."""

import pytest

from prover.dealer import accounts, outlook
from prover.dealer.book import Book
from prover.network.wire.refusals import Refused
from prover.trader import moving, sessions
from settlement.errors import Unavailable
from settlement.orders import board
from tests.prover import pools
from tests.prover.dealer import scene as scenes
from tests.prover.dealer.scene import changes
from tests.prover.rfq.desks import ETH, FUNDS, USDC, line
from zk.errors import Unsatisfied


@pytest.fixture
def scene(tmp_path):
    with scenes.scene(tmp_path, [(USDC, ETH), (USDC, ETH)]) as made:
        yield made


def test_what_a_strategy_wants_is_placed_once_and_says_why(scene):
    scene.strategy.quotes = [scene.wants("bid", USDC=-900, ETH=3), scene.wants("offer", USDC=1000, ETH=-3)]
    assert scene.step()
    assert sorted(scene.listed().values()) == sorted([changes(USDC=-900, ETH=3), changes(USDC=1000, ETH=-3)])
    assert [line.why for line in scene.lines("placed")] == ["the test wants bid", "the test wants offer"]
    assert not scene.step() and not scene.step()
    assert len(scene.listed()) == 2 and len(scene.lines()) == 2


def test_two_quotes_are_on_two_accounts_while_there_are_two(scene):
    scene.strategy.quotes = [scene.wants("bid", USDC=-900, ETH=3), scene.wants("offer", USDC=1000, ETH=-3)]
    scene.step()
    positions = [stood.positions for stood in scene.dealer.standing.values()]
    assert len(frozenset().union(*positions)) == 2


def test_an_order_is_not_put_on_an_account_on_which_a_quote_is_firm(scene):
    scene.taker.ask([line(ETH=2)], scene.maker)
    scene.step()
    (quoted,) = accounts.quoted(scene.maker.session, scene.post.memory, scene.world.now_ms)
    scene.strategy.quotes = [scene.wants("bid", USDC=-900, ETH=3)]
    scene.step()
    ((_, stood),) = scene.dealer.standing.items()
    assert quoted not in stood.positions
    session, everything = scene.maker.session, {holding.position for holding in scene.maker.session.wallet.live}
    assert accounts.choose(session, [changes(USDC=-900, ETH=3)], everything, (), scene.world.now_ms) == quoted


def test_lots_divide_no_account_on_which_a_quote_is_firm(tmp_path):
    with scenes.scene(tmp_path) as scene:
        scene.taker.ask([line(ETH=2)], scene.maker)
        scene.step()
        scene.strategy.quotes = [scene.wants("bid", lots=2, USDC=-900, ETH=3)]
        scene.step()
        assert "before the quotes" in scene.lines("not placed")[0].why and scene.listed() == {}
        (holding,) = scene.maker.session.wallet.live
        assert holding.position in accounts.quoted(scene.maker.session, scene.post.memory, scene.world.now_ms)
        (quoted,) = scene.lines("quoted")
        scene.step(quoted.numbers["expires_ms"] - scene.world.now_ms)
        assert len(scene.listed()) == 2


def test_lots_share_accounts_before_one_is_divided_on_which_an_order_stands(tmp_path):
    with scenes.scene(tmp_path) as scene:
        sizes = dict(USDC=-FUNDS, ETH=3)
        scene.strategy.quotes = [scene.wants("one", lots=2, **sizes), scene.wants("two", lots=2, **sizes)]
        for _ in range(3):
            scene.step()
        assert [len(stood.parts) for stood in scene.dealer.standing.values()] == [2, 2]
        one, two = (stood.positions for stood in scene.dealer.standing.values())
        assert one == two and not scene.lines("closed")


def test_lots_never_use_the_accounts_of_a_reserve(scene):
    session, everything = scene.maker.session, {holding.index for holding in scene.maker.session.wallet.live}
    own, lots = accounts.Accounts(session, scene.post.memory, everything), [changes(USDC=-900, ETH=3)] * 2
    with pytest.raises(Unsatisfied, match="no account"):
        own.for_lots(lots, scene.world.now_ms)
    at, using = accounts.Accounts(session, scene.post.memory).for_lots(lots, scene.world.now_ms)
    assert at is None and using == {holding.position for holding in session.wallet.live}


def test_the_accounts_of_a_reserve_are_never_used(scene):
    session, everything = scene.maker.session, {holding.index for holding in scene.maker.session.wallet.live}
    with pytest.raises(Unsatisfied, match="beside the reserve"):
        accounts.choose(session, [changes(USDC=-900, ETH=3)], (), everything, scene.world.now_ms)


def test_whoever_only_looks_is_not_shown_orders_that_are_over(scene):
    scene.strategy.quotes = [scene.wants("bid", USDC=-900, ETH=3), scene.wants("offer", USDC=1000, ETH=-3)]
    scene.step()
    gone, left = scene.dealer.standing[("test", "bid")], scene.dealer.standing[("test", "offer")]
    moving.move(scene.maker.session, sorted(gone.positions), scene.world.later())
    sessions.sync(scene.maker.session)
    assert len(Book(scene.maker.session).standing) == 2
    assert outlook._open(scene.maker.session) == {("test", "offer"): left}


def test_another_price_moves_the_account_before_the_new_order_is_placed(scene):
    scene.strategy.quotes = [scene.wants("bid", USDC=-900, ETH=3)]
    scene.step()
    (old,) = scene.listed()
    copied = scene.world.ledger.orders.get(bytes.fromhex(old))
    scene.strategy.quotes = [scene.wants("bid", USDC=-800, ETH=3)]
    scene.step()
    assert list(scene.listed().values()) == [changes(USDC=-800, ETH=3)]
    assert scene.world.ledger.reader.is_spent(copied.nullifier)
    events = [line.event for line in scene.lines()]
    assert events == ["placed", "voiding", "moved", "closed", "placed"]


def test_a_change_within_the_slack_moves_nothing(scene):
    scene.strategy.quotes = [scene.wants("bid", USDC=-900, ETH=3)]
    scene.step()
    before = scene.listed()
    scene.strategy.quotes = [scene.wants("bid", slack_bps=200, USDC=-910, ETH=3)]
    assert not scene.step()
    scene.strategy.quotes = [scene.wants("bid", slack_bps=100, USDC=-910, ETH=3)]
    assert scene.step()
    assert scene.listed() != before


def test_several_changed_quotes_move_in_one_bundle(scene):
    scene.strategy.quotes = [scene.wants("bid", USDC=-900, ETH=3), scene.wants("offer", USDC=1000, ETH=-3)]
    scene.step()
    height = scene.world.ledger.reader.last_event().height
    scene.strategy.quotes = []
    scene.step()
    assert scene.listed() == {} and scene.dealer.standing == {}
    assert scene.world.ledger.reader.last_event().height == height + 1
    (line,) = scene.lines("moved")
    assert line.numbers["accounts"] == 2


def test_what_was_taken_is_placed_again(scene):
    scene.strategy.quotes = [scene.wants("bid", USDC=-900, ETH=3)]
    scene.step()
    (order_id,) = scene.listed()
    scene.take(order_id)
    assert scene.step()
    assert list(scene.listed().values()) == [changes(USDC=-900, ETH=3)] and order_id not in scene.listed()
    assert [line.numbers["orders"] for line in scene.lines("closed")] == [[order_id]]


def test_an_order_that_expires_soon_is_placed_again_on_its_own_account(scene):
    scene.strategy.quotes = [scene.wants("bid", USDC=-900, ETH=3)]
    scene.step()
    ((_, stood),) = scene.dealer.standing.items()
    scene.step(stood.expiry_ms - scene.world.now_ms - 60_000)
    ((_, again),) = scene.dealer.standing.items()
    assert again.expiry_ms > stood.expiry_ms and again.positions == stood.positions
    assert len(scene.listed()) == 2  # of which one can settle
    for order_id in scene.listed():
        if order_id != stood.parts[0].order_id:
            scene.take(order_id)
    assert scene.listed() == {}


def test_lots_are_placed_as_a_set_and_again_when_one_was_taken(scene):
    scene.strategy.quotes = [scene.wants("bid", 2, USDC=-900, ETH=4)]
    scene.step()
    assert list(scene.listed().values()) == [changes(USDC=-450, ETH=2)] * 2
    scene.take(next(iter(scene.listed())))
    scene.step()
    assert list(scene.listed().values()) == [changes(USDC=-450, ETH=2)] * 2
    ((_, stood),) = scene.dealer.standing.items()
    assert stood.changes == changes(USDC=-900, ETH=4)


def test_a_set_that_expires_soon_is_placed_again_as_a_whole(scene):
    scene.strategy.quotes = [scene.wants("bid", 2, USDC=-900, ETH=4)]
    scene.step()
    ((_, stood),) = scene.dealer.standing.items()
    scene.step(stood.expiry_ms - scene.world.now_ms - 60_000)
    ((_, again),) = scene.dealer.standing.items()
    assert again.expiry_ms > stood.expiry_ms and not again.positions & stood.positions
    assert list(scene.listed().values()) == [changes(USDC=-450, ETH=2)] * 2


def test_what_cannot_be_placed_is_told_once_and_tried_again_later(scene):
    scene.strategy.quotes = [scene.wants("bid", BTC=-(10**15), ETH=3), scene.wants("offer", USDC=1000, ETH=-3)]
    for _ in range(3):
        scene.step()
    assert list(scene.listed().values()) == [changes(USDC=1000, ETH=-3)]
    (line,) = scene.lines("not placed")
    assert line.numbers["quote"] == "bid" and "BTC" in line.why


def test_a_strategy_that_fails_has_its_orders_ended_and_the_desk_lives_on(scene):
    scene.strategy.quotes = [scene.wants("bid", USDC=-900, ETH=3)]
    scene.step()
    scene.strategy.fails = True
    scene.step()
    scene.step()
    assert scene.listed() == {}
    (line,) = scene.lines("failed")
    assert "AssertionError: asked for too much" in line.why
    scene.strategy.fails = False
    scene.step()
    assert len(scene.listed()) == 1


@pytest.mark.parametrize("cause", [Unavailable("no answer came"), Refused("too many requests")])
def test_a_round_that_is_cut_off_in_the_middle_of_placing_is_finished_later(scene, monkeypatch, cause):
    scene.strategy.quotes = [scene.wants("bid", USDC=-900, ETH=3), scene.wants("offer", USDC=1000, ETH=-3)]
    place, calls = board.place, []

    def placed(ledger, posting, now_ms):
        calls.append(place(ledger, posting, now_ms))
        if len(calls) == 1:
            raise cause  # it is on the board, and nobody was told

    monkeypatch.setattr(board, "place", placed)
    assert not scene.step() and scene.dealer.trouble
    assert scene.step() and scene.dealer.trouble is None
    assert sorted(scene.listed().values()) == sorted([changes(USDC=-900, ETH=3), changes(USDC=1000, ETH=-3)])
    events = [line.event for line in scene.lines()]
    assert events == ["cut off", "resumed", "dropped", "placed", "back"]
    assert len(calls) == 2


def test_two_quotes_of_one_name_are_a_failure(scene):
    scene.strategy.quotes = [scene.wants("bid", USDC=-900, ETH=3), scene.wants("bid", USDC=-800, ETH=3)]
    scene.step()
    assert scene.listed() == {} and "named 'bid'" in scene.lines("failed")[0].why


def test_at_a_new_epoch_margins_are_proved_again_and_nothing_moves(tmp_path):
    with scenes.scene(tmp_path, [(USDC,)]) as scene:
        scene.strategy.quotes = [scene.wants("bid", DUSDC=-5, ETH=1)]
        scene.step()
        before = scene.listed()
        scene.world.later(3_600_000 - 300_000)
        pools.publish(scene.world.ledger, scene.world.later())
        height = scene.world.ledger.reader.last_event().height
        assert scene.step()
        assert scene.world.ledger.reader.last_event().height == height
        assert len(before) == 1 and scene.listed() == before
        assert [line.numbers["epoch"] for line in scene.lines("refreshed")] == [2]
        assert not scene.step()
