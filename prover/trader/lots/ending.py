"""Ends a set of own orders: cancels its lots in one bundle, takes them off the board, or finds them for a refresh.

A set is named by its group, 32 hexadecimal digits or the first of them, which only its maker and its readers know.
"""

from collections.abc import Callable

from prover.trader import moving, orders, outbox, refreshing, sessions, settling, steps, withdrawing
from prover.trader.refreshing import Refreshed
from prover.trader.sessions import Session, Settlement
from prover.trader.terms import GROUP_BYTES
from prover.trader.wallets import OwnOrder, Wallet
from prover.trader.withdrawing import Withdrawn
from settlement.bundles.bundle import Bundle
from settlement.rejection import Rejected, Rejection
from zk.errors import FormatError, Unsatisfied

GROUP_DIGITS = 2 * GROUP_BYTES


def group_named(wallet: Wallet, text: str) -> str | None:
    """The group of own orders that a text names, by all its digits or the first ones; None when it names none.

    Raises FormatError when an order's id, or another group, begins with the same digits.
    """
    groups = {order.terms.group.hex() for order in wallet.orders if order.terms.is_lot}
    found = [group for group in groups if len(text) >= orders.MIN_PREFIX and group.startswith(text)]
    if len(found) > 1 or (found and any(order.order_id.startswith(text) for order in wallet.orders)):
        raise FormatError(f"more than one order or set of this wallet begins with {text}: give more digits")
    return found[0] if found else None


def lots_of(wallet: Wallet, group: str) -> tuple[OwnOrder, ...]:
    """The wallet's own orders of a group that are not known to be closed."""
    return tuple(order for order in wallet.orders if order.terms.group.hex() == group)


def cancel(session: Session, group: str, now_ms: int, once: str | None = None) -> Settlement:
    """Voids every lot that is left of a set, and all other orders from the same accounts, in one bundle.

    The accounts stay divided, so that another order in lots finds them.  `group` has all its digits.

    Raises Unsatisfied when nothing is left of it, and as `settling.perform`.
    """

    def make() -> Bundle:
        sessions.sync(session)
        positions = {order.position for order in lots_of(session.wallet, group)}
        holdings = [holding for holding in session.wallet.live if holding.position in positions]
        if not holdings:
            raise Unsatisfied("nothing is left of the set: each of its lots was taken, cancelled, or has expired")
        return moving.bundle(session, holdings, now_ms)

    settlement = settling.perform(session, outbox.asked("cancel lots", once, group=group), now_ms, make)
    steps.forget(session, group)
    return settlement


def withdraw(session: Session, group: str, now_ms: int) -> list[Withdrawn]:
    """Takes every lot of a set off the board that is on it; whoever copied them can still settle them.

    Raises Rejected when the board has none of them, and as `withdrawing.withdraw`.
    """
    done: list[Withdrawn] = []
    refused: Rejected | None = None
    for order in lots_of(session.wallet, group):
        try:
            done.append(withdrawing.withdraw(session, order.order_id, now_ms))
        except Rejected as error:
            if error.rejection is not Rejection.ORDER_UNKNOWN:
                raise
            refused = error
    if not done and refused is not None:
        raise refused
    steps.forget(session, group)
    return done


def refresh(session: Session, group: str, now_ms: int, tell: Callable[[Refreshed, bool], None]) -> int:
    """Proves the margin of every lot of a set on the board again, at the newest grid.  How many lots that are.

    Tells of each, and whether it was fresh already.  Raises Unsatisfied when the board has no such lot, and as
    `refreshing.refresh`.
    """
    setting = sessions.setting(session, now_ms)
    ids = {order.order_id for order in lots_of(session.wallet, group)}
    own = refreshing.own(session.ledger, session.wallet.view, now_ms)
    found = [(order, account) for order, account in own if order.order_id.hex() in ids]
    if not found:
        raise Unsatisfied("the board has no lot of this order on margin: what needs no margin needs no refreshing")
    for order, account in found:
        outcome = refreshing.refresh(session.ledger, session.keystore, setting, order, account, now_ms)
        tell(outcome, outcome.epoch == order.grid_epoch)
    return len(found)
