"""An hour of some desks, and its summary."""

import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from prover.operator import oracles
from prover.proofs.keystores import Keystore
from settlement.audit import audit
from tests.simulation.desks import acts
from tests.simulation.desks import house as houses
from tests.simulation.desks.dealing import DealerTrader
from tests.simulation.desks.house import House
from tests.simulation.desks.liars import Liar, take_both
from tests.simulation.desks.member import Member, restored
from tests.simulation.desks.scripts import BTC, DOLLAR, ETH, PERP, SOL, USDC, Gambler, Trader
from tests.simulation.desks.weather import USUAL, Climate

MINUTE_MS = 60_000
EPOCH_MS = 60_000
CHECK_MS = 120_000
STEPS = 40
LEFT = 10 * houses.LEG_FEE
"""A desk that is to die does so within so many steps."""


ROLES = "DASLHDASCHDASTHDASGH"
"""Dealers, strict dealers within limits, makers by a script, a liar, a taker, holders, and gamblers: one is careful."""


@dataclass(frozen=True)
class Plan:
    """How many desks for how many minutes; how often each of them dies; when prices fall, and by how much.

    `roles` has a letter for each desk, as ROLES.
    """

    desks: int = 20
    minutes: int = 60
    seed: int = 0
    crashes: int = 3
    fall_minute: int = 30
    fall_percent: int = 40
    climate: Climate = USUAL
    pause_ms: int = 20_000
    roles: str = ""
    is_real: bool = False


@dataclass
class Day:
    """The run: its traders, and its prices as ten-thousandths of what they began with."""

    plan: Plan
    house: House
    traders: list[Trader] = field(default_factory=list)
    level: dict[int, float] = field(default_factory=dict)
    base: dict[int, int] = field(default_factory=dict)
    tell: Callable[[str], None] = lambda line: None

    def begin(self) -> None:
        """Publishes the first prices, and opens the desks with what they have."""
        self.house.publish({})
        newest = oracles.newest_publication(self.house.ledger)
        assert newest is not None
        self.base = {slot: newest.prices[slot] for slot in (BTC, ETH, SOL, PERP)}
        self.level = {slot: 1.0 for slot in (BTC, ETH, SOL)}
        for number in range(self.plan.desks):
            self.traders.append(self.desk(number))
        self.house.take_both = take_both
        for trader in self.traders:
            trader.peers = [each for each in self.traders if each is not trader]
            self.endow(trader)
        for _ in range(3):
            acts.insure(self.traders[0], 9_000 * DOLLAR)
        self.house.guard()

    def desk(self, number: int) -> Trader:
        """The desk of this number, in its role."""
        role = (self.plan.roles or ROLES)[number % len(self.plan.roles or ROLES)]
        member = Member(self.house, f"desk{number:02}", is_holder=role == "H")
        if role in "DS":
            return DealerTrader(member, spread_bps=5 + number, is_strict=role == "S")
        if role in "CG":
            return Gambler(member, makes=False, is_careful=role == "C")
        return Liar(member) if role == "L" else Trader(member, owes=role != "H", makes=role == "A")

    def endow(self, trader: Trader) -> None:
        """What a desk begins with: dollars in several accounts, and coins."""
        few = ((USDC, 4_000),)
        usual = ((USDC, 40_000), (ETH, 10_000), (BTC, 10_000), (SOL, 5_000))
        for slot, dollars in few if isinstance(trader, Gambler) else usual:
            acts.move(trader, slot, trader.size(slot, dollars) if slot else dollars * DOLLAR)
        for _ in range(3):
            acts.split(trader)
        if isinstance(trader, DealerTrader):
            trader.bind()

    def run(self) -> None:
        """The hour."""
        start_ms, plan = self.house.now_ms, self.plan
        for number, trader in enumerate(self.traders):
            self.house.at(1_000 + 37 * number, lambda each=trader: self.wake(each))
            self.house.at(500 + 53 * number, lambda each=trader: self.serve(each))
        self.house.at(EPOCH_MS, self.epoch)
        self.house.at(CHECK_MS, self.check)
        for trader in self.traders:
            for _ in range(plan.crashes):
                when = self.house.chance.randrange(plan.minutes * MINUTE_MS)
                self.house.at(when, lambda each=trader: self.kill(each))
        self.house.run_until(start_ms + plan.minutes * MINUTE_MS)

    def serve(self, trader: Trader) -> None:
        """Answers what came, again and again."""
        trader.answer()
        self.house.at(1_500 + self.house.chance.randrange(1_500), lambda: self.serve(trader))

    def wake(self, trader: Trader) -> None:
        """One thing that a desk does, and the next one some seconds later."""
        if not trader.member.is_dead:
            self.house.chance.choices(*zip(*self.choices(trader), strict=True))[0]()
            trader.does(trader.member.dispatcher.retry)
        pause_ms = int(self.house.chance.expovariate(1 / self.plan.pause_ms))
        self.house.at(500 + pause_ms, lambda: self.wake(trader))

    def choices(self, trader: Trader) -> list[tuple[Callable[[], None], int]]:
        """What it may do, and how often of each hundred."""
        if isinstance(trader, DealerTrader) and trader.is_strict:
            return [(trader.cancel_all, 1), (trader.answer, 99)]
        if isinstance(trader, Gambler):
            return [(trader.gamble, 90), (partial(acts.top_up, trader), 10 if trader.is_careful else 0)]
        usual = {
            acts.place: 14, acts.take_order: 10, acts.sweep: 8, acts.cancel: 5, acts.pay: 5, acts.split: 2,
            acts.top_up: 10 if trader.owes else 0,
        }  # fmt: skip
        return [
            (trader.ask, 40),
            *([(trader.mischief, 20)] if isinstance(trader, Liar) else []),
            *([(trader.cancel_all, 1)] if isinstance(trader, DealerTrader) else []),
            *((partial(act, trader), often) for act, often in usual.items()),
            (lambda: acts.move(trader, USDC, trader.draw(500) * DOLLAR), 3),
            (lambda: acts.move(trader, USDC, -trader.draw(200) * DOLLAR), 3),
        ]

    def kill(self, trader: Trader) -> None:
        """The desk dies: at once, or at one of its next steps."""
        if self.house.chance.randrange(4) == 0:
            trader.member.crash()
        else:
            trader.member.fuse = trader.draw(STEPS)

    def epoch(self) -> None:
        """New prices, then the guardians look."""
        minute = (self.house.now_ms - houses.START_MS) // MINUTE_MS
        is_falling = self.plan.fall_minute <= minute < self.plan.fall_minute + 5
        for slot in self.level:
            self.level[slot] *= 1 + self.house.chance.uniform(-0.002, 0.002)
            if is_falling:
                self.level[slot] *= (1 - self.plan.fall_percent / 100) ** 0.2
        prices = {slot: int(self.base[slot] * self.level[slot]) for slot in self.level}
        prices[PERP] = int(self.base[PERP] * self.level[ETH])
        self.house.publish(prices)
        for trader in self.traders:
            if is_falling and trader.owes and not (isinstance(trader, Gambler) and not trader.is_careful):
                self.house.at(200 + trader.draw(4_000), lambda each=trader: acts.top_up(each))
        self.house.at(2_000, self.house.guard)
        self.house.at(EPOCH_MS, self.epoch)

    def check(self) -> None:
        """Every desk that is open has what the book says."""
        for trader in self.traders:
            if not trader.member.is_dead:
                trader.member.check()
                self.house.counts["wallets compared"] += 1
        minute, counts = (self.house.now_ms - houses.START_MS) // MINUTE_MS, self.house.counts
        self.tell(
            f"minute {minute}: {counts['bundles']:,} bundles, {counts['trades by quote']:,} trades by quote, "
            f"{counts['crashes']} crashes, {counts['seizures']} seizures"
        )
        self.house.at(CHECK_MS, self.check)

    def end(self, folder: Path) -> None:
        """All are opened again, compared with the book, and restored from their phrases alone.

        Whoever only holds takes all of it out; the books of every wallet add up; the ledger passes its audit.
        """
        for trader in self.traders:
            trader.member.close()
            trader.member.open()
            trader.member.check()
            self.house.counts["wallets compared"] += 1
            if trader.member.name in self.house.clerk.book.holders:
                acts.leave(trader)
                left = self.house.clerk.book.has[trader.member.name]
                assert sum(left) <= LEFT, f"{trader.member.name}, who only holds, cannot take out {left}"
                self.house.counts["holders who took all out"] += 1
            trader.member.check_books()
            trader.member.close()
        for trader in self.traders:
            assert restored(trader.member, folder) == self.house.clerk.book.has[trader.member.name]
            self.house.counts["wallets restored"] += 1
        self.house.counts["events that passed the audit"] = audit.audit(self.house.path).events


