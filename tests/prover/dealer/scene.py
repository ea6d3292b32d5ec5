"""A dealer in a world of desks (tests/prover/rfq/desks.py): a strategy that wants what the test says, and no limits."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from prover.dealer import journal
from prover.dealer.dealer import Dealer, Settings
from prover.dealer.journal import Journal, Line
from prover.dealer.strategies.strategy import Answer, Standing, Wish
from prover.dealer.strategies.view import Inventory, Market
from prover.rfq.post import Post
from prover.trader import addresses, moves, orders, sessions, trade, walletfile
from prover.trader.sessions import Settlement
from settlement import custody, engine
from settlement.bundles import encoding
from settlement.orders import board
from tests.prover.dealer import views
from tests.prover.rfq import desks
from tests.prover.rfq.desks import ETH, FUNDS, USDC, World, both
from tests.settlement.bundles import samples

HOUR_MS = 3_600_000
place, refresh_all = board.place, board.refresh_all


def changes(**sizes: int) -> tuple[int, ...]:
    """Amounts in smallest units, by the names in tests/prover/rfq/desks.py."""
    return views.changes({getattr(desks, name): amount for name, amount in sizes.items()})


def wants(name: str, readers: Sequence[str], lots: int = 1, slack_bps: int = 0, **sizes: int) -> Standing:
    """A quote that a strategy wants."""
    return Standing(name, changes(**sizes), f"the test wants {name}", tuple(readers), HOUR_MS, lots, slack_bps)


@dataclass
class Wanting:
    """A strategy that wants what it is told to, and quotes two sides of whatever it is asked."""

    quotes: list[Standing] = field(default_factory=list)
    prices: tuple[int, int] | None = (1_000, 1_100)
    fails: bool = False
    wished: tuple[Wish, ...] = ()

    def price(self, market: Market, inventory: Inventory, enquiry: Any) -> Answer:
        assert not self.fails, "asked for too much"
        if self.prices is None:
            return Answer((), "it has no price")
        return Answer((both(*self.prices),), "the test's prices")

    def standing(self, market: Market, inventory: Inventory) -> list[Standing]:
        assert not self.fails, "asked for too much"
        return self.quotes

    def wishes(self, market: Market, inventory: Inventory) -> tuple[Wish, ...]:
        return self.wished


class NoLimits:
    """Exposures of a desk that counts nothing."""

    def __init__(self, session: sessions.Session):
        self._session = session

    def inventory(self) -> Inventory:
        return Inventory.settled(self._session.wallet.balances)

    @contextmanager
    def offering(self, counterparty: str, market: Market, *, is_take: bool = False) -> Iterator[Callable]:
        yield trade.allow_new_debts

    def sync(self) -> tuple[()]:
        return ()

    def told(self, fills: Sequence[Any]) -> None:
        assert not fills


@dataclass
class Prices:
    """Sources that say what the newest publication says."""

    problems: tuple[str, ...] = ()

    def read(self, ledger: Any, now_ms: int) -> Any:
        return SimpleNamespace(market=views.market(ledger.pool, now_ms=now_ms), problems=self.problems)


class Scene:
    """A dealer, who holds FUNDS of some assets in an account each, and a taker."""

    def __init__(self, world: World, holds: Sequence[Sequence[int]] = ((USDC, ETH),)):
        self.world, self.strategy, self.sources = world, Wanting(), Prices()
        self.maker, self.taker = world.desk(*holds[0]), world.desk(USDC, ETH)
        for more in holds[1:]:
            self.deposit(self.maker, *more)
        self.path = world.folder / "maker.journal"
        self.post = Post(self.maker.session, [self.maker.carrier], lambda: world.now_ms)
        self.open()

    def deposit(self, of: desks.Desk, *assets: int) -> None:
        """One more account for a desk, with FUNDS of these assets."""
        session, ledger, first, *rest = of.session, self.world.ledger, *assets
        asked = moves.request_deposit(session, first, FUNDS, "bank", self.world.later(), HOUR_MS)
        attested = custody.attest(ledger.pool, asked, samples.CUSTODIAN_SECRET)
        engine.submit(ledger, encoding.encode_bundle(attested), self.world.later())
        for asset in rest:
            sessions.sync(session)
            moves.deposit(session, asset, FUNDS, "bank", self.world.later(), session.wallet.live[-1].position)
        sessions.sync(session)

    def open(self) -> None:
        """Starts the dealer, for the first time or again."""
        self.journal = Journal(self.path)
        self.dealer = Dealer(
            self.maker.session, self.post, self.journal, [("test", self.strategy)], self.sources,
            NoLimits(self.maker.session), Settings(known={1: "acme"}),
        )  # fmt: skip

    def restart(self) -> None:
        """The process was killed: only the files are left."""
        path = self.maker.session.file.path
        self.maker.session = replace(self.maker.session, file=walletfile._read(path, ""))
        self.post.close()
        self.post = Post(self.maker.session, [self.maker.carrier], lambda: self.world.now_ms)
        self.open()

    @property
    def reader(self) -> str:
        """The taker's address."""
        return addresses.encode(self.taker.address)

    def wants(self, name: str, lots: int = 1, slack_bps: int = 0, **sizes: int) -> Standing:
        """A quote for the taker."""
        return wants(name, [self.reader], lots, slack_bps, **sizes)

    def step(self, ms: int = 2_000) -> bool:
        """A round, a little later."""
        return self.dealer.step(self.world.later(ms))

    def listed(self) -> dict[str, tuple[int, ...]]:
        """The maker's orders on the board, each with what it sells and buys."""
        ids = {order.order_id.hex() for order in board.listed(self.world.ledger, self.world.now_ms)}
        own = self.maker.session.wallet.orders
        return {order.order_id: order.terms.changes for order in own if order.order_id in ids}

    def take(self, order_id: str) -> Settlement:
        """The taker takes an order."""
        return orders.take(self.taker.session, order_id, self.world.later(), agree=trade.allow_new_debts)

    def lines(self, *events: str) -> list[Line]:
        """What the journal has, of these events or of all."""
        return [line for line in journal.read(self.path) if not events or line.event in events]

    def balances(self, desk: desks.Desk) -> tuple[int, ...]:
        sessions.sync(desk.session)
        return desk.session.wallet.balances


@contextmanager
def scene(folder: Path, holds: Sequence[Sequence[int]] = ((USDC, ETH),), **how: Any) -> Iterator[Scene]:
    """A world with a dealer in it; the notary verifies what the board is given, too."""
    with desks.world(folder, **how) as world, pytest.MonkeyPatch.context() as patch:
        verify = world.notary.verify
        patch.setattr(board, "place", lambda ledger, posting, now_ms: place(ledger, posting, now_ms, verify))
        patch.setattr(
            board, "refresh_all", lambda ledger, margins, now_ms, *_: refresh_all(ledger, margins, now_ms, verify)
        )
        yield Scene(world, holds)
