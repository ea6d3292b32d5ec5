"""Keeps a desk within its limits: counts every leg before it is proved, and until it settles or cannot any more.

    with exposures.offering("alice", market) as agree:
        reply = answering.answer(…, agree)

`agree` is what every trade of a wallet is shown before anything is proved (prover/trader/trade.py).  It adds the trade
to all that stands open, refuses what would go beyond a limit, and writes it down before it returns.  So after a crash
nothing stands open that is not counted; what was counted and never left is counted until it would have expired.

An open leg ends when the wallet has seen its account spent.  It settled if the bundle that spent it has the leg, by its
id or by the balances that it leaves; otherwise it is void.  Own orders that are unknown here, because they were placed
without a dealer, count as well.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from prover.dealer.limits import exposure, fates, limits
from prover.dealer.limits.exposure import Exposure, Fill, Open
from prover.dealer.limits.limits import LimitReached, Limits
from prover.dealer.limits.memory import Memory
from prover.dealer.strategies.view import ANYBODY, Inventory, Market, nothing
from prover.trader import walletsync
from prover.trader.plan import Changes
from prover.trader.sessions import Session
from prover.trader.trade import Agree, Trade
from prover.trader.wallets import Holding, OwnOrder
from settlement.rejection import Rejected
from zk.errors import FormatError, Unsatisfied
from zk.fields import prime

DAY_MS = 86_400_000
GRACE_MS = 10_000
"""A leg counts for so long after it expired, because the ledger's clock may be behind."""
LATE_MS = 3_600_000
"""So long after that it is still looked whether it had settled."""


