"""The benchmark of two desks: its sides do what they are told, and its figures are of what they did."""

import asyncio
import json
import math
import time

import pytest

from prover.bench import (
    arrivals,
    charts,
    desk,
    deskreport,
    desksites,
    flood,
    junk,
    liveorders,
    report,
    simulated,
    talk,
)
from prover.bench.deskfigures import ALONE, Found, Round, quantile_s
from prover.bench.desksites import Place
from prover.carriers import admission
from prover.carriers.carrier import Unavailable
from prover.carriers.memory import Hub
from prover.machine.home import Home
from prover.network.service import peers
from settlement import engine
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from tests import simulatedorders
from tests.patience import PATIENCE_S
from tests.prover.carriers.sites import now_ms


def test_a_quantile_is_the_time_in_which_so_many_were_done():
    times_s = [total / 10 for total in range(10, 0, -1)]
    assert [quantile_s(times_s, percent) for percent in (10, 50, 90, 95, 100)] == [0.1, 0.5, 0.9, 1.0, 1.0]


def test_the_stages_of_a_round_add_up_to_it():
    made = Round((0.5, 2.0, 2.25, 3.0))
    assert [made.stage_s(number) for number in range(4)] == [0.5, 1.5, 0.25, 0.75] and made.total_s == 3.0


def found(**changes):
    rounds = [Round((0.01, 0.1, 0.11, total_s)) for total_s in (0.2, 0.24, 0.3, 0.6)]
    measured = {
        "rounds": {"cash": (rounds[0], rounds)}, "refreshed": 100, "refresh_s": 1.9, "placed_s": 9.0, "synced": 1000,
        "sync_s": 3.1, "arrived_s": {ALONE: [0.01, 0.02], flood.MANY: [0.02, 0.05]}, "junk_per_s": {flood.MANY: 199.6},
    }  # fmt: skip
    return Found("nostr", 0.5, **{**measured, **changes})


BESIDE = "an honest order beside junk of 20 senders, 95 %"


def reached(measurements):
    return [(row["goal"], row["reached"]) for row in measurements.sections[0].rows]


def test_a_goal_is_reached_or_not_and_of_a_smaller_board_nothing_is_said():
    assert reached(deskreport.report([found()], 4, 1000, 8)) == [
        ("quote settled, cash, 50 %", "yes"), ("quote settled, cash, 95 %", "no"), ("1,000 orders synced", "no"),
        ("100 orders requoted", "yes"), (BESIDE, "no"),
    ]  # fmt: skip
    smaller = found(synced=16, sync_s=0.1, refreshed=16, arrived_s={ALONE: [0.02], flood.MANY: [0.03]})
    assert reached(deskreport.report([smaller], 4, 16, 8))[2:] == [
        ("16 orders synced", "(fewer)"), ("16 orders requoted", "(fewer)"), (BESIDE, "yes")
    ]  # fmt: skip


def test_an_order_that_is_lost_takes_for_ever_and_is_told():
    times_s = [0.01] * 19 + [math.inf]
    one = found(arrived_s={ALONE: [0.01], flood.MANY: times_s})
    made = deskreport.report([one], 4, 1000, 8)
    assert reached(made)[-1] == (BESIDE, "no")
    row = {section.name: section.rows for section in made.sections}["arrivals"][1]
    assert (row["p95_s"], row["max_s"], row["lost"], row["ratio"]) == (0.01, None, 1, 1.0)
    most = found(arrived_s={ALONE: [0.01], flood.MANY: [0.01, math.inf]})
    told = deskreport.report([most], 4, 1000, 8)
    assert told.sections[0].rows[-1]["found"] == "lost"
    json.dumps(report.to_json({}, {}, {}, 0, told), allow_nan=False)


@pytest.mark.skipif(not charts.is_possible(), reason="matplotlib is not installed")
def test_the_chart_shows_every_carrier():
    machine = {"cpu": "c", "cores": 2, "lanes": 8, "threads": 2, "commit": "f"}
    document = report.to_json(
        {"benchmark": "desk"}, machine, {}, 0, deskreport.report([found(), found(sync_s=2.0)], 4, 1000, 0)
    )
    assert charts.draw(json.loads(json.dumps(document))).startswith("<?xml")


@pytest.fixture(scope="module")
def made():
    return simulated.pool(bytes(range(32)), now_ms())


@pytest.fixture
def home(made, tmp_path):
    home = Home(tmp_path / "operator")
    home.pool.path.mkdir(parents=True)
    with Ledger.create(home.ledger, made.pool, now_ms()) as created:
        engine.publish(created, made.quotes(created, now_ms()), now_ms())
    return home


@pytest.fixture
def orders(made, home):
    with Ledger.open(home.ledger) as ledger:
        return simulatedorders.as_bytes(simulatedorders.make(made, ledger, 6, now_ms()))


def test_junk_is_refused_for_its_proofs_and_for_nothing_else(home, orders):
    with Ledger.open(home.ledger) as ledger:
        answers = admission.orders(ledger, junk.make(ledger.ledger_id, orders, 9, now_ms()), now_ms())
    assert [each.rejection for each in answers if isinstance(each, Rejected)] == [Rejection.INVALID_PROOF] * 9


@pytest.fixture
def place(home, tmp_path):
    with Ledger.open(home.ledger, read_only=True) as ledger:
        ledger_id = ledger.ledger_id
    return Place(desksites.MEMORY, tmp_path, home, ledger_id, hub=Hub(ledger_id, now_ms))


