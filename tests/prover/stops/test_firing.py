"""A stop acts once: at its trigger, at its limit, and whatever is killed meanwhile."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from prover.stops import firing, stopfile
from prover.stops.stops import Prices, Stop
from prover.trader import addresses, orders, sessions, settling, trade
from settlement import engine
from settlement.orders import board
from tests.prover.trader.lots import desks
from tests.prover.trader.lots.desks import ETH, HOUR_MS, NOW_MS, ONE_ETH, ONE_USDC, USDC, Desks
from zk.errors import FormatError, Unsatisfied

LIMIT = 3_000


@dataclass
class World:
    """Two desks, and the price that is published: below 2,900 the stop is triggered."""

    desks: Desks
    price: int = 3_100
    epoch: int = 1

    @property
    def session(self) -> sessions.Session:
        return self.desks.sessions["keeper"]

    def publish(self, price: int) -> None:
        self.price, self.epoch = price, self.epoch + 1

    def step(self) -> list[str]:
        return [event.what for event in firing.step(self.session, self.desks.later())]

    def kept(self) -> Stop:
        (stop,) = stopfile.read(self.session.file.path, self.session.wallet.view)
        return stop

    def add(self, **how) -> None:
        """A stop that sells 2 ETH for 3,000 USDC each at least, once ETH is at 2,900 or below."""
        made = Stop(
            "0a1b2c3d", ETH, False, 2_900, True, ETH, 2 * ONE_ETH, 0, USDC, LIMIT * ONE_USDC, ONE_ETH, (), HOUR_MS,
            False, NOW_MS, 0, self.epoch,
        )  # fmt: skip
        stopfile.change(self.session.file.path, self.session.wallet.view, lambda kept: [*kept, replace(made, **how)])

    def bid(self, usdc: int, eth: int = 1) -> str:
        """The other desk buys ETH."""
        return orders.place(
            self.desks.sessions["other"], {USDC: usdc * ONE_USDC}, {ETH: eth * ONE_ETH}, [self.reader()],
            self.desks.now_ms + HOUR_MS, self.desks.later(), is_backed=False,
        ).order_id  # fmt: skip

    def reader(self) -> addresses.Address:
        return addresses.of(self.session.wallet.seed, 0)

    def eth(self) -> int:
        return self.desks.balances("keeper")[ETH] // ONE_ETH


@pytest.fixture
def world(tmp_path, monkeypatch) -> Iterator[World]:
    with desks.opened(tmp_path, "keeper", "other") as found:
        made = World(found)
        monkeypatch.setattr(firing, "newest", lambda _: Prices(
            made.epoch, tuple(made.price if slot == ETH else 1 for slot in range(16))
        ))  # fmt: skip
        found.deposit("keeper", eth=10 * ONE_ETH)
        found.deposit("other", usdc=50_000 * ONE_USDC)
        yield made


def test_without_stops_nothing_is_read(world, monkeypatch):
    monkeypatch.setattr(stopfile, "read", None)
    assert world.step() == []


def test_it_waits_for_its_price_then_takes_at_its_limit_and_never_again(world):
    world.add()
    world.bid(3_001)
    assert world.step() == [] and world.eth() == 10
    world.publish(2_900)
    assert world.step() == ["triggered", "done"] and world.eth() == 9
    assert world.kept().state == "done" and len(world.kept().made) == 64 and world.kept().epoch == 2
    world.bid(3_002)
    world.publish(2_800)
    assert world.step() == [] and world.eth() == 9


def test_what_is_triggered_waits_for_a_price_within_its_limit_although_the_trigger_is_over(world):
    world.add()
    world.bid(2_999)
    world.publish(2_850)
    assert world.step() == ["triggered", "waits"] and world.step() == []
    assert "USDC" in world.kept().why or "nothing" in world.kept().why
    world.publish(3_100)
    world.bid(3_000)
    assert world.step() == ["done"] and world.eth() == 9 and world.kept().why == ""


def test_with_readers_it_places_an_order_at_its_limit(world):
    reader = addresses.of(world.desks.sessions["other"].wallet.seed, 0)
    world.add(readers=(addresses.encode(reader),))
    world.publish(1)
    assert world.step() == ["triggered", "done"] and world.step() == []
    (order_id,) = world.desks.board()
    assert world.kept().made == order_id
    (own,) = world.session.wallet.orders
    assert own.terms.changes[ETH] == -2 * ONE_ETH and own.terms.changes[USDC] == 2 * LIMIT * ONE_USDC


@pytest.mark.parametrize("readers", [False, True], ids=["takes", "places"])
@pytest.mark.parametrize("after", range(3))
def test_killed_between_any_two_of_its_notes_it_acts_once(world, monkeypatch, readers, after):
    reader = addresses.encode(addresses.of(world.desks.sessions["other"].wallet.seed, 0))
    world.add(readers=(reader,) if readers else ())
    world.bid(6_002, 2)
    world.publish(2_000)
    with monkeypatch.context() as patch:
        calls = []
        put, act = stopfile.put, firing._act

        class Killed(BaseException):
            pass

        def dying(call, *given):
            calls.append(call)
            done = call(*given) if len(calls) <= after else None
            if len(calls) > after:
                raise Killed
            return done

        patch.setattr(stopfile, "put", lambda *given: dying(put, *given))
        patch.setattr(firing, "_act", lambda *given: dying(act, *given))
        with pytest.raises(Killed):
            world.step()
    assert world.step()[-1] == "done" and world.step() == []
    assert world.eth() == (10 if readers else 8)
    assert len(world.desks.board()) == (2 if readers else 0)


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("readers", [False, True], ids=["takes", "places"])
@pytest.mark.parametrize("is_made", [False, True], ids=["before", "after"])
def test_killed_within_its_act_it_is_done_only_if_that_reached_the_ledger(world, monkeypatch, readers, is_made):
    reader = addresses.encode(addresses.of(world.desks.sessions["other"].wallet.seed, 0))
    world.add(until_ms=world.desks.now_ms + 90_000, readers=(reader,) if readers else ())
    world.bid(6_002, 2)
    world.publish(2_000)
    where = (settling, "confirm") if is_made else (board, "place") if readers else (engine, "submit")

    def die(*given):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(*where, die)
        with pytest.raises(Killed):
            world.step()
    (entry,) = world.session.wallet.outbox
    assert not entry.is_told
    world.desks.later(90_000)
    assert world.step() == ["done" if is_made else "expired"]
    assert world.kept().made == (entry.made.hex() if is_made else "")


@pytest.mark.parametrize("may_owe", [False, True])
def test_it_may_owe_only_what_its_owner_allowed(world, monkeypatch, may_owe):
    seen = []

    def place(*given, **how):
        seen.append(given[7])
        raise Unsatisfied("not now")

    reader = addresses.encode(addresses.of(world.desks.sessions["other"].wallet.seed, 0))
    world.add(readers=(reader,), may_owe=may_owe)
    world.publish(2_000)
    monkeypatch.setattr(orders, "place", place)
    assert world.step() == ["triggered", "waits"]
    assert seen == [trade.allow_new_debts if may_owe else trade.refuse_new_debts]


@pytest.mark.parametrize("readers", [False, True], ids=["takes", "places"])
def test_what_became_of_it_is_told_in_a_sentence_and_in_fields(world, readers):
    reader = addresses.encode(addresses.of(world.desks.sessions["other"].wallet.seed, 0))
    until_ms = world.desks.now_ms + HOUR_MS
    world.add(until_ms=until_ms, readers=(reader,) if readers else ())
    world.publish(2_000)
    events = list(firing.step(world.session, world.desks.later()))
    if not readers:
        assert events[-1].document["why"] == events[-1].sentence and events[-1].document["made"] is None
        world.bid(6_002, 2)
        events += firing.step(world.session, world.desks.later())
    first, last = events[0].document, events[-1]
    assert (first["when"], first["state"], first["epoch"], first["until_ms"]) == ("below", "triggered", 2, until_ms)
    assert last.sentence.startswith("placed order" if readers else "took from the board, bundle")
    assert last.document["made"] == world.kept().made and last.document["made"].startswith(last.sentence[-16:])
    assert last.document["why"] is None


def test_it_expires_in_either_state_but_not_when_it_has_acted(world, monkeypatch):
    world.add(until_ms=world.desks.now_ms + 60_000)
    world.desks.later(60_000)
    assert world.step() == ["expired"] and world.step() == []
    stopfile.change(world.session.file.path, world.session.wallet.view, lambda kept: [])
    world.add(until_ms=world.desks.now_ms + 90_000)
    world.bid(7_000, 2)
    world.publish(2_000)
    with monkeypatch.context() as patch:
        put = stopfile.put

        def cut(path, view, stop):
            if stop.state == "done":
                raise OSError("the disk is gone")
            put(path, view, stop)

        patch.setattr(stopfile, "put", cut)
        with pytest.raises(OSError, match="the disk is gone"):
            world.step()
    world.desks.later(90_000)
    assert world.kept().state == "triggered" and world.step() == ["done"] and world.eth() == 8


def test_a_stop_that_was_removed_while_it_acted_stays_removed_and_one_in_trouble_stops_none(world):
    world.add(amount=100 * ONE_ETH, minimum=100 * ONE_ETH)
    world.add(stop_id="ffffffff")
    world.bid(3_100)
    world.publish(1)
    assert world.step() == ["triggered", "triggered", "waits", "done"]
    view = world.session.wallet.view
    stopfile.change(world.session.file.path, view, lambda kept: kept[:1])
    stopfile.put(world.session.file.path, view, replace(world.kept(), stop_id="ffffffff"))
    assert [world.kept().stop_id] == ["0a1b2c3d"]


def test_the_file_keeps_so_many_and_is_the_wallets_alone(world, monkeypatch):
    monkeypatch.setattr(stopfile, "MAX_OPEN", 1)
    world.add()
    with pytest.raises(FormatError, match="has 1 open stops"):
        world.add(stop_id="ffffffff")
    assert b"zksettle-stops" not in (world.session.file.path.with_suffix(".stops")).read_bytes()
    with pytest.raises(FormatError, match="damaged, or of another wallet"):
        stopfile.read(world.session.file.path, world.desks.sessions["other"].wallet.view)
    for text in ("", "1", "0b"):
        with pytest.raises(FormatError, match="no stop of this wallet"):
            stopfile.find([world.kept()], text)
    assert stopfile.find([world.kept()], "0a") == world.kept()
