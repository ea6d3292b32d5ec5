"""Random splits, orders, sweeps, cancels and races: the desks have what a book of plain numbers says."""

import random
import tempfile
from fractions import Fraction
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from prover.trader import choosing, moves
from prover.trader.lots import ending, shares, splitting, sweeping
from prover.trader.lots.sweeping import Limit, Wanted
from tests.prover.trader.lots import desks
from tests.prover.trader.lots.desks import ETH, USDC, Desks
from tests.reference.lotbook import Book
from zk.errors import Unsatisfied

MAKERS, TAKERS = ("one", "two"), ("three", "four")
HAS_ETH, HAS_USDC = 30, 900


class Both:
    """The desks and the book beside them; `orders` has the maker and the group of each order of the book."""

    def __init__(self, world: Desks, chance: random.Random):
        self.world, self.chance = world, chance
        self.book = Book({
            **{name: {"ETH": HAS_ETH, "USDC": 0} for name in MAKERS},
            **{name: {"ETH": 0, "USDC": HAS_USDC} for name in TAKERS},
        })  # fmt: skip
        self.orders: list[tuple[str, str]] = []
        for name, has in self.book.has.items():
            asset, amount = (ETH, has["ETH"]) if has["ETH"] else (USDC, has["USDC"])
            moves.deposit(world.sessions[name], asset, amount, "bank", world.later())

    def step(self) -> None:
        """Something that a desk does, on both sides the same."""
        self.chance.choice([self.split, self.offer, self.offer, self.sweep, self.race, self.cancel])()

    def split(self) -> None:
        session = self.world.sessions[self.chance.choice(MAKERS)]
        free = choosing.free(session.wallet, self.world.now_ms)
        large = [each for each in free if sum(each.account.balances) > 1]
        if large:
            splitting.split_evenly(session, 2, self.world.later(), large[0].position)

    def offer(self) -> None:
        """An order that a free account can carry: another would have to void orders of its maker's own."""
        name, price, lots = self.chance.choice(MAKERS), self.chance.randint(8, 12), self.chance.randint(2, 4)
        free = choosing.free(self.world.sessions[name].wallet, self.world.now_ms)
        sold = min(self.chance.randint(2, 12), max((each.account.balances[ETH] for each in free), default=0))
        bought = sold * price + self.chance.randint(0, 3)
        if sold < lots:
            return
        placed = self.world.offer(name, {ETH: sold}, {USDC: bought}, lots)
        changes = [-sold if asset == ETH else bought if asset == USDC else 0 for asset in range(16)]
        parts = shares.of_order(changes, lots)
        assert sum(part[ETH] for part in parts) == -sold and sum(part[USDC] for part in parts) == bought
        self.book.offer(name, "ETH", [-part[ETH] for part in parts], "USDC", [part[USDC] for part in parts])
        self.orders.append((name, placed.group))

    def sweep(self) -> None:
        taker, amount, limit = self.wanted()
        self.book.take(taker, lots := self.book.choose(taker, "ETH", amount, "USDC", limit))
        assert self.swept(taker, amount, limit) == sum(lot.sold for lot in lots)

    def race(self) -> None:
        """Somebody else takes lots between this desk's choice and its bundle: nobody gets a lot twice."""
        slow, quick = self.chance.sample(TAKERS, 2)
        _, amount, limit = self.wanted()
        _, less, lower = self.wanted()
        first = self.book.choose(slow, "ETH", amount, "USDC", limit)
        others: list[int] = []
        if first:  # else there is no bundle that anybody could be quicker than
            taken = self.book.choose(quick, "ETH", less, "USDC", lower)
            self.book.take(quick, taken)
            self.world.meanwhile.append(lambda: others.append(self.swept(quick, less, lower, is_quicker=True)))
            if any(lot is other for lot in first for other in taken):
                first = self.book.choose(slow, "ETH", amount, "USDC", limit)
            self.book.take(slow, first)
        assert self.swept(slow, amount, limit) == sum(lot.sold for lot in first)
        assert not others or others == [sum(lot.sold for lot in taken)]

    def cancel(self) -> None:
        if not self.orders:
            return
        number = self.chance.randrange(len(self.orders))
        name, group = self.orders[number]
        left = self.book.cancel(number)
        try:
            closed = ending.cancel(self.world.sessions[name], group, self.world.later()).closed
            assert sum(order.taken_height is None for order in closed) == left
        except Unsatisfied:
            assert left == 0

    def wanted(self) -> tuple[str, int, Fraction]:
        return self.chance.choice(TAKERS), self.chance.randint(1, 15), Fraction(self.chance.randint(16, 26), 2)

    def swept(self, taker: str, amount: int, limit: Fraction, *, is_quicker: bool = False) -> int:
        """Sweeps on the ledger.  How much the taker got."""
        before = self.world.balances(taker)[ETH]
        try:
            wanted, at_most = Wanted(ETH, amount), Limit(USDC, limit, sells=False)
            now_ms = self.world.now_ms - 15_000 if is_quicker else self.world.later()
            sweeping.sweep(self.world.sessions[taker], wanted, at_most, now_ms)
        except Unsatisfied:
            return 0
        return self.world.balances(taker)[ETH] - before

    def check(self) -> None:
        """The desks have what the book says, the board has the lots that are left, and nothing was lost or made."""
        for name, has in self.book.has.items():
            balances = self.world.balances(name)
            assert (balances[ETH], balances[USDC]) == (has["ETH"], has["USDC"]), name
        assert len(self.world.board()) == len(self.book.lots)
        assert sum(has["ETH"] for has in self.book.has.values()) == HAS_ETH * len(MAKERS)
        assert sum(has["USDC"] for has in self.book.has.values()) == HAS_USDC * len(TAKERS)
        assert all(filled <= size for filled, size in zip(self.book.filled, self.book.sizes, strict=True))


def run(seed: int, steps: int) -> None:
    """So many steps of this seed, each of them checked."""
    with tempfile.TemporaryDirectory() as folder, desks.opened(Path(folder), *MAKERS, *TAKERS) as world:
        both = Both(world, random.Random(seed))
        for _ in range(steps):
            both.step()
            both.check()


@settings(max_examples=3, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(st.integers(0, 2**32))
def test_the_desks_have_what_the_book_says(seed):
    run(seed, steps=6)
