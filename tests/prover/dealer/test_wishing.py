"""What a strategy wishes is taken from the board, or from makers who are asked, and never beyond its limit."""

from dataclasses import replace
from fractions import Fraction

import pytest

from prover.dealer import journal, wishing
from prover.dealer.accounts import Accounts
from prover.dealer.journal import Journal
from prover.dealer.limits.exposures import Exposures
from prover.dealer.limits.limits import Limits, Sizes
from prover.dealer.strategies.strategy import Wish
from prover.dealer.strategies.tables import Table
from prover.dealer.wishing import Makers, Wishes
from prover.rfq.post import Post
from prover.trader import addresses, orders, readers, sessions
from tests.prover.dealer.limits import watching
from tests.prover.rfq import desks
from tests.prover.rfq.desks import ETH, FUNDS, USDC, both
from tests.settlement.risk import markets
from zk.errors import FormatError

HOUR_MS = 3_600_000
NAME = ("options", "hedge")
BUY = Wish("hedge", ETH, 10, USDC, Fraction(31), "delta is short")
SELL = replace(BUY, amount=-10, limit=Fraction(29))


class Scene:
    """A desk with wishes, and another one that it may ask."""

    def __init__(self, world: desks.World, asks: bool, allowed: Limits):
        self.world, self.desk, self.other = world, world.desk(USDC, ETH), world.desk(USDC, ETH)
        self.path, clock = world.folder / "journal", lambda: world.now_ms
        self.post = Post(self.desk.session, [self.desk.carrier], clock)
        self.exposures = Exposures(self.desk.session, allowed, clock)
        makers = Makers((addresses.encode(self.other.address),)) if asks else Makers()
        self.wishes = Wishes(
            self.desk.session, self.post, Journal(self.path), makers, readers.addresses_of,
            Accounts(self.desk.session, self.post.memory),
        )  # fmt: skip

    def perform(self, *wishes: Wish, ms: int = 2_000) -> bool:
        market = watching.market(self.world)
        done = self.wishes.perform(
            {("options", each.name): each for each in wishes},
            lambda who: self.exposures.offering(who, market, is_take=True), self.world.later(ms),
        )  # fmt: skip
        self.world.hub.deliver()
        return done

    def place(self, sell: dict[int, int], buy: dict[int, int]) -> None:
        """The other desk offers something to this one."""
        now_ms = self.world.later()
        orders.place(self.other.session, sell, buy, [self.desk.address], now_ms + HOUR_MS, now_ms, is_backed=False)

    def has(self, asset: int) -> int:
        sessions.sync(self.desk.session)
        return self.desk.session.wallet.balances[asset] - FUNDS

    def events(self) -> list[str]:
        return [line.event for line in journal.read(self.path)]

    def why(self) -> str:
        return list(journal.read(self.path))[-1].why


@pytest.fixture
def scene(tmp_path):
    with desks.world(tmp_path) as world:
        yield lambda asks=False, allowed=Limits(): Scene(world, asks, allowed)  # noqa: B008


@pytest.mark.parametrize("wish, sell, buy, change", [
    (BUY, {ETH: 10}, {USDC: 310}, 10), (SELL, {USDC: 290}, {ETH: 10}, -10),
])  # fmt: skip
def test_the_board_is_taken_at_the_limit_and_counts_as_taken(scene, wish, sell, buy, change):
    found = scene()
    found.place(sell, buy)
    assert found.perform(wish) and found.has(ETH) == change
    (fill,) = found.exposures.sync()
    assert fill.is_take and fill.changes[ETH] == change and found.events() == ["took"]


def test_nothing_beyond_the_limit_is_taken_and_it_is_told_once_and_tried_again_later(scene):
    found = scene()
    found.place({ETH: 10}, {USDC: 311})
    assert not found.perform(BUY) and not found.perform(BUY) and found.has(ETH) == 0
    assert found.events() == ["not done"]
    found.place({ETH: 10}, {USDC: 310})
    assert not found.perform(BUY)  # it was refused a moment ago
    assert found.perform(BUY, ms=10_000) and found.has(ETH) == 10


