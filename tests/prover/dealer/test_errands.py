"""What a desk does beside quoting: each errand is done in a round, told, and stops nothing else when it fails."""

from fractions import Fraction
from functools import partial
from types import SimpleNamespace

import pytest

from prover.carriers import dispatch
from prover.carriers.carriedorders import CarriedOrders
from prover.carriers.carrier import Refused, Unavailable
from prover.carriers.dispatch import Dispatcher
from prover.carriers.memory import Hub
from prover.dealer import errands
from prover.dealer.errands import Errands
from prover.dealer.reserve.rules import TopUp
from prover.dealer.strategies.strategy import Wish
from prover.stops import firing, stopfile
from prover.stops.firing import Event
from prover.stops.stops import Prices, Stop
from prover.trader import reposting
from prover.trader.renewing import Renewed
from tests.prover.dealer import scene as scenes
from tests.prover.dealer.scene import changes
from tests.prover.rfq.desks import ETH, USDC
from zk.errors import Unsatisfied


@pytest.fixture
def scene(tmp_path):
    with scenes.scene(tmp_path) as made:
        yield made


class Reserve:
    """A reserve of which this is due, and which does it or raises."""

    def __init__(self, *due: TopUp, fails: bool = False):
        self.wanted, self.fails, self.done = due, fails, []

    def due(self, now_ms):
        return self.wanted

    def perform(self, wanted, now_ms):
        if self.fails:
            raise Unsatisfied("the reserve is empty")
        self.done.append(wanted)
        return SimpleNamespace(receipt=SimpleNamespace(height=7))


def test_one_account_is_topped_up_at_a_time_and_the_reason_is_told(scene):
    reserve = Reserve(TopUp(3, 1, 5_000_000, "it is near its margin"), TopUp(4, 1, 1, "so is it"))
    made = Errands(scene.maker.session, scene.journal, reserve)
    assert made.run(lambda: scene.world.now_ms)
    assert [each.position for each in reserve.done] == [3]
    (line,) = scene.lines("topped up")
    assert line.why == "it is near its margin"
    assert line.numbers == {"amount": "5 USDC", "position": 3, "from_position": 1, "height": 7}


def test_a_top_up_that_fails_is_told_once_and_tried_again_later(scene):
    made = Errands(scene.maker.session, scene.journal, Reserve(TopUp(3, 1, 5, "it is near"), fails=True))
    for _ in range(3):
        assert not made.run(lambda: scene.world.later(3_000))
    assert [line.why for line in scene.lines("not topped up")] == ["the reserve is empty"]


def test_stop_orders_are_looked_after_in_a_round_and_one_that_waits_is_told_once(scene, monkeypatch):
    events = [Event("s1", "done", "it was sold", {"stop": "s1"}), Event("s2", "waits", "nobody buys", {"stop": "s2"})]
    monkeypatch.setattr(errands.firing, "step", lambda session, now_ms: tuple(events))
    assert scene.step()
    events.pop(0)
    assert not scene.step()
    told = [(line.why, line.numbers["what"], line.numbers["stop"]) for line in scene.lines("stop order")]
    assert told == [("it was sold", "done", "s1"), ("nobody buys", "waits", "s2")]


def test_a_stop_that_is_triggered_and_waits_is_told_and_the_desk_goes_on(scene, monkeypatch):
    session = scene.maker.session
    monkeypatch.setattr(firing, "newest", lambda _: Prices(2, (2_850,) * 16))
    stop = Stop("0a1b2c3d", ETH, False, 2_900, True, ETH, 5, 0, USDC, 10, 1, (), 3_600_000, False, 1, 0, 1)
    stopfile.change(session.file.path, session.wallet.view, lambda kept: [*kept, stop])
    assert scene.step() and not scene.step()
    told = [(line.numbers["what"], line.numbers["stop"]) for line in scene.lines("stop order")]
    assert told == [("triggered", "0a1b2c3d"), ("waits", "0a1b2c3d")]
    assert "the board has nothing" in scene.lines("stop order")[1].why
    assert stopfile.read(session.file.path, session.wallet.view)[0].state == "triggered"


