"""What happens before the tests of the table: trades without proofs in a town, and a seizure on a real ledger."""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

from circuits import escrow
from circuits.records import Account
from prover.trader import keys, opening, plan, sealing
from prover.trader.plan import LegPlan
from settlement.bundles.bundle import Leg
from tests.observer import classifiers, features
from tests.observer.town import Seen, Town, unproved
from tests.prover.risks import BTC, DUSDC, ETH, GRID, USDC
from tests.settlement.bundles import samples
from tests.simulation import market
from tests.simulation.world import World
from zk.curves import babyjubjub

TRADES = 120
"""Of each of two kinds."""
SMALL, LARGE = {ETH: 7}, {BTC: 10**9}
PAID, DEBT = {USDC: 1_000}, {DUSDC: 5_000}


class Scene:
    """Everything is made when a test first asks for it."""

    def __init__(self, folder: Path):
        with unproved():
            self.folder, self.town = folder, Town()

    def make(self, kind: str) -> Seen:
        """A bundle of this kind, of two legs."""
        with unproved():
            return self.town.make(kind)

    def trades(
        self, give: dict[int, int], take: dict[int, int], count: int, rich: int = 10**12
    ) -> list[Seen]:
        """Trades in which a maker sells and buys these amounts; on margin where it sells what it has not."""
        self.town.rich, self.town.grid = rich, GRID
        with unproved():
            return [self.town.trade(plan.changes(give, take)) for _ in range(count)]

    @cached_property
    def trade(self) -> Seen:
        """A trade of cash accounts."""
        return self.trades(SMALL, PAID, 1)[0]

    @cached_property
    def on_margin(self) -> Seen:
        """A trade whose maker owes something afterwards."""
        return self.trades(DEBT, SMALL, 1)[0]

    def two(self, first: dict, second: dict, *, is_other_maker: bool = False) -> tuple[list[Seen], list[Seen]]:
        """Trades of two kinds, one after the other in turn, so that the time does not tell them."""
        groups: tuple[list[Seen], list[Seen]] = ([], [])
        for _ in range(TRADES):
            for group, how in zip(groups, (first, second), strict=True):
                group += self.trades(**how, count=1)
                if is_other_maker:
                    self.town.traders.reverse()
        return groups

    @cached_property
    def small_and_large(self) -> tuple[list[Seen], list[Seen]]:
        """The same trades but for asset, amount and price."""
        return self.two({"give": SMALL, "take": PAID}, {"give": LARGE, "take": {USDC: 3 * 10**9}})

    @cached_property
    def poor_and_rich(self) -> tuple[list[Seen], list[Seen]]:
        """The same trades of accounts that hold little, and much."""
        same = {"give": SMALL, "take": PAID}
        return self.two(same | {"rich": 2_000}, same | {"rich": 10**15})

    @cached_property
    def owing_little_and_much(self) -> tuple[list[Seen], list[Seen]]:
        """Trades after which the maker owes little, and much."""
        return self.two({"give": DEBT, "take": SMALL}, {"give": {DUSDC: 10**10}, "take": SMALL})

    @cached_property
    def holding_little_and_much(self) -> tuple[list[Seen], list[Seen]]:
        """The same trades after which the maker owes the same, beside little and beside much."""
        same = {"give": DEBT, "take": SMALL}
        return self.two(same | {"rich": 10**9}, same | {"rich": 10**15})

    @cached_property
    def one_and_the_other(self) -> tuple[list[Seen], list[Seen]]:
        """Trades with one maker, and with another."""
        same = {"give": SMALL, "take": PAID}
        return self.two(same, same, is_other_maker=True)

    @cached_property
    def world(self) -> World:
        """A ledger on which an account in breach was seized; `victim` is that account."""
        world = World(self.folder / "ledger.sqlite")
        world.publish(market.PRICES)
        [world.victim] = market.in_breach(world)
        one = market.seized(world, world.victim)
        world.prepared = world.prepare([market.taken_over(world, one)], seized=[one])
        assert world.submit(world.prepared) is None
        return world


def opened(leg: Leg, seed: keys.Seed) -> tuple[Account, int] | None:
    """What the wallet of this seed finds in a leg."""
    found = sealing.Opener(keys.viewing_key(seed)).open(leg.ciphertexts[0], leg.commitment)
    return None if found is None else opening.decode(found.body)


def seen_by_guardians(leg: Leg) -> Account | None:
    """The account that the guardians open; None for a cash account, which is encrypted to nobody but its owner."""
    if leg.escrow is None:
        return None
    shared = babyjubjub.multiply(samples.GUARDIAN_SECRET, leg.escrow.ephemeral)
    return escrow.decrypt(shared, leg.escrow.ciphertext, leg.public.guard)


def leg_of(seen: Seen, made: LegPlan | None) -> Leg:
    """The leg of the bundle that was planned so."""
    assert made is not None
    return next(leg for leg in seen.bundle.legs if leg.commitment == made.public.commitment)


def tell_apart(groups: Sequence[Sequence[Seen]], town: Town, more: Callable[[Seen], dict] = lambda seen: {}) -> None:
    """Raises AssertionError when a classifier tells which bundle is of which group, or a feature has another value.

    `more` is what a party knows of a bundle beside its public data.
    """
    pairs = [(number, seen) for number, group in enumerate(groups) for seen in group]
    rows = [(number, features.of(seen, town.reader) | more(seen)) for number, seen in pairs]
    by_name: dict[str, list[set]] = {}
    for number, row in rows:
        for name, value in row.items():
            by_name.setdefault(name, [set() for _ in groups])[number].add(value)
    for name, values in by_name.items():
        assert max(map(len, values)) > 1 or len(set(map(tuple, values))) == 1, f"{name} is one for each group"
    rows = town.random.sample(rows, len(rows))
    found = classifiers.accuracies([row for _, row in rows], [str(number) for number, _ in rows])
    assert max(found.values()) <= classifiers.bound(len(groups), len(rows) // 2), found
