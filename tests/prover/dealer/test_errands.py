"""What a desk does beside quoting: each errand is done in a round, told, and stops nothing else when it fails."""

from fractions import Fraction
from types import SimpleNamespace

import pytest

from prover.dealer import errands
from prover.dealer.errands import Errands
from prover.dealer.reserve.rules import TopUp
from prover.dealer.strategies.strategy import Wish
from prover.stops import firing, stopfile
from prover.stops.firing import Event
from prover.stops.stops import Prices, Stop
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