class Relay(Hub):
    """A carrier that answers each order with what `answers` has next, the last of them for ever."""

    def __init__(self, scene):
        world = scene.world
        super().__init__(world.ledger.ledger_id, lambda: world.now_ms, has_threads=False)
        self.answers, self.asked_ms = [Unavailable("nobody is there")], []
        dispatcher = Dispatcher([self.carrier("relay")], lambda: world.now_ms)
        world.ledger.orders = CarriedOrders(
            world.ledger, dispatcher, lambda: world.now_ms, uses_board=False, verify_proofs=world.notary.verify
        )

    def publish(self, data):
        self.asked_ms.append(self._clock())
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is not None:
            raise answer
        super().publish(data)


def test_an_order_that_no_carrier_took_is_sent_again_while_the_desk_runs(scene):
    relay = Relay(scene)
    scene.strategy.quotes = [scene.wants("bid", USDC=-1_000, ETH=1)]
    assert not scene.step(0) and "nobody is there" in scene.dealer.trouble
    for _ in range(40):
        scene.step(500)
    first_ms, *again_ms = [ms - relay.asked_ms[0] for ms in relay.asked_ms]
    assert (first_ms, again_ms) == (0, [2_000, 6_000, 14_000]), "each pause is twice the one before"
    (told,) = scene.lines("not carried")  # and not each time
    assert told.why == f"order {told.numbers['order'][:16]}: nobody is there"
    relay.answers = [None]
    for _ in range(80):
        scene.step(500)
    assert len(relay.asked_ms) == 5 and len(relay._orders) == 1
    ((stood,),) = [each.parts for each in scene.dealer.standing.values()]
    assert [(line.numbers["order"], line.numbers["places"]) for line in scene.lines("carried")] == [(stood.order_id, 1)]


def test_an_order_that_was_refused_when_it_was_sent_again_is_placed_anew(scene):
    relay = Relay(scene)
    relay.answers = [Unavailable("nobody is there"), Refused("its epoch is over"), None]
    scene.strategy.quotes = [scene.wants("bid", USDC=-1_000, ETH=1)]
    for _ in range(8):
        scene.step(500)
    (told,), (order,) = scene.lines("not carried"), relay._orders
    assert told.why.endswith("its epoch is over") and told.numbers["order"] != order.hex()
    ((stood,),) = [each.parts for each in scene.dealer.standing.values()]
    assert order.hex() == stood.order_id and len(relay.asked_ms) == 3


def test_an_order_whose_account_has_moved_is_not_sent_again(scene, monkeypatch):
    relay = Relay(scene)
    dispatcher = scene.world.ledger.orders.dispatcher
    monkeypatch.setattr(dispatcher, "_renew", partial(reposting.renewed, scene.maker.session))
    scene.strategy.quotes = [scene.wants("bid", USDC=-1_000, ETH=1)]
    scene.step(0)
    scene.step(500)
    scene.strategy.quotes = []
    for _ in range(10):
        scene.step(1_000)
    assert len(relay.asked_ms) == 1 and not scene.dealer.standing
    assert [each.state(scene.world.now_ms) for each in dispatcher.messages()] == [dispatch.ANSWERED]
    assert not scene.lines("carried", "not carried")


def test_kept_orders_are_renewed_in_a_round(scene, monkeypatch):
    renewed = [Renewed("aa", "bb"), Renewed("cc", None, "no margin")]
    monkeypatch.setattr(errands.renewing, "step", lambda session, now_ms: tuple(renewed))
    assert scene.step() and scene.step()
    told = [(line.numbers["order"], line.numbers["instead_of"]) for line in scene.lines("renewed")]
    assert told == [("bb", "aa")] * 2
    assert [(line.why, line.numbers["order"]) for line in scene.lines("not renewed")] == [("no margin", "cc")]


def test_what_a_strategy_wishes_is_taken_from_the_board(scene):
    other = scene.world.desk(ETH)
    scenes.orders.place(
        other.session, {ETH: 5}, {USDC: 10_000}, [scene.maker.address], scene.world.now_ms + 3_600_000,
        scene.world.later(),
    )  # fmt: skip
    scene.strategy.wished = (Wish("hedge", ETH, 5, USDC, Fraction(2_000), "the position is short"),)
    before = scene.balances(scene.maker)
    assert scene.step()
    scene.strategy.wished = ()
    after = scene.balances(scene.maker)
    assert tuple(new - old for new, old in zip(after, before, strict=True)) == changes(ETH=5, USDC=-10_000)
    assert any(line.why == "the position is short" for line in scene.lines())
