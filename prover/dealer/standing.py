"""The orders that a desk has on the board: compared with those that its strategies want, and made to be these.

    resume      what was about to be placed when a round was cut short, as far as the wallet knows of it
    look        what was taken, has expired, or is void is not standing any more
    void        what should not stand, or stands at another price, ends: its accounts move, all in one bundle
    place       what is missing is placed

An order is only over when its account has moved or it has expired, whatever the board says: somebody may have copied
it.  So an order that the board lost, or that expires soon, is placed again on its own account, where one of the two at
most can settle.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress

from circuits.records import Position
from prover.dealer.accounts import Accounts
from prover.dealer.book import Book, Intended, Name, Part, Stood, resumed, stood
from prover.dealer.journal import Journal
from prover.dealer.patience import Patience
from prover.dealer.strategies import strategy
from prover.dealer.strategies.strategy import Standing
from prover.machine import clock
from prover.trader import boardview, moving, orders, readers, withdrawing
from prover.trader.addresses import Address
from prover.trader.lots import offering, shares
from prover.trader.sessions import Session
from prover.trader.trade import Agree
from settlement import amounts
from settlement.rejection import Rejected
from zk.errors import FormatError, Unsatisfied

RENEW_MS = 90_000
"""An order that expires sooner is placed again."""

Offering = Callable[[str], AbstractContextManager[Agree]]
"""A block in which something is offered to a counterparty, and what agrees to it within the limits."""
Resolve = Callable[[Sequence[str]], tuple[Address, ...]]


class Quotes:
    """The standing orders of one desk."""

    def __init__(
        self, session: Session, journal: Journal, resolve: Resolve = readers.addresses_of, own: Accounts | None = None
    ):
        self._session, self._journal, self._resolve, self._accounts = session, journal, resolve, own
        self._book = Book(session)
        self._patience = Patience()

    @property
    def standing(self) -> dict[Name, Stood]:
        """What stands, by the names of the strategy and the quote."""
        return self._book.standing

    def resume(self, now_ms: int) -> bool:
        """Takes into the book what an interrupted run may have placed.  Whether there was anything to find out."""
        intended = self._book.intended
        if not intended:
            return False
        pairs = [(one, resumed(self._session.wallet, one)) for one in intended]
        self._book.settle([each for _, each in pairs if each is not None])
        for one, each in pairs:
            why = "it was being placed when the desk was interrupted"
            if each is not None:
                self._write(now_ms, "resumed", f"{why}, and may be on the board", each)
            else:
                why = f"{why}, and nothing of it is open now"
                self._journal.write(now_ms, "dropped", why, strategy=one.strategy, quote=one.name)
        return True

    def look(self, now_ms: int) -> bool:
        """Notes what is over; whether there was any."""
        wallet, stands, gone = self._session.wallet, [], set[Name]()
        own = {order.order_id for order in wallet.orders}
        live = {holding.position for holding in wallet.live}
        for name, each in self._book.standing.items():
            left = tuple(part for part in each.parts if part.order_id in own)
            if len(left) == len(each.parts):
                continue
            for part in each.parts:
                if part not in left:
                    moved = "its account has moved: it was taken, or is void"
                    why = "it has expired" if part.position in live else moved
                    self._write(now_ms, "closed", why, _with(each, (part,)))
            if left:
                stands.append(_with(each, left))
            else:
                gone.add(name)
        if stands or gone:
            self._book.settle(stands, gone)
        return bool(stands or gone)

    def void(self, wanted: Mapping[Name, Standing], now_ms: int) -> bool:
        """Ends the orders that are not wanted as they are; whether there were any.

        An account that cannot move, for want of margin perhaps, keeps its order: that is taken off the board.
        """
        stands, dropped, lost = self._book.standing, dict[Name, str](), self._lost(now_ms)
        for name, each in stands.items():
            why = why_not(each, wanted.get(name))
            if why is None and each.lots > 1 and _is_ending(each, lost, now_ms):
                why = "it expires soon or left the board, and a set is placed as a whole"
            if why is not None and self._patience.may_try(("void", name), each.parts, now_ms):
                dropped[name] = why
        if not dropped:
            return False
        for name, why in dropped.items():
            self._write(now_ms, "voiding", why, stands[name])
        positions = sorted({Position(at) for name in dropped for at in stands[name].positions})
        moved = moving.move(self._session, positions, now_ms)
        for settlement in moved.settlements:
            self._journal.write(
                now_ms, "moved", "so that nobody can take what they offered", height=settlement.receipt.height,
                accounts=len(settlement.bundle.moves),
            )  # fmt: skip
        for at, sentence in moved.failed:
            for name in dropped:
                if at not in stands[name].positions:
                    continue
                if self._patience.refuse(("void", name), stands[name].parts, sentence, now_ms):
                    self._journal.write(now_ms, "not moved", sentence, position=at)
                    self._withdraw(stands[name], at, now_ms)
        self.look(now_ms)
        return True

    def _withdraw(self, each: Stood, position: int, now_ms: int) -> None:
        """Takes the orders of an account that cannot move off the board, at least."""
        for part in each.parts:
            if part.position == position:
                with suppress(Unsatisfied, Rejected):
                    withdrawing.withdraw(self._session, part.order_id, now_ms)
                    why = "its account cannot move; whoever copied the order can take it until it expires"
                    self._write(now_ms, "withdrawn", why, _with(each, (part,)))

    def place(self, wanted: Mapping[Name, Standing], offering_to: Offering, now_ms: int) -> bool:
        """Places what is missing, or expires soon; whether there was any."""
        missing = self._missing(wanted, now_ms)
        if not missing:
            return False
        intended = self._book.intend([(name, wanted[name].lots, wanted[name].readers) for name in missing], now_ms)
        time, stands = clock.running(now_ms), list[Stood]()
        for name, one in zip(missing, intended, strict=True):
            try:
                stands.append(self._placed(wanted[name], one, missing[name], offering_to, time()))
                self._patience.forget(("place", name))
            except (Unsatisfied, Rejected, FormatError) as error:
                if self._patience.refuse(("place", name), _terms(wanted[name]), str(error), now_ms):
                    self._journal.write(now_ms, "not placed", str(error), strategy=name[0], quote=name[1])
        self._book.settle(stands)
        for each in stands:
            self._write(now_ms, "placed", wanted[each.key].why, each)
        return True

    def _missing(self, wanted: Mapping[Name, Standing], now_ms: int) -> dict[Name, int | None]:
        """What is to be placed, and the position of the account where it stands already."""
        stands, lost, found = self._book.standing, self._lost(now_ms), dict[Name, int | None]()
        for name, want in wanted.items():
            each = stands.get(name)
            is_missing = each is None or why_not(each, want) is None and _is_ending(each, lost, now_ms)
            # What could not be voided stays alone, and a set is voided first.
            if is_missing and (each is None or each.lots == 1) and self._patience.may_try(
                ("place", name), _terms(want), now_ms
            ):  # fmt: skip
                found[name] = None if each is None else each.parts[0].position
        return found

    def _lost(self, now_ms: int) -> set[str]:
        """The standing orders that are not on the board."""
        ids = {part.order_id for each in self._book.standing.values() for part in each.parts}
        own = [order for order in self._session.wallet.orders if order.order_id in ids]
        states = boardview.states(self._session.ledger, own, now_ms)
        pairs = zip(own, states, strict=True)
        return {order.order_id for order, state in pairs if state in (boardview.GONE, boardview.WITHDRAWN)}

    def _placed(
        self, want: Standing, one: Intended, position: int | None, offering_to: Offering, now_ms: int
    ) -> Stood:  # fmt: skip
        session, sealed_to = self._session, self._resolve(want.readers)
        sell = {slot: -change for slot, change in enumerate(want.changes) if change < 0}
        buy = {slot: change for slot, change in enumerate(want.changes) if change > 0}
        counterparty = want.readers[0] if len(want.readers) == 1 and want.readers[0] != strategy.EVERYBODY else ""
        with offering_to(counterparty) as agree:
            expiry_ms = now_ms + want.life_ms
            if want.lots == 1:
                if position is None and self._accounts is not None:
                    position = self._accounts.choose([want.changes], now_ms)
                made = orders.place(
                    session, sell, buy, sealed_to, expiry_ms, now_ms, position, agree, once=one.once
                ).order_id  # fmt: skip
                own = [order for order in session.wallet.orders if order.order_id == made]
            else:
                using = frozenset[Position]()
                if position is None and self._accounts is not None:
                    position, using = self._accounts.for_lots(shares.of_order(want.changes, want.lots), now_ms)
                group = offering.place(
                    session, sell, buy, sealed_to, expiry_ms, now_ms, want.lots, position, agree, once=one.once,
                    using=using,
                ).group  # fmt: skip
                own = [order for order in session.wallet.orders if order.terms.group.hex() == group]
        return stood(one, own)

    def _write(self, now_ms: int, event: str, why: str, each: Stood) -> None:
        sells, buys = amounts.show_trade(each.changes, self._session.ledger.pool)
        self._journal.write(
            now_ms, event, why, strategy=each.strategy, quote=each.name, sells=sells, buys=buys,
            orders=[part.order_id for part in each.parts], positions=[part.position for part in each.parts],
            expires_ms=each.expiry_ms,
        )  # fmt: skip


def why_not(each: Stood, want: Standing | None) -> str | None:
    """Why this must not stand any more, or None when it may."""
    if want is None:
        return "its strategy does not want it now"
    if want.readers != each.readers:
        return "it is for other readers now"
    if want.lots != each.lots or len(each.parts) != each.lots:
        return "a part of it was taken, or it is to have other lots"
    return None if strategy.stays(want, each.changes) else want.why


def _is_ending(each: Stood, lost: set[str], now_ms: int) -> bool:
    """Whether it expires soon, or an order of it left the board."""
    return each.expiry_ms <= now_ms + RENEW_MS or any(part.order_id in lost for part in each.parts)


def _terms(want: Standing) -> Hashable:
    """What makes it another quote than one that was refused."""
    return want.changes, want.readers, want.lots


def _with(each: Stood, parts: tuple[Part, ...]) -> Stood:
    return Stood(each.strategy, each.name, parts, each.lots, each.readers, each.expiry_ms, each.placed_ms)