def test_honest_orders_arrive_and_a_fresh_board_has_them_all(place, home, orders, monkeypatch):
    monkeypatch.setattr(arrivals, "HONEST_PER_S", 200.0)
    with place.side("reader") as reader:
        assert reader.hear() == {"ready": True}
        took_s = arrivals.arrivals(place.carriers()[0], reader, orders, None)
        assert len(took_s) == len(orders) and 0 < min(took_s) <= max(took_s) < math.inf
    with place.side("board") as board:
        board.hear()
        synced = board.ask(count=len(orders))
    assert synced["orders"] == len(orders) and synced["seconds"] > 0


def test_an_order_that_nobody_carries_is_lost_and_the_next_ones_are_not(place, orders, monkeypatch):
    monkeypatch.setattr(arrivals, "HONEST_PER_S", 200.0)
    monkeypatch.setattr(arrivals, "PATIENCE_S", PATIENCE_S)
    carrier = place.carriers()[0]

    class Deaf:
        name, tries = "deaf", 0

        def publish(self, data):
            if data == orders[0]:
                raise Unavailable("no room")
            if data == orders[1] and not self.tries:
                self.tries += 1
                raise Unavailable("not yet")
            return carrier.publish(data) if data != orders[2] else 1

    class Clock:
        """Patience is over as soon as all have come that will."""

        ahead_s, sleep = 0.0, staticmethod(time.sleep)

        def monotonic(self):
            return time.monotonic() + self.ahead_s

    class Reading:
        def __init__(self, reader):
            self.reader, self.seen = reader, set()

        def hear_within(self, _):
            told = self.reader.hear_within(0.05) or {"seen": [], "at_s": 0.0}
            self.seen |= set(told["seen"])
            running.ahead_s = PATIENCE_S if len(self.seen) == len(orders) - 2 else 0.0
            return told

    with place.side("reader") as reader, monkeypatch.context() as patch:
        reader.hear()
        running = Clock()
        patch.setattr(arrivals, "time", running)
        monkeypatch.setattr(arrivals, "AGAIN_S", 0.01)
        took_s = arrivals.arrivals(Deaf(), Reading(reader), orders[1:], None)
        assert [math.isinf(each) for each in took_s] == [False, True, False, False, False]
        patch.undo()
        monkeypatch.setattr(arrivals, "PATIENCE_S", 0.1)
        assert arrivals.arrivals(Deaf(), reader, orders[:1], None) == [math.inf]


def test_each_kind_of_junk_has_its_senders():
    senders = {kind: [of(number) for number in range(200_000)] for kind, of in flood.KINDS.items()}
    assert {kind: len(set(found)) for kind, found in senders.items()} == {
        flood.MANY: flood.SENDERS, flood.ONE: 1, flood.NEW: 200_000
    }  # fmt: skip
    assert all(peers.name_of(each) for each in senders[flood.NEW][:100])


def test_a_flood_waits_for_no_answer_until_too_many_are_due(monkeypatch):
    monkeypatch.setattr(flood, "IN_FLIGHT", 7)
    begun = []

    async def never(number, sender, piece):
        begun.append(sender)
        await asyncio.sleep(3_600)

    with flood.Flood([b"junk"], 1_000, flood.NEW, never) as sending:
        while len(begun) < 7:
            time.sleep(0.001)
        time.sleep(0.05)
    assert sending.sent == len(begun) == len(set(begun)) == 7 and sending.taken == 0


def test_two_desks_trade_and_each_stage_ends_after_the_one_before(keystore, tmp_path, monkeypatch):
    monkeypatch.setattr(desk, "WARM_ROUNDS", 0)
    monkeypatch.setattr("prover.trader.readiness.STATEMENTS", ())
    home = Home(tmp_path / "operator")
    liveorders.found(home, keystore, liveorders.wallets_of("cash"))
    with Ledger.open(home.ledger, read_only=True) as ledger:
        ledger_id = ledger.ledger_id
    place = Place(desksites.MEMORY, tmp_path, home, ledger_id, hub=Hub(ledger_id, now_ms))
    first, rest = desk._rounds(place, desk.CASH, 2)
    for each in (first, *rest):
        assert 0 < each.ends_s[0] < each.ends_s[1] < each.ends_s[2] < each.ends_s[3]


def test_a_side_that_ends_says_why(tmp_path):
    def failing(asked, told):
        told.say({"role": asked["role"]})
        raise ValueError("no such wallet")

    with talk.thread("asker 1", failing, {"role": "asker"}) as side:
        assert side.hear() == {"role": "asker"}
        with pytest.raises(RuntimeError, match="the asker 1 ended: ValueError: no such wallet"):
            side.hear()
    with talk.process("board 1", tmp_path, {"role": "board", "home": str(tmp_path / "nowhere")}) as side, \
            pytest.raises(RuntimeError, match="the board 1 ended: (.|\n)*nowhere"):  # fmt: skip
        side.hear()
    with talk.process("peer a/b", tmp_path, None, ["false"]) as side, \
            pytest.raises(RuntimeError, match="the peer a/b ended: it wrote nothing to standard error"):  # fmt: skip
        side.hear()
    with talk.thread("reader 1", lambda asked, told: told.hear(), {}) as side, \
            pytest.raises(RuntimeError, match="did not answer within 0 s"):  # fmt: skip
        side.hear(0.01)


def test_no_order_is_left_out_between_stretches():
    left = iter([b"1", b"2", b"3"])
    assert [arrivals._next(left, count) for count in (1, 2)] == [[b"1"], [b"2", b"3"]]
