"""The board as a wallet sees it: each order with its terms, where the wallet made them or can open them."""

from collections.abc import Sequence
from dataclasses import dataclass

from prover.machine import clock
from prover.trader import orders as placed_orders
from prover.trader import readers
from prover.trader.sessions import Placed, Session
from prover.trader.terms import Terms
from prover.trader.wallets import OwnOrder
from settlement import amounts
from settlement.bundles.bundle import Leg
from settlement.ids import OrderId
from settlement.ledger import Ledger
from settlement.orders import board, funds
from settlement.pool.pool import Pool
from zk.errors import InvalidProof


@dataclass(frozen=True, repr=False)
class Order:
    """An order on the board, and its terms where this wallet can open them (None where it cannot).

    `is_public` says that everybody can read the terms.  `shown` is the asset, by its index, and the amount
    that the order's account holds at least (settlement.orders.funds), or None when it shows nothing.  `is_takable` says
    that its margin, if it needs any, is good now.  `outcome` is how it was placed, for an order that was placed just
    now.  """

    order_id: str
    leg: Leg
    terms: Terms | None
    pool: Pool
    is_public: bool
    shown: tuple[int, int] | None
    is_takable: bool = True
    outcome: Placed | None = None

    @property
    def sells(self) -> str | None:
        """The amounts that the maker sells, or None when the terms are sealed to others."""
        return None if self.terms is None else amounts.show_trade(self.terms.changes, self.pool)[0]

    @property
    def buys(self) -> str | None:
        """The amounts that the maker buys, or None when the terms are sealed to others."""
        return None if self.terms is None else amounts.show_trade(self.terms.changes, self.pool)[1]

    @property
    def backing(self) -> str | None:
        """The amount that the order's account holds at least, or None for an order that is not backed."""
        return backing(self.pool, self.shown)

    def __repr__(self) -> str:
        kind = "margined" if self.leg.public.guard else "cash"
        return f"Order({self.order_id[:16]}…, {kind}, expires {clock.text(self.leg.expiry_ms)})"


OPEN, STALE, GONE, WITHDRAWN = "open", "stale margin", "gone", "withdrawn"
"""Whether an own order can be taken from the board: its margin may be stale, it gave way, or it was withdrawn."""


def states(ledger: Ledger, own: Sequence[OwnOrder], now_ms: int) -> list[str]:
    """What is true of each of a wallet's own orders, which have neither expired nor lost their account."""
    found = []
    for each in own:
        order_id = OrderId(bytes.fromhex(each.order_id))
        posted = ledger.orders.get(order_id)
        if posted is None:
            found.append(WITHDRAWN if each.is_withdrawn or ledger.orders.withdrawn(order_id) else GONE)
        else:
            found.append(OPEN if board.is_takable(ledger, posted, now_ms) else STALE)
    return found


def order(session: Session, order_id: str, now_ms: int) -> Order:
    """The order on the board that an id, or its first digits, names.

    Raises as orders.posted, and InvalidProof when its terms open but are not its leg's.
    """
    return _opened(session, placed_orders.posted(session.ledger, order_id, now_ms), now_ms)


def _opened(session: Session, posted: board.Order, now_ms: int) -> Order:
    """A posted order with its terms.  Raises InvalidProof as `order`."""
    own_terms = {own.order_id: own.terms for own in session.wallet.orders}
    terms = own_terms.get(posted.order_id.hex()) or readers.open_terms(session.wallet.view, posted)
    return seen(session.ledger, posted, terms, now_ms)


def orders(session: Session, now_ms: int) -> list[Order]:
    """Every order that can be taken, the oldest first; one whose terms are false is listed without them.

    So one liar hides nobody else's order.
    """
    listed = []
    for posted in board.listed(session.ledger, now_ms):
        try:
            listed.append(_opened(session, posted, now_ms))
        except InvalidProof:
            listed.append(seen(session.ledger, posted, None, now_ms))
    return listed


def backing(pool: Pool, shown: tuple[int, int] | None) -> str | None:
    """The (asset, amount) that an order's funds show, in words, or None for None."""
    return None if shown is None else amounts.show(shown[1], pool.assets[shown[0]])


def seen(ledger: Ledger, posted: board.Order, terms: Terms | None, now_ms: int) -> Order:
    """A posted order with these terms, or as the public sees it with None."""
    return Order(
        posted.order_id.hex(), posted.leg, terms, ledger.pool, readers.is_public(posted), funds.shown(posted.funds),
        board.is_takable(ledger, posted, now_ms),
    )  # fmt: skip


def placed(ledger: Ledger, order: Placed, now_ms: int, *, is_public: bool) -> Order:
    """An order of this wallet's own that was placed, with the funds that it showed."""
    rules, asset = ledger.parameters(now_ms).board, order.backed_by
    shown = None if asset is None else (asset, rules.funds[asset])
    return Order(order.order_id, order.leg, order.terms, ledger.pool, is_public, shown, outcome=order)
