"""An open wallet that trades in lots: accounts are divided, orders placed in parts, and parts of orders taken.

prover.desk adds the rest.
"""

from collections.abc import Sequence

from prover.machine import clock, threadcount
from prover.openwallet import OpenWallet
from prover.trader import lifetimes, orders, plan, readers, steps, trade
from prover.trader.boardview import Order
from prover.trader.lots import ending, offering, sets, shares, splitting, sweeping
from prover.trader.lots.offering import PlacedSet
from prover.trader.lots.sets import OrderSet
from prover.trader.lots.sweeping import Limit, Tell, Wanted
from prover.trader.marks import Mark
from prover.trader.sessions import Settlement
from prover.trader.terms import MAX_LOTS
from prover.trader.trade import Agree
from settlement import amounts
from settlement.pool.pool import asset_index
from zk.errors import FormatError, Unsatisfied

Texts = str | Sequence[str]


class LotDesk(OpenWallet):
    """The part of a desk that deals with lots."""

    def split(
        self, accounts: int | None = None, *, parts: Sequence[str] = (), position: int | None = None,
        once: str | None = None,
    ) -> Settlement:  # fmt: skip
        """Divides an account into so many equal ones, 2 to 32, or moves each of the parts into one of its own.

        A part is text such as "2 ETH" or "2 ETH 100 USDC".
        """
        if (accounts is None) == (not parts):
            raise FormatError("an account is divided into a number of equal accounts, or into parts of given amounts")
        with threadcount.limited_to(self.threads):
            if accounts is not None:
                return splitting.split_evenly(self.session, accounts, clock.now_ms(), position, once)
            moved = [plan.changes({}, amounts.parse_all([part], self.pool)) for part in parts]
            return splitting.split_off(self.session, moved, clock.now_ms(), position, once)

    def place_lots(
        self, lots: int | None = None, *, sell: Texts = (), buy: Texts = (), to: Texts, minimum: str | None = None,
        expires: str = "1h", position: int | None = None, may_owe: bool = False, agree: Agree | None = None,
        funds: bool = True, once: str | None = None, until: str | None = None,
    ) -> PlacedSet:  # fmt: skip
        """Places an order in lots, each on an account of its own, so that a part of it can be taken.

        Each lot is taken whole or not at all.  `minimum` is the least amount that can be taken, such as "1 ETH": no lot
        is smaller, and without a number of lots there are as many as that allows.  The rest is as in `place`.
        """
        sealed_to = readers.addresses_of(texts(to), self.named)
        sold, bought = amounts.parse_all(texts(sell), self.pool), amounts.parse_all(texts(buy), self.pool)
        count = self._count(lots, minimum, plan.changes(sold, bought))
        now_ms = clock.now_ms()
        life = lifetimes.read(expires, until, now_ms)
        with threadcount.limited_to(self.threads):
            return offering.place(
                self.session, sold, bought, sealed_to, life.expiry_ms, now_ms, count, position,
                agree or default_agree(may_owe), is_backed=funds, once=once, mark=Mark(is_kept=life.is_kept),
                until=life.until,
            )  # fmt: skip

    def sets(self) -> list[OrderSet]:
        """The orders on the board that this wallet can take, the oldest first: lots of one order as one set."""
        return sets.takable(self.session, clock.now_ms())

    def take_part(
        self, order: Order | str, amount: str, *, minimum: str | None = None, position: int | None = None,
        may_owe: bool = False, agree: Agree | None = None, once: str | None = None, tell: Tell = sweeping.untold,
    ) -> Settlement:  # fmt: skip
        """Takes lots of an order: at most this amount, and as near to it as they come.

        The order is any lot of it; a string must be the whole id.  `tell` is told what was chosen, before `agree` is
        asked as in `take`.
        """
        order_id = order.order_id if isinstance(order, Order) else order
        with threadcount.limited_to(self.threads):
            return sweeping.take(
                self.session, order_id, self._wanted(amount, minimum), clock.now_ms(), position,
                agree or default_agree(may_owe), once, tell,
            )  # fmt: skip

    def sweep(
        self, *, buy: str | None = None, sell: str | None = None, unit: str, limit: str, minimum: str | None = None,
        position: int | None = None, may_owe: bool = False, agree: Agree | None = None, once: str | None = None,
        tell: Tell = sweeping.untold,
    ) -> Settlement:  # fmt: skip
        """Buys or sells at most an amount, such as "4 ETH", of all orders that this wallet can read, best price first.

        `limit` is the worst price, such as "3010", in whole units of the asset `unit`, such as "USDC", for a whole one.
        """
        if (buy is None) == (sell is None):
            raise FormatError("a sweep buys an amount or sells one")
        wanted = self._wanted(buy or sell or "", minimum)
        other = asset_index(self.pool, unit)
        price = amounts.parse_ratio(limit, self.pool.assets[wanted.asset], self.pool.assets[other])
        with threadcount.limited_to(self.threads):
            return sweeping.sweep(
                self.session, wanted, Limit(other, price, sells=sell is not None), clock.now_ms(), position,
                agree or default_agree(may_owe), once, tell,
            )  # fmt: skip

    def cancel_lots(self, group: PlacedSet | str, *, once: str | None = None) -> Settlement:
        """Voids all that is left of an order in lots, in one bundle.  A string is the set's id, or its first digits."""
        text = group.group if isinstance(group, PlacedSet) else group
        with threadcount.limited_to(self.threads):
            return ending.cancel(self.session, self.group_of(text), clock.now_ms(), once)

    def group_of(self, text: str) -> str:
        """The group that a text names.  Raises Unsatisfied when this wallet has no such set of orders."""
        group = ending.group_named(self.session.wallet, text)
        if group is None and len(text) == ending.GROUP_DIGITS:
            return text  # which may be closed already: then a command that is repeated still tells its outcome
        if group is None:
            raise Unsatisfied(f"this wallet has no open order in lots whose id begins with {text[:orders.ID_DIGITS]}")
        return group

    def confirm_set(self, outcome: PlacedSet) -> None:
        """Notes that a placed set was told.  Only a desk that was opened with `on_done` needs it."""
        steps.confirm(self.session, outcome.entry)

    def _wanted(self, amount: str, minimum: str | None) -> Wanted:
        asset, most = amounts.parse(amount, self.pool)
        return Wanted(asset, most, 0 if minimum is None else self._of(asset, minimum))

    def _of(self, asset: int, text: str) -> int:
        """An amount of this asset.  Raises FormatError when the text is of another."""
        found, amount = amounts.parse(text, self.pool)
        if found != asset:
            raise FormatError(f"the minimum must be an amount of {self.pool.assets[asset].symbol}, as the amount is")
        return amount

    def _count(self, lots: int | None, minimum: str | None, changes: plan.Changes) -> int:
        """The number of lots.  Raises FormatError when one would be smaller than the minimum."""
        if minimum is None:
            if lots is None:
                raise FormatError("say how many lots there are to be, or the least amount that can be taken")
            return lots
        asset, least = amounts.parse(minimum, self.pool)
        if not changes[asset]:
            raise FormatError("the minimum must be an amount of what the order sells or buys")
        most = shares.count_for(abs(changes[asset]), least, MAX_LOTS)
        if lots is not None and lots > most:
            raise FormatError(f"with lots of at least {minimum} there are at most {most} of them")
        if most == 1:
            raise FormatError("the minimum is more than half of the order, which can only be taken whole: leave it out")
        return most if lots is None else lots


def default_agree(may_owe: bool) -> Agree:
    """Agrees to every trade, or to every one that owes nothing new."""
    return trade.allow_new_debts if may_owe else trade.refuse_new_debts


def texts(words: Texts) -> Sequence[str]:
    """One text, or several, as several."""
    return [words] if isinstance(words, str) else words