class Exposures:
    """The exposures of one open wallet.  `clock` gives the time in Unix milliseconds.

    `keep_off` has the numbers of the addresses whose accounts the desk does not trade with.
    """

    def __init__(
        self, session: Session, allowed: Limits, clock: Callable[[], int], keep_off: frozenset[int] = frozenset()
    ):
        """Reads what is remembered.  Raises FormatError when that is damaged."""
        self._session, self._limits, self._clock, self._keep_off = session, allowed, clock, keep_off
        self._memory = Memory(session)

    def __repr__(self) -> str:
        return "Exposures"

    @property
    def now(self) -> Exposure:
        """What the desk has, what stands open, and what settled today."""
        self._settle()
        return self._exposure()

    def inventory(self) -> Inventory:
        """What strategies are shown."""
        return self.now.inventory

    @contextmanager
    def offering(self, counterparty: str, market: Market, *, is_take: bool = False) -> Iterator[Agree]:
        """Counts the trades that are agreed to inside, which are offered to this counterparty, or to ANYBODY.

        When the block fails in a way that says that nothing left, they count no more.  The `agree` that it gives raises
        LimitReached.  With `is_take` the desk settles the trade itself in the block.
        """
        known = {order.order_id for order in self._session.wallet.orders}
        made: list[Open] = []

        def agree(trade: Trade) -> None:
            self._settle()
            leg = self._leg(trade, counterparty, market, is_take=is_take)
            is_priced = exposure.worth(market, trade.changes) is not None
            limits.check(self._limits, self._exposure(market), leg, trade.pool, is_priced=is_priced)
            leg = replace(leg, number=self._memory.next_number())
            self._memory.add(leg)
            made.append(leg)

        try:
            yield agree
        except (Unsatisfied, Rejected, FormatError):
            self._placed(known, made, counterparty, market)
            self._release(made)
            raise
        if is_take:
            self._release(made[:-1])  # the bundle was made again, and only the last one settled
        else:
            self._placed(known, made, counterparty, market)

    def refusal(self, counterparty: str, market: Market, changes: Changes) -> str | None:
        """Why a trade from an account of its own would be refused now, or None.  Nothing is counted."""
        worth = exposure.worth(market, changes)
        leg = Open(0, -1, b"", changes, nothing(), None, counterparty, worth or 0, 0)
        try:
            self._settle()
            limits.check(self._limits, self._exposure(market), leg, market.pool, is_priced=worth is not None)
        except LimitReached as reached:
            return str(reached)
        return None

    def sync(self) -> tuple[Fill, ...]:
        """What settled and was not `told` yet, the oldest first.  The wallet must have been synced."""
        self._settle()
        return tuple(fill for fill in self._memory.fills.values() if not fill.is_told)

    def told(self, fills: Sequence[Fill]) -> None:
        """Notes that these are known to whoever asked."""
        for fill in fills:
            self._memory.fill(replace(fill, is_told=True))

    def _exposure(self, market: Market | None = None) -> Exposure:
        """What is now; orders of which nothing is remembered are valued in this market."""
        now_ms = self._clock()
        traded = [each for each in self._session.wallet.live if each.index not in self._keep_off]
        columns = zip(*(each.account.balances for each in traded), strict=True)
        balances = tuple(map(sum, columns)) if traded else nothing()
        stands = [each for each in self._memory.open.values() if each.expires_ms + GRACE_MS > now_ms]
        today = [each for each in self._memory.fills.values() if each.settled_ms // DAY_MS == now_ms // DAY_MS]
        return Exposure(balances, (*stands, *self._others(now_ms, market)), tuple(today))

    def _others(self, now_ms: int, market: Market | None) -> Iterator[Open]:
        """The wallet's own orders that were placed without a dealer."""
        known = {each.leg_id for each in self._memory.open.values()}
        for order in self._session.wallet.orders:
            is_known = bytes.fromhex(order.order_id) in known
            if not is_known and order.terms.expiry_ms + GRACE_MS > now_ms:
                yield from self._order(order, 0, ANYBODY, market)

    def _leg(self, trade: Trade, counterparty: str, market: Market, *, is_take: bool) -> Open:
        holding = next(each for each in self._session.wallet.live if each.position == trade.position)
        changes = tuple(new - old for new, old in zip(trade.after, trade.before, strict=True))
        worth = exposure.worth(market, trade.changes) or 0
        return Open(
            0, trade.position, self._nullifier(holding), changes, trade.after, None, counterparty, worth,
            trade.expiry_ms, is_take,
        )  # fmt: skip

    def _order(self, order: OwnOrder, number: int, counterparty: str, market: Market | None) -> Iterator[Open]:
        """An own order as an open leg, unless its account has moved."""
        fee = self._session.ledger.parameters(self._clock()).fees.leg
        changes = (order.terms.changes[0] - fee, *order.terms.changes[1:])
        worth = None if market is None else exposure.worth(market, order.terms.changes)
        for holding in self._session.wallet.live:
            if holding.position == order.position:
                after = tuple(map(sum, zip(holding.account.balances, changes, strict=True)))
                yield Open(
                    number, order.position, self._nullifier(holding), changes, after, bytes.fromhex(order.order_id),
                    counterparty, worth or 0, order.terms.expiry_ms,
                )  # fmt: skip

    def _placed(self, known: set[str], made: list[Open], counterparty: str, market: Market) -> None:
        """Counts each order that the wallet has since by itself, in the place of what was agreed to."""
        new = [order for order in self._session.wallet.orders if order.order_id not in known] if made else []
        for order in new:
            number = made.pop().number if made else self._memory.next_number()
            for leg in self._order(order, number, counterparty, market):
                self._memory.add(leg)

    def _release(self, made: Sequence[Open]) -> None:
        for leg in made:
            self._memory.drop(leg.number)

    def _nullifier(self, holding: Holding) -> bytes:
        return prime.to_bytes(walletsync.nullifier(self._session.wallet.view, holding))

    def _settle(self) -> None:
        """Ends the open legs whose accounts the wallet has seen spent, and those that expired long ago.

        What the wallet has not seen yet stays open: its balances do not have it either.  Legs of one account that leave
        the same balances cannot be told apart without their ids, and one of them settled: the others are dropped first.
        """
        live, now_ms = {each.position for each in self._session.wallet.live}, self._clock()
        settled: dict[bytes, tuple[Open, int]] = {}
        for leg in tuple(self._memory.open.values()):
            fate = None if leg.position in live else fates.of(self._session.ledger, self._session.wallet.view, leg)
            if fate is not None and fate.is_settled:
                before = settled.get(leg.nullifier)
                if before is None or before[0].leg_id is None:
                    settled[leg.nullifier] = leg, fate.moved_ms
                if before is not None:
                    self._memory.drop((leg if before[0].leg_id is not None else before[0]).number)
            elif fate is not None or leg.expires_ms + GRACE_MS + LATE_MS <= now_ms:
                self._memory.drop(leg.number)
        for leg, moved_ms in settled.values():
            self._fill(leg, moved_ms)

    def _fill(self, leg: Open, settled_ms: int) -> None:
        fill = Fill(leg.number, leg.changes, leg.leg_id, leg.counterparty, leg.worth, settled_ms, is_take=leg.is_take)
        self._memory.fill(fill)