def test_where_the_board_has_nothing_makers_are_asked_and_the_best_quote_is_taken(scene):
    found = scene(asks=True)
    assert found.perform(BUY) and found.events() == ["asked"]
    assert not found.perform(BUY)
    found.other.answer(both(280, 310))
    assert found.perform(BUY) and found.has(ETH) == 10 and found.has(USDC) == -310
    assert found.events() == ["asked", "took"]


@pytest.mark.parametrize("bid, wish", [
    (281, BUY), (289, SELL), (281, replace(BUY, limit=Fraction(3_109, 100))),
    (289, replace(SELL, limit=Fraction(2_891, 100))),
])  # fmt: skip
def test_a_quote_beyond_the_limit_is_not_taken(scene, bid, wish):
    found = scene(asks=True)
    found.perform(wish)
    found.other.answer(both(bid, 311))
    assert not found.perform(wish) and found.has(ETH) == 0 and "the limit" in found.why()


def test_at_its_limit_a_wish_pays_at_most_and_gets_at_least_what_is_rounded_against_the_desk():
    for amount, paid in ((1, -16), (-1, 15)):
        assert wishing.worst(replace(BUY, amount=amount, limit=Fraction(31, 2)))[USDC] == paid


def test_answers_are_not_waited_for_without_end(scene):
    found = scene(asks=True)
    found.perform(BUY)
    assert not found.perform(BUY, ms=4_000) and found.events() == ["asked"]
    assert not found.perform(BUY, ms=1_000) and "none of the makers has answered" in found.why()
    assert found.perform(BUY, ms=10_000) and found.events() == ["asked", "not done"]


def test_a_wish_that_nobody_answers_is_told_once_in_an_hour_and_again_after_it_was_fulfilled(scene):
    found = scene(asks=True)
    asked = [found.perform(BUY, ms=15_000) for _ in range(8)]
    assert found.events() == ["asked", "not done"] and asked == [True, False] * 4
    found.world.later(wishing.REMIND_MS)
    for _ in range(3):
        found.perform(BUY, ms=15_000)
    assert found.events() == ["asked", "not done"] * 2
    found.place({ETH: 10}, {USDC: 310})
    while found.events()[-1] != "took":
        assert len(found.events()) == 4
        found.perform(BUY, ms=15_000)
    (took,) = list(journal.read(found.path))[4:]
    assert took.numbers["sold"] != took.numbers["bought"] and took.numbers["sold"].endswith("USDC")
    for _ in range(3):
        found.perform(BUY, ms=15_000)
    assert found.events()[5:] == ["asked", "not done"]


@pytest.mark.parametrize("now", [replace(BUY, amount=9), SELL])
def test_a_quote_for_what_is_not_wanted_any_more_is_not_taken(scene, now):
    found = scene(asks=True)
    found.perform(BUY)
    found.other.answer(both(290, 310))
    assert not found.perform(now) and found.has(ETH) == 0 and "not wanted any more" in found.why()
    found = scene(asks=True)
    found.perform(BUY)
    found.perform()
    found.other.answer(both(290, 310))
    assert found.perform(BUY) and found.has(ETH) == 0 and found.events()[-1] == "asked"


def test_a_limit_of_the_desk_stops_a_wish_and_nobody_is_asked_then(scene):
    found = scene(asks=True, allowed=Limits(assets={ETH: Sizes(order=9)}))
    found.place({ETH: 10}, {USDC: 310})
    assert not found.perform(BUY) and found.has(ETH) == 0
    assert found.events() == ["not done"] and "the limit is" in found.why()


@pytest.mark.parametrize("table, why", [
    ({}, "to is missing"), ({"to": []}, "names 0 makers"), ({"to": ["a"], "wait": "2m"}, "wait must be at most 60s"),
    ({"too": ["a"]}, "unknown key 'too'"),
    ({"to": ["a"], "from": 1}, "unknown key"),
])  # fmt: skip
def test_makers_that_make_no_sense_are_refused(table, why):
    pool = markets.pool()
    assert wishing.decode(Table({"to": ["acme"], "wait": "9s"}, pool, "ask")) == Makers(("acme",), 9_000)
    with pytest.raises(FormatError, match=why):
        wishing.decode(Table(table, pool, "ask"))
