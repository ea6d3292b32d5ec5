"""Replaces an own order by another: at another price, of another size, for other readers, or for longer.

Whoever copied the old order can settle it for as long as its account does not move.  So there are two ways:

    voids         moves the account first, which ends the old order for good, and places the new one on what the account
                  became; in between none stands, and the move costs a proof and the pool's fee
    same account  places the new one on the same account and takes the old one off the board: at most one of the two
                  settles, because both spend the same account, and until the old one expires it may be that one

Both steps are remembered under keys that follow from the old order's id, so an order is replaced once: a command that
was interrupted, repeated, goes on where it was, and never places two.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from prover.machine import clock
from prover.trader import addresses, choosing, keys, orderhistory, orders, sessions, trade, withdrawing
from prover.trader.addresses import Address
from prover.trader.lifetimes import Life
from prover.trader.marks import Lot, Mark
from prover.trader.orderhistory import Past
from prover.trader.plan import Changes
from prover.trader.sessions import Placed, Session
from prover.trader.trade import Agree
from prover.trader.wallets import Holding, OwnOrder
from settlement.rejection import Rejected
from zk.errors import FormatError, Unsatisfied

_KEY_DIGITS = 48


@dataclass(frozen=True, repr=False)
class Wanted(keys.Secret):
    """What the new order sells, buys, and who reads it; None leaves that as it is."""

    sell: Mapping[int, int] | None = None
    buy: Mapping[int, int] | None = None
    readers: tuple[Address, ...] | None = None


@dataclass(frozen=True, repr=False)
class Replaced(keys.Secret):
    """The new order, the id of the old one, and until when the old one may settle in its place: 0 when it is void."""

    placed: Placed
    old: str
    old_until_ms: int


def replace_order(
    session: Session, text: str, wanted: Wanted, life: Life, now_ms: int, agree: Agree = trade.refuse_new_debts, *,
    voids: bool = True, is_backed: bool = True,
) -> Replaced:  # fmt: skip
    """Replaces the own order that a text names, as for `orders.full_id`.  The rest is as in `orders.place`.

    With `voids` its account moves first.  `agree` is asked before anything is done.

    Of a set in lots this replaces one (prover/trader/lots/exchanging replaces all), and the new order is a lot of the
    set as the old one was.

    Raises Unsatisfied when the order is over, or shares its account with others that would be void with it; and as
    `orders.place`: then the old order is as it was, or it is void and the message says so.
    """
    session.wallet.check_moves()
    time = clock.running(now_ms)
    sessions.sync(session)
    old, past = _find(session, text)
    steps = {each.key for each in session.wallet.outbox}
    is_begun, is_placed = _key(old, "void") in steps, _key(old, "place") in steps
    if past is not None and not is_begun and not is_placed:
        ended = "has expired" if past.has_expired else "is void" if past.taken_height is None else "was taken"
        raise Unsatisfied(f"order {old.order_id[:16]} {ended}: there is nothing to replace")
    changes, sealed_to = changes_of(old.terms.changes, wanted), readers_of(old, wanted)
    sell = {asset: -change for asset, change in enumerate(changes) if change < 0}
    buy = {asset: change for asset, change in enumerate(changes) if change > 0}
    orders.check_order(session, sell, buy, sealed_to, life.expiry_ms, now_ms)
    position = None if is_placed else old.position  # of an order that was about to be placed, its own
    if not is_begun and not is_placed:
        holding = choosing.choose(session.wallet, sessions.setting(session, now_ms), changes, position, now_ms)
        if voids:
            _check_alone(session, old, now_ms)
        agree(orders.preview(session, holding, changes, life.expiry_ms, now_ms))
    if (voids or is_begun) and not is_placed:
        position = _moved(session, old, time()).position
        is_begun = True
    alternatives = "" if is_begun else old.mark.alternatives
    mark = Mark(replaces=old.order_id, alternatives=alternatives, is_kept=life.is_kept)
    try:
        placed = orders.place(
            session, sell, buy, sealed_to, life.expiry_ms, time(), position, trade.allow_new_debts,
            is_backed=is_backed, once=_key(old, "place"), lot=Lot(old.terms.group, old.terms.lots), mark=mark,
            until=life.until,
        )  # fmt: skip
    except (Unsatisfied, Rejected) as error:
        if not is_begun:
            raise
        raise Unsatisfied(
            f"order {old.order_id[:16]} is void, and nothing stands in its place: {str(error).rstrip('.')}; the same "
            "command, repeated, tries again"
        ) from error
    if not is_begun and not old.is_withdrawn:
        with suppress(Unsatisfied, Rejected):  # it is not on the board, or cannot be withdrawn: both are told
            withdrawing.withdraw(session, old.order_id, time())
    return Replaced(placed, old.order_id, 0 if is_begun else old.terms.expiry_ms)


def _find(session: Session, text: str) -> tuple[OwnOrder, Past | None]:
    """The own order that a text names, and what became of it if it is over."""
    open_now = {order.order_id: order for order in session.wallet.orders}
    known = orderhistory.read(session.file.path, session.wallet.view)
    over = {past.own.order_id: past for past in known if past.own.order_id not in open_now}
    order_id = orders.full_id(text, [*open_now, *over], "of this wallet")
    if order_id in open_now:
        return open_now[order_id], None
    if order_id in over:
        return over[order_id].own, over[order_id]
    raise Unsatisfied(f"this wallet has no order {order_id[:16]}: only its maker's wallet can replace it")


def changes_of(old: Changes, wanted: Wanted) -> Changes:
    """What the new order sells and buys: of each side what is wanted, or else what the old one has of it."""
    sides = zip(
        [min(change, 0) for change in old] if wanted.sell is None
        else [-wanted.sell.get(asset, 0) for asset in range(len(old))],
        [max(change, 0) for change in old] if wanted.buy is None
        else [wanted.buy.get(asset, 0) for asset in range(len(old))],
        strict=True,
    )  # fmt: skip
    return tuple(map(sum, sides))


def readers_of(old: OwnOrder, wanted: Wanted) -> tuple[Address, ...]:
    """Who can read the new order: who is wanted, or else who can read the old one.  Raises FormatError if unknown."""
    if wanted.readers is not None:
        return wanted.readers
    if not old.mark.readers:
        raise FormatError("the wallet did not note who can read this order, which an earlier version placed: say --to")
    return tuple(map(addresses.decode, old.mark.readers))


def _check_alone(session: Session, old: OwnOrder, now_ms: int) -> None:
    """Raises Unsatisfied when other open orders stand on the same account."""
    others = [
        each.order_id[:16] for each in session.wallet.orders
        if each.position == old.position and each.order_id != old.order_id
        and not each.is_withdrawn and each.terms.expiry_ms > now_ms
    ]  # fmt: skip
    if others:
        raise Unsatisfied(
            f"the account moves, which would void what else stands on it ({', '.join(others)}): --same-account "
            "replaces this order alone"
        )


def _moved(session: Session, old: OwnOrder, now_ms: int) -> Holding:
    """Moves the account of the order, or finds where an earlier run has moved it.  What it is now."""
    settlement = orders.cancel(replace(session, on_done=None), old.order_id, now_ms, _key(old, "void"))
    moved = [each for each in session.wallet.live if each.position in settlement.receipt.positions]
    if not moved:
        raise Unsatisfied(
            f"order {old.order_id[:16]} is void, and its account has moved again since: place the new one with "
            "`zksettle order place`"
        )
    return moved[0]


def _key(old: OwnOrder, step: str) -> str:
    return f"replace {old.order_id[:_KEY_DIGITS]} {step}"