@dataclass(frozen=True)
class Summary:
    """What happened, how often."""

    plan: Plan
    counts: Counter
    refusals: Counter
    weather: dict[str, int]
    wall_s: float

    def lines(self) -> list[str]:
        """To be printed."""
        shown = [f"seed {self.plan.seed}: {self.plan.desks} desks, {self.plan.minutes} minutes, {self.wall_s:.0f} s"]
        shown += [f"  {name:32}{number:8,}" for name, number in sorted(self.counts.items())]
        shown += [f"  letters and orders {name:13}{number:8,}" for name, number in self.weather.items()]
        shown += ["  refused:"]
        shown += [f"    {number:7,}  {name}" for name, number in self.refusals.most_common()]
        return shown


@contextmanager
def opened(plan: Plan, folder: Path) -> Iterator[Day]:
    """A day that has begun."""
    keystore = Keystore(folder / "keys", houses.START_MS) if plan.is_real else None
    with houses.house(folder, plan.seed, plan.climate, keystore) as house:
        made = Day(plan, house)
        made.begin()
        yield made


def run(plan: Plan, tell: Callable[[str], None] = lambda line: None) -> Summary:
    """The whole of a plan, checked.  Raises tradebook.Wrong, or AssertionError, at the first difference."""
    random.seed(plan.seed)
    place = "/dev/shm" if Path("/dev/shm").is_dir() else None
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(dir=place) as name, opened(plan, Path(name)) as day:
        day.tell = tell
        day.run()
        day.end(Path(name))
        wall_s = time.monotonic() - began_s
        return Summary(plan, day.house.counts, day.house.refusals, day.house.weather.counts, wall_s)
