"""Takes lots: any of an order's, or of several makers' orders, against one leg of the taker's own, in one bundle.

Each lot is taken whole or not at all, and its account can move only once, so no order is ever filled beyond its size,
and none by less than its smallest lot.  The best price comes first, of equal prices the order that was placed first.
Of each order those lots are taken that come nearest to what is wanted still (prover.trader.lots.sums), never more.

When somebody else takes a lot meanwhile, or it expires, the ledger refuses the bundle for good; then another is made
of the lots that are left, under the same key.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from prover.trader import choosing, keys, merging, orders, outbox, plan, readers, sessions, settling, shapes, trade
from prover.trader.boardview import Order
from prover.trader.diary import About, What
from prover.trader.lots import sets, shares, sums
from prover.trader.lots.sets import OrderSet
from prover.trader.plan import Changes
from prover.trader.sessions import Session, Settlement
from prover.trader.terms import MAX_LOTS, Terms
from prover.trader.trade import Agree
from settlement import amounts
from settlement.bundles.bundle import Bundle
from settlement.orders import board
from settlement.rejection import Rejection
from zk.errors import FormatError, Unsatisfied

GONE = (Rejection.NULLIFIER_SPENT, Rejection.EXPIRED)
"""Why a bundle with a lot that is gone is refused: it never settles then, so that another may be made."""


@dataclass(frozen=True)
class Wanted:
    """How much of an asset to take, in smallest units, and how much at least."""

    asset: int
    amount: int
    minimum: int = 0

    def __post_init__(self) -> None:
        if self.minimum > self.amount:
            raise FormatError("the minimum is more than the amount")


@dataclass(frozen=True)
class Limit:
    """The worst price: `sells` says whether the taker sells the asset, for at least `price` of the other one per unit.

    If not, the taker buys it, for at most that much.
    """

    other: int
    price: Fraction
    sells: bool


@dataclass(frozen=True, repr=False)
class Chosen(keys.Secret):
    """The lots that are about to be taken, and how much of the asset they are."""

    lots: tuple[Order, ...]
    amount: int


Tell = Callable[[Chosen], None]
"""Is told what was chosen, before anybody agrees to it."""


def untold(chosen: Chosen) -> None:
    """For who does not want to know."""


def take(
    session: Session, order_id: str, wanted: Wanted, now_ms: int, position: int | None = None,
    agree: Agree = trade.refuse_new_debts, once: str | None = None, tell: Tell = untold,
) -> Settlement:  # fmt: skip
    """Takes as much of an order as is wanted: of the set that it is a lot of, at its price.

    `order_id` is the whole id of any lot on the board.  `agree` is called with the taker's side as in `orders.take`;
    when a lot is taken meanwhile it is called again, with what is left.

    Raises as `orders.take`; FormatError when the order does not trade the asset; and Unsatisfied when its lots cannot
    make up the minimum, or anything at all.
    """
    named = orders.read_id(order_id)
    known: list[Terms] = []

    def choose() -> Chosen:
        if not known:
            opened = readers.open_terms(session.wallet.view, board.get(session.ledger, named, now_ms))
            if opened is None:
                raise Unsatisfied("the order's terms are sealed to others: ask its maker to seal them to your address")
            known.append(opened)
        if not known[0].changes[wanted.asset]:
            symbol = session.ledger.pool.assets[wanted.asset].symbol
            raise FormatError(f"the order neither sells nor buys {symbol}, so no part of it is an amount of that")
        same = [each for each in sets.takable(session, now_ms) if _is_same(each, order_id, known[0])]
        return _chosen(session, same, wanted)

    request = outbox.asked(
        "take part", once, order=order_id, asset=wanted.asset, amount=wanted.amount, minimum=wanted.minimum,
        position=position,
    )  # fmt: skip
    return _perform(session, request, choose, now_ms, position, agree, tell)


def sweep(
    session: Session, wanted: Wanted, limit: Limit, now_ms: int, position: int | None = None,
    agree: Agree = trade.refuse_new_debts, once: str | None = None, tell: Tell = untold,
) -> Settlement:  # fmt: skip
    """Takes as much as is wanted from all orders that this wallet can read, none of them at a price beyond the limit.

    Raises Unsatisfied when they cannot make up the minimum, or anything at all, and as `orders.take`.
    """
    if wanted.asset == limit.other:
        raise FormatError("a sweep exchanges two different assets")

    def choose() -> Chosen:
        return _chosen(session, best_first(sets.takable(session, now_ms), wanted.asset, limit), wanted)

    request = outbox.asked(
        "sweep", once, asset=wanted.asset, amount=wanted.amount, minimum=wanted.minimum, other=limit.other,
        price=[limit.price.numerator, limit.price.denominator], sells=limit.sells, position=position,
    )  # fmt: skip
    return _perform(session, request, choose, now_ms, position, agree, tell)


def best_first(found: Sequence[OrderSet], asset: int, limit: Limit) -> list[OrderSet]:
    """The sets that trade the asset within the limit, the best price for the taker first, then the oldest.

    A lot whose own price, after rounding, is beyond the limit is left out.
    """
    within = []
    for each in found:
        lots = tuple(lot for lot in each.lots if _is_within(sets.changes_of(lot), asset, limit))
        within += [OrderSet(lots)] if lots else []
    return sorted(within, key=lambda each: each.price(asset, limit.other), reverse=limit.sells)  # stable: time decides


def fill(found: Sequence[OrderSet], asset: int, amount: int) -> tuple[Order, ...]:
    """The lots to take of these sets, in their order, MAX_LOTS at most, and never more than the amount."""
    chosen: list[Order] = []
    for each in found:
        room, lots = MAX_LOTS - len(chosen), _one_for_each_account(each.lots, chosen)[:MAX_LOTS]
        sizes = [abs(sets.changes_of(lot)[asset]) for lot in lots]
        places = sums.largest(sizes, amount, room)
        chosen += [lots[place] for place in places]
        amount -= sum(sizes[place] for place in places)
    return tuple(chosen)


def _one_for_each_account(lots: Sequence[Order], chosen: Sequence[Order]) -> list[Order]:
    """The lots without those that spend an account of an earlier one: of two such orders one cancels the other."""
    left: list[Order] = []
    spent = {lot.leg.nullifier for lot in chosen}
    for lot in lots:
        if lot.leg.nullifier not in spent:
            spent.add(lot.leg.nullifier)
            left.append(lot)
    return left


def _chosen(session: Session, found: Sequence[OrderSet], wanted: Wanted) -> Chosen:
    """What is taken of these sets.  Raises Unsatisfied when that is nothing, or less than the minimum."""
    lots = fill(found, wanted.asset, wanted.amount)
    asset = session.ledger.pool.assets[wanted.asset]
    total = sum(abs(sets.changes_of(lot)[wanted.asset]) for lot in lots)
    if not found:
        raise Unsatisfied("the board has nothing of that which this wallet can read, and did not place itself")
    if not lots:
        least = min(abs(sets.changes_of(lot)[wanted.asset]) for each in found for lot in each.lots)
        raise Unsatisfied(f"no lot is as small as that: the smallest is {amounts.show(least, asset)}")
    if total < wanted.minimum:
        raise Unsatisfied(
            f"at most {amounts.show(total, asset)} can be taken, which is less than the minimum of "
            f"{amounts.show(wanted.minimum, asset)}"
        )
    return Chosen(lots, total)


def _perform(
    session: Session, request: outbox.Asked, choose: Callable[[], Chosen], now_ms: int, position: int | None,
    agree: Agree, tell: Tell,
) -> Settlement:  # fmt: skip
    def make() -> Bundle:
        sessions.sync(session)
        session.ledger.orders.update()
        chosen = choose()
        tell(chosen)
        return _bundle(session, chosen.lots, now_ms, position, agree)

    return settling.perform(session, request, now_ms, make, (*settling.MEANWHILE, *GONE))


def _bundle(
    session: Session, lots: Sequence[Order], now_ms: int, position: int | None, agree: Agree
) -> Bundle:  # fmt: skip
    """One leg of the taker's own against the sum of the lots."""
    setting = sessions.setting(session, now_ms)
    changes: Changes = plan.opposite(tuple(map(sum, zip(*map(sets.changes_of, lots), strict=True))))
    holding = choosing.choose(session.wallet, setting, changes, position, now_ms)
    source, target = sessions.source(session, holding), sessions.target(session, holding.index)
    expiry_ms, num_fees = now_ms + sessions.IMMEDIATE_MS, shapes.fees(1, len(lots))
    leg_plan = plan.move(setting, source, target, changes, expiry_ms, num_fees=num_fees)
    agree(trade.of(setting, holding, leg_plan, min(lot.leg.expiry_ms for lot in lots)))
    plans = merging.with_crumbs(session, setting, holding, changes, len(lots), now_ms)
    theirs = [(lot.leg, lot.terms.blinding) for lot in lots if lot.terms]
    return sessions.assemble(session, plans, theirs, about=About(What.LOTS))


def _is_same(each: OrderSet, order_id: str, named: Terms) -> bool:
    """Whether a set is the one of which an order with these terms is, or was, a lot."""
    if any(lot.order_id == order_id for lot in each.lots):
        return True
    return named.is_lot and each.terms.group == named.group and shares.are_alike(each.terms.changes, named.changes)


def _is_within(changes: Changes, asset: int, limit: Limit) -> bool:
    """Whether an order's maker takes the other side, and the price is the limit or better for the taker."""
    if not sets.trades(changes, asset, limit.other) or (changes[asset] > 0) != limit.sells:
        return False
    price = Fraction(abs(changes[limit.other]), abs(changes[asset]))
    return price >= limit.price if limit.sells else price <= limit.price
