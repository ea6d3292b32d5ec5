"""Traders on one ledger who do everything that a book has a line for, each beside double entry in plain numbers."""

import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path

from prover.books import book
from prover.books.book import Book
from prover.books.costs import Method
from prover.operator import oracles
from prover.trader import addresses, loans, moves, orders, sessions, trade, walletfile, wallets
from prover.trader.lots import splitting, sweeping
from prover.trader.lots.sweeping import Limit, Wanted
from prover.trader.sessions import Session
from prover.trader.wallets import Holding
from tests.prover import pools
from tests.prover.trader import borrowing
from tests.prover.trader.lots import desks
from tests.prover.trader.lots.desks import DUSDC, ETH, HOUR_MS, USDC, Desks
from tests.prover.trader.payer import NoKeys
from tests.reference.doubleentry import CAPITAL, EXPENSES, Books
from zk.errors import Unsatisfied

NAMES = ("alice", "bob", "carol")
FEE = 5
BTC = 1
SYMBOLS = {BTC: "BTC", ETH: "ETH", DUSDC: "dUSDC"}
START = {USDC: 20_000_000_000, ETH: 4_000_000_000, BTC: 100_000_000}


class Town:
    """The desks, their prices, and two books for each trader: at average cost, and first in first out."""

    def __init__(self, world: Desks, chance: random.Random):
        self.world, self.chance, self.prices = world, chance, [0] * 16
        self.plain = {name: {Method.AVERAGE: Books(False), Method.FIFO: Books(True)} for name in NAMES}
        self.trades = dict.fromkeys(NAMES, 0)
        self.publish()
        for name in NAMES:
            for asset, amount in START.items():
                self.deposit(name, asset, amount)

    def step(self) -> None:
        """Something that a trader does."""
        act = self.chance.choice([
            self.pays, self.deposits, self.withdraws, self.takes, self.takes, self.swaps, self.sweeps, self.borrows,
            self.repays, self.moves_price, self.splits,
        ])  # fmt: skip
        act()

    # What each action is in plain numbers.

    def charge(self, name: str, legs: int) -> None:
        for one in self.plain[name].values():
            one.pays(FEE * legs, EXPENSES)

    def value(self, asset: int, amount: int) -> int:
        return amount * self.prices[asset] // self.prices[USDC]

    def brings(self, name: str, asset: int, amount: int) -> None:
        """An amount comes from elsewhere; goes there where it is below zero."""
        for one in self.plain[name].values():
            if asset == USDC:
                one.pays(-amount, CAPITAL)
            else:
                one.transfers(SYMBOLS[asset], amount, self.value(asset, amount))

    def traded_by(self, name: str, changes: dict[int, int]) -> None:
        self.trades[name] += 1
        moved = [(SYMBOLS[asset], amount, self.value(asset, amount))
                 for asset, amount in sorted(changes.items()) if asset != USDC]  # fmt: skip
        money = -changes.get(USDC, 0)
        for one in self.plain[name].values():
            if len(moved) == 1:
                one.trades(moved[0][0], moved[0][1], money)
            else:
                one.exchanges(moved, money)

    # The actions.

    def session(self, name: str) -> Session:
        return self.world.sessions[name]

    def live(self, name: str) -> tuple[Holding, ...]:
        """The accounts as the ledger has them now, whoever has just taken an order on one of them."""
        sessions.sync(self.session(name))
        return self.session(name).wallet.live

    def legs(self) -> int:
        """How many legs the newest bundle has."""
        return self.world.bundles[-1]

    def publish(self, **changes: int) -> None:
        ledger, now_ms = self.world.ledger, self.world.later()
        if not ledger.reader.grids(1):
            pools.publish(ledger, now_ms)
        else:
            oracles.publish(ledger, pools.ORACLE_SECRETS, oracles.observation(
                ledger, {ETH: changes["eth"]} if changes else {}, {}), now_ms)  # fmt: skip
        self.prices = list(ledger.reader.grids(1)[0].publication.prices)

    def moves_price(self) -> None:
        self.world.later(3_600_000 * self.chance.randint(1, 30))
        self.publish(eth=self.prices[ETH] * self.chance.randint(95, 105) // 100)

    def deposit(self, name: str, asset: int, amount: int) -> None:
        moves.deposit(self.session(name), asset, amount, "bank", self.world.later())
        self.brings(name, asset, amount)
        self.charge(name, 1)

    def deposits(self) -> None:
        name, asset = self.chance.choice(NAMES), self.chance.choice([USDC, ETH, BTC])
        with suppress(Unsatisfied):  # its newest account may not be able to pay the fee
            self.deposit(name, asset, self.chance.randint(1, 10**8))

    def withdraws(self) -> None:
        name, asset, amount = self.chance.choice(NAMES), self.chance.choice([USDC, ETH]), self.chance.randint(1, 10**8)
        with suppress(Unsatisfied):
            moves.withdraw(self.session(name), asset, amount, "bank", self.world.later())
            self.brings(name, asset, -amount)
            self.charge(name, 1)

    def pays(self) -> None:
        (name, other), asset = self.chance.sample(NAMES, 2), self.chance.choice([USDC, ETH])
        amount, to = self.chance.randint(1, 10**7), addresses.of(self.session(other).wallet.seed, 0)
        with suppress(Unsatisfied):
            moves.pay(self.session(name), to, asset, amount, self.world.later())
            self.brings(name, asset, -amount)
            self.charge(name, self.legs())
            self.brings(other, asset, amount)

    def splits(self) -> None:
        name = self.chance.choice(NAMES)
        with suppress(Unsatisfied):
            splitting.split_off(self.session(name), [(10**6, *(0,) * 15)], self.world.later())
            self.charge(name, self.legs())

    def takes(self) -> None:
        """One sells ETH to another, or buys it."""
        amount = self.chance.randint(1, 10**9) * self.chance.choice([1, -1])
        self.traded({ETH: amount, USDC: -self.value(ETH, amount) + self.chance.randint(-10**7, 10**7)})

    def swaps(self) -> None:
        """ETH for BTC, and some dollars."""
        money = self.chance.choice([0, self.chance.randint(1, 10**6)])
        changes = {ETH: -self.chance.randint(1, 10**8), BTC: self.chance.randint(1, 10**6), USDC: money}
        self.traded({asset: amount for asset, amount in changes.items() if amount})

    def borrows(self) -> None:
        owed = self.chance.randint(10**6, 10**8)
        self.traded({DUSDC: -owed, USDC: loans.par(self.world.ledger, owed)})

    def traded(self, changes: dict[int, int]) -> None:
        (maker, taker), now_ms = self.chance.sample(NAMES, 2), self.world.later()
        sell = {asset: -amount for asset, amount in changes.items() if amount < 0}
        buy = {asset: amount for asset, amount in changes.items() if amount > 0}
        to = [addresses.of(self.session(taker).wallet.seed, 0)]
        with suppress(Unsatisfied):
            placed = orders.place(
                self.session(maker), sell, buy, to, now_ms + HOUR_MS, now_ms, agree=trade.allow_new_debts,
                is_backed=False,
            )  # fmt: skip
            orders.take(self.session(taker), placed.order_id, self.world.later(), agree=trade.allow_new_debts)
            self.traded_by(maker, changes)
            self.traded_by(taker, {asset: -amount for asset, amount in changes.items()})
            self.charge(maker, 1)
            self.charge(taker, self.legs() - 1)

    def sweeps(self) -> None:
        """An order in lots, of which another takes some, and what else the other can take at that price."""
        (maker, taker), lots = self.chance.sample(NAMES, 2), self.chance.randint(2, 4)
        sold, before = self.chance.randint(lots, 10**8), len(self.world.bundles)
        with suppress(Unsatisfied):
            self.world.offer(maker, {ETH: sold}, {USDC: self.value(ETH, sold) or 1}, lots, taker)
        for legs in self.world.bundles[before:]:  # an account was divided first
            self.charge(maker, legs)
        had = {name: self.world.balances(name) for name in NAMES}
        wanted = Wanted(ETH, max(1, sold * 3 // 4))
        limit = Limit(USDC, Fraction(self.prices[ETH] * 2, self.prices[USDC]), sells=False)
        with suppress(Unsatisfied):
            sweeping.sweep(self.session(taker), wanted, limit, self.world.later())
            self._swept(taker, had)

    def _swept(self, taker: str, had: dict[str, tuple[int, ...]]) -> None:
        taken, bought = 0, {ETH: 0, USDC: 0}
        for maker in NAMES:
            closed = [] if maker == taker else sessions.sync(self.session(maker)).closed
            lots = sum(order.taken_height is not None for order in closed)
            if not lots:
                continue
            now = self.session(maker).wallet.balances
            changes = {ETH: now[ETH] - had[maker][ETH], USDC: now[USDC] - had[maker][USDC] + FEE * lots}
            self.charge(maker, lots)
            self.traded_by(maker, changes)
            taken, bought = taken + lots, {asset: bought[asset] - changes[asset] for asset in bought}
        self.charge(taker, self.legs() - taken)
        self.traded_by(taker, bought)

    def repays(self) -> None:
        for name in NAMES:
            owing = [each for each in self.live(name) if each.account.balances[DUSDC] < 0]
            if not owing:
                continue
            with suppress(Unsatisfied):
                part = -owing[0].account.balances[DUSDC] // 2 or 1
                had = self.world.balances(name)
                loans.repay(self.session(name), (DUSDC, part), self.world.later(), owing[0].position)
                paid = had[USDC] - self.world.balances(name)[USDC] - FEE
                rest = paid * self.prices[USDC] - part * self.prices[DUSDC]
                assert 0 <= rest < self.prices[USDC], "rounded up to the next unit"
                for one in self.plain[name].values():
                    one.trades("dUSDC", part, paid)
                self.charge(name, 1)
            return

    def crash(self) -> None:
        """ETH falls, and the guardians take the account of somebody who owes too much."""
        owing = [(name, each) for name in NAMES for each in self.live(name) if each.account.guard]
        if not owing:
            return
        name, holding = owing[0]
        self.publish(eth=self.prices[ETH] * 9 // 10)
        ended = borrowing.World(self.world.ledger, None, self.session(name), None, self.world.later())
        had, balances = self.world.balances(name), holding.account.balances
        ended.seize()
        self.world.now_ms = ended.now_ms
        money = self.world.balances(name)[USDC] - had[USDC]
        moved = [(SYMBOLS[slot], -amount, self.value(slot, -amount))
                 for slot, amount in enumerate(balances) if amount and slot != USDC]  # fmt: skip
        for one in self.plain[name].values():
            one.seized(moved, money)

    def books(self, name: str) -> Book:
        sessions.sync(self.session(name))
        return book.open(self.session(name))

    @contextmanager
    def another(self, folder: Path, wallet: wallets.Wallet) -> Iterator[Book]:
        """The books of the same wallet, restored or only watching, without its files."""
        with walletfile.create(folder / f"{len(list(folder.iterdir()))}.json", "", wallet) as file:
            session = Session(self.world.ledger, file, NoKeys())
            sessions.sync(session)
            yield book.open(session)


@contextmanager
def town(folder: Path, seed: int) -> Iterator[Town]:
    """A town in a folder."""
    with desks.opened(folder, *NAMES, leg_fee=FEE) as world:
        yield Town(world, random.Random(seed))
