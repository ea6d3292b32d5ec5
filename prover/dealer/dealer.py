"""One desk that quotes by itself, a round at a time.

    dealer = Dealer(session, post, journal, strategies, sources, exposures)
    while …:
        dealer.step(clock.now_ms())

A round never sleeps and has no thread of its own: it brings the wallet up to date, notes what was traded, does what
cannot wait, answers requests, and makes what stands on the board what the strategies want.  Everything it needs comes
from outside, so that twenty desks can trade in simulated time.

A ledger or carrier that cannot be reached cuts a round short, and the next one finds out what became of it.  A strategy
that fails wants nothing: its orders end.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from prover.dealer import killing
from prover.dealer.accounts import Accounts
from prover.dealer.book import Name, Stood
from prover.dealer.careful import Careful
from prover.dealer.errands import Errands
from prover.dealer.freshness import Freshness
from prover.dealer.journal import Journal
from prover.dealer.patience import Patience
from prover.dealer.requests import Requests
from prover.dealer.reserve.reserve import Reserve
from prover.dealer.reserve.rules import Rules
from prover.dealer.standing import Quotes, Resolve
from prover.dealer.strategies.strategy import Standing, Strategy
from prover.dealer.strategies.view import Inventory, Market
from prover.dealer.wishing import Makers, Wishes
from prover.machine import clock
from prover.network.wire import refusals
from prover.rfq.answering import Limits
from prover.rfq.post import Post
from prover.trader import readers, sessions
from prover.trader.moving import Moved
from prover.trader.plan import Changes
from prover.trader.sessions import Session, Unreported
from prover.trader.trade import Agree
from settlement import amounts
from settlement.errors import Unavailable
from settlement.ledger import Ledger


class Reading(Protocol):
    """What the sources of prices say now, and what is wrong with them, in sentences."""

    @property
    def market(self) -> Market: ...

    @property
    def problems(self) -> tuple[str, ...]: ...


class Sources(Protocol):
    """Where prices come from."""

    def read(self, ledger: Ledger, now_ms: int) -> Reading:
        """What they say.  It never waits."""


class Fill(Protocol):
    """Something that was offered and that somebody took."""

    @property
    def changes(self) -> Changes: ...

    @property
    def leg_id(self) -> bytes | None: ...

    @property
    def counterparty(self) -> str: ...

    @property
    def settled_ms(self) -> int: ...

    @property
    def is_take(self) -> bool: ...


class Exposures(Protocol):
    """What stands open, and the limits (prover/dealer/limits)."""

    def inventory(self) -> Inventory:
        """What strategies are shown."""

    def offering(self, counterparty: str, market: Market, *, is_take: bool = False) -> AbstractContextManager[Agree]:
        """A block in which something is offered to a counterparty, or, with `is_take`, settled with it."""

    def sync(self) -> Sequence[Fill]:
        """What settled and was not told."""

    def told(self, fills: Sequence[Any]) -> None:
        """Notes that it was told."""


@dataclass(frozen=True)
class Settings:
    """How a desk quotes: how many requests it answers, how long its quotes are firm, and who is behind its addresses.

    `resolve` makes addresses of the readers that a strategy names.  `reserve` says when accounts are topped up, and
    `makers` who is asked for what strategies wish.
    """

    limits: Limits = Limits()
    firm_ms: int | None = None
    known: Mapping[int, str] = field(default_factory=dict)
    resolve: Resolve = readers.addresses_of
    reserve: Rules | None = None
    makers: Makers = Makers()

    @property
    def keep_off(self) -> frozenset[int]:
        """The numbers of the addresses whose accounts are the reserve."""
        return frozenset() if self.reserve is None else self.reserve.addresses


class Dealer:
    """One desk.  The wallet is open, and so locked, for as long as this lives.

    `trouble` is why the last round was cut short, or None.
    """

    def __init__(
        self, session: Session, post: Post, journal: Journal, strategies: Sequence[tuple[str, Strategy]],
        sources: Sources, exposures: Exposures, settings: Settings = Settings(),
    ):  # fmt: skip
        """Reads the book.  Raises FormatError when that is damaged."""
        self._session, self._journal = session, journal
        self._strategies = [Careful(name, strategy, journal) for name, strategy in strategies]
        self._sources, self._exposures = sources, exposures
        own = Accounts(session, post.memory, settings.keep_off)
        self._quotes = Quotes(session, journal, settings.resolve, own)
        self._freshness = Freshness(session, journal)
        self._requests = Requests(
            session, post, journal, self._strategies, settings.limits, settings.firm_ms, settings.known, own
        )  # fmt: skip
        reserve = None if settings.reserve is None else Reserve(session, settings.reserve)
        self._errands = Errands(session, journal, reserve)
        self._wishes = Wishes(session, post, journal, settings.makers, settings.resolve, own)
        self._patience = Patience()
        self.trouble: str | None = None

    @property
    def standing(self) -> dict[Name, Stood]:
        """What stands on the board, by the names of the strategy and the quote."""
        return self._quotes.standing

    def step(self, now_ms: int) -> bool:
        """Does one round; whether there was anything to do.  What it decided is in the journal when it returns."""
        try:
            is_busy = self._round(now_ms)
            if self.trouble:
                self._journal.write(now_ms, "back", "a round was done in full again")
            self.trouble = None
            return is_busy
        except (Unavailable, refusals.Refused, Unreported) as error:
            why = error.__cause__ if isinstance(error, Unreported) else error  # the next round finds what was done
            if not isinstance(why, (Unavailable, refusals.Refused)):
                raise
            if self.trouble is None:
                self._journal.write(now_ms, "cut off", f"{why}; trying again")
            self.trouble = str(why)
            return False
        finally:
            self._journal.sync()

    def cancel_all(self, now_ms: int) -> Moved:
        """Moves every account, so that nothing that this wallet ever offered can be taken.  Raises Unavailable."""
        moved = killing.cancel_all(self._session, self._quotes, self._journal, now_ms)
        self._look(now_ms)
        return moved

    def _round(self, now_ms: int) -> bool:
        self._session.ledger.update()
        is_busy = self._quotes.resume(now_ms)  # before the sync, which forgets orders that are over
        self._sync(now_ms)
        is_busy |= self._look(now_ms)
        market, time = self._market(now_ms), clock.running(now_ms)  # nothing is older than what was before

        def offering_to(counterparty: str) -> AbstractContextManager[Agree]:
            return self._exposures.offering(counterparty, market)

        is_busy |= self._errands.run(time)
        is_busy |= self._requests.answer(market, self._exposures.inventory, offering_to, time)
        is_busy |= self._wish(market, time())
        wanted = self._wanted(market)
        if self._quotes.void(wanted, time()):
            is_busy = True
            self._look(now_ms)
            wanted = self._wanted(market)
        is_busy |= self._freshness.refresh(self._quotes.standing.values(), time())
        return self._quotes.place(wanted, offering_to, time()) or is_busy

    def _sync(self, now_ms: int) -> None:
        """Brings the wallet up to date, and tells what nobody here has done."""
        synced = sessions.sync(self._session)
        pool = self._session.ledger.pool
        for seizure in synced.seized:
            self._journal.write(
                now_ms, "seized", "the guardians took an account that was in breach", height=seizure.height,
                left=amounts.show_all(seizure.residual.account.balances, pool),
            )  # fmt: skip

    def _look(self, now_ms: int) -> bool:
        """Tells what was traded, and notes what is not standing any more; whether there was anything."""
        names = {part.order_id: each.key for each in self._quotes.standing.values() for part in each.parts}
        fills, pool = self._exposures.sync(), self._session.ledger.pool
        for fill in fills:
            if fill.is_take:
                continue  # what the desk took itself is told where it did that
            order_id = "" if fill.leg_id is None else fill.leg_id.hex()
            strategy, quote = names.get(order_id, ("", ""))
            sold, bought = amounts.show_trade(fill.changes, pool)
            self._journal.write(
                now_ms, "taken", "somebody took what was offered", sold=sold, bought=bought, order=order_id,
                strategy=strategy, quote=quote, counterparty=fill.counterparty, settled_ms=fill.settled_ms,
            )  # fmt: skip
        if fills:
            self._journal.sync()
            self._exposures.told(fills)
        return self._quotes.look(now_ms) or bool(fills)

    def _market(self, now_ms: int) -> Market:
        reading = self._sources.read(self._session.ledger, now_ms)
        if self._patience.refuse("prices", None, "; ".join(reading.problems), now_ms):
            for problem in reading.problems:
                self._journal.write(now_ms, "prices", problem)
        return reading.market

    def _wish(self, market: Market, now_ms: int) -> bool:
        """Does what the strategies want done now; whether anything was."""
        inventory = self._exposures.inventory()
        wishes = {
            (strategy.name, each.name): each
            for strategy in self._strategies
            for each in strategy.wishes(market, inventory)
        }

        def taking_from(counterparty: str) -> AbstractContextManager[Agree]:
            return self._exposures.offering(counterparty, market, is_take=True)

        return self._wishes.perform(wishes, taking_from, now_ms)

    def _wanted(self, market: Market) -> dict[Name, Standing]:
        """What should stand, by the names of the strategy and the quote."""
        inventory = self._exposures.inventory()
        return {
            (strategy.name, name): each
            for strategy in self._strategies
            for name, each in strategy.standing(market, inventory).items()
        }
