"""A desk: a wallet in its files, its own connection to the ledger and its own way to the others.

It can die at any step of what it does, and then only its files are left.  `fuse` says how many steps are left to it.
"""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from circuits import records
from prover.books import book
from prover.carriers.carriedorders import CarriedOrders
from prover.carriers.dispatch import Dispatcher
from prover.desk import Desk
from prover.rfq.post import Post
from prover.trader import sessions, walletfile, wallets
from prover.trader.sessions import Session
from settlement.ledger import Ledger
from tests.prover.trader.payer import NoKeys
from tests.settlement.bundles import samples
from tests.simulation.desks.house import House


class Crash(BaseException):
    """The process is gone."""


class Member:
    """One desk."""

    def __init__(self, house: House, name: str, *, is_holder: bool = False):
        self.house, self.name, self.path = house, name, house.folder / "wallets" / f"{name}.json"
        self.keystore: Any = house.keystore or NoKeys()
        self.fuse = -1
        self.is_dead = False
        self.path.parent.mkdir(exist_ok=True)
        with walletfile.create(self.path, "", wallets.new()) as file:
            house.clerk.join(name, file.wallet.view, is_holder=is_holder)
            self.phrase = file.wallet.own_phrase
        self.open()

    def open(self) -> None:
        """Opens the desk from its files.  Without a fuse: what opens a wallet is run again by whoever starts it."""
        self.is_dead, self.fuse = False, -1
        self._stack = ExitStack()
        ledger = self._stack.enter_context(Ledger.open(self.house.path))
        file = self._stack.enter_context(walletfile.open(self.path, ""))
        self.session = Session(ledger, file, self.keystore, samples.CUSTODIAN_SECRET)
        self.carrier = self.house.weather.carrier(self.name, self.step)
        self._stack.callback(self.carrier.close)
        wallet = self.path, self.session.wallet.view
        self.dispatcher = Dispatcher([self.carrier], lambda: self.house.now_ms, wallet)
        ledger.orders = CarriedOrders(ledger, self.dispatcher, lambda: self.house.now_ms, uses_board=False)
        self.desk = Desk(self.name, self.session, ExitStack())
        self.post: Post = self._stack.enter_context(self.desk.using([self.carrier]))
        self.dispatcher.retry()

    @property
    def ledger(self) -> Ledger:
        """Its connection."""
        return self.session.ledger

    def step(self, where: str) -> None:
        """Something that reaches a disk or the others is about to happen, or just has.  Raises Crash at the end."""
        if self.is_dead:
            raise Crash
        self.fuse -= 1
        if self.fuse == 0:
            self.is_dead = True
            self.house.counts[f"crashes at {where}"] += 1
            raise Crash

    def act(self, what: Callable[[], Any]) -> Any:
        """Does something as this desk.  Whoever dies of it is opened again a little later."""
        if self.is_dead:
            return None
        self.house.acting, self.house.step = self.name, self.step
        try:
            return what()
        except Crash:
            self.house.counts["crashes"] += 1
            self._stack.close()
            self.house.at(1_000 + self.house.chance.randrange(30_000), self.open)
            return None
        finally:
            self.house.acting, self.house.step = "", lambda where: None
            self.house.check()

    def crash(self) -> None:
        """It is gone between two things that it does."""
        if not self.is_dead:
            self.is_dead = True
            self.house.counts["crashes"] += 1
            self.house.counts["crashes while idle"] += 1
            self._stack.close()
            self.house.at(1_000 + self.house.chance.randrange(30_000), self.open)

    def check(self) -> None:
        """The wallet, brought up to date, has what the book says."""
        sessions.sync(self.session)
        wallet = self.session.wallet
        balances = [a + b for a, b in zip(wallet.balances, wallet.dust.balances, strict=True)]
        if balances != self.house.clerk.book.has[self.name]:
            raise AssertionError(f"{self.name}'s wallet has {balances}, not {self.house.clerk.book.has[self.name]}")

    def check_books(self) -> None:
        """The books of the wallet (prover/books) add up, and come to what it has."""
        kept = book.open(self.session)
        kept.check()
        total = [0] * records.ASSETS
        for entry in kept.entries:
            for changes in entry.changes.values():
                for slot, amount in changes.items():
                    total[slot] += amount
        assert total == self.house.clerk.book.has[self.name], f"the books of {self.name} come to {total}"

    def close(self) -> None:
        """Closes it in order."""
        if not self.is_dead:
            self._stack.close()
        self.is_dead = True


def restored(member: Member, folder: Path) -> list[int]:
    """What a wallet has that is restored from the phrase alone."""
    path = folder / f"{member.name}-restored.json"
    with walletfile.create(path, "", wallets.restore(member.phrase)) as file, Ledger.open(member.house.path) as ledger:
        session = Session(ledger, file, NoKeys())
        sessions.sync(session)
        return [a + b for a, b in zip(file.wallet.balances, file.wallet.dust.balances, strict=True)]
