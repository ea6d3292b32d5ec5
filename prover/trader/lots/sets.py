"""Which orders on the board belong together, what is left of them, and at which price.

Orders of one group are one set as far as their prices agree: whoever can read a group could place an order of his own
under it, and at another price that is a set of its own.  At the same price it does no harm, whoever placed it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from circuits import records
from prover.trader import boardview, keys
from prover.trader.boardview import Order
from prover.trader.lots import shares
from prover.trader.plan import Changes
from prover.trader.sessions import Session
from prover.trader.terms import Terms


@dataclass(frozen=True, repr=False)
class OrderSet(keys.Secret):
    """The lots of a set that can be taken now, the oldest first; or the one order that stands alone."""

    lots: tuple[Order, ...]

    @property
    def terms(self) -> Terms:
        """The terms of its oldest lot."""
        terms = self.lots[0].terms
        assert terms is not None, "the orders of a set are readable"
        return terms

    @property
    def group(self) -> str | None:
        """Its group in hexadecimal, None for an order that stands alone."""
        return self.terms.group.hex() if self.terms.is_lot else None

    @property
    def placed(self) -> int:
        """Of how many lots it was when it was placed."""
        return self.terms.lots

    @property
    def changes(self) -> Changes:
        """What is left of it: what its lots sell and buy together."""
        return tuple(map(sum, zip(*map(changes_of, self.lots), strict=True)))

    def price(self, asset: int, other: int) -> Fraction:
        """How much of the other asset it pays, or asks, for one smallest unit of the asset."""
        return Fraction(abs(self.changes[other]), abs(self.changes[asset]))


def changes_of(order: Order) -> Changes:
    """What an order sells and buys, whose terms are known."""
    assert order.terms is not None, "the orders of a set are readable"
    return order.terms.changes


def of(orders: Iterable[Order]) -> list[OrderSet]:
    """The sets of these orders, each where its first order is; those without terms are left out."""
    found: list[list[Order]] = []
    for order in orders:
        if order.terms is None:
            continue
        same = next((each for each in found if _belongs(order, each[0])), None)
        if same is None:
            found.append([order])
        else:
            same.append(order)
    return [OrderSet(tuple(each)) for each in found]


def takable(session: Session, now_ms: int) -> list[OrderSet]:
    """The sets on the board that this wallet can read and did not place, the oldest first."""
    own = {order.order_id for order in session.wallet.orders}
    return of(order for order in boardview.orders(session, now_ms) if order.order_id not in own)


def trades(changes: Changes, asset: int, other: int) -> bool:
    """Whether these changes are of these two assets, one for the other, and of nothing else."""
    traded = {slot for slot in range(records.ASSETS) if changes[slot]}
    return traded == {asset, other} and (changes[asset] > 0) != (changes[other] > 0)


def _belongs(order: Order, first: Order) -> bool:
    assert order.terms is not None and first.terms is not None, "only orders with terms are compared"
    return (
        order.terms.is_lot
        and (order.terms.group, order.terms.lots) == (first.terms.group, first.terms.lots)
        and shares.are_alike(order.terms.changes, first.terms.changes)
    )
