"""Replaces what is left of an order in lots by another order in lots, on the accounts of the old one.

    void      one bundle moves the accounts of all lots that are left, which ends them for good
    place     the new lots, on what these accounts became as far as they suffice

Both are remembered under keys that follow from the set's id, so a set is replaced once: a command that was interrupted,
repeated, goes on where it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from prover.machine import clock
from prover.trader import choosing, keys, orderhistory, orders, replacing, sessions, trade
from prover.trader.lifetimes import Life
from prover.trader.lots import accounts, ending, offering, shares
from prover.trader.lots.offering import PlacedSet
from prover.trader.marks import Mark
from prover.trader.plan import Changes
from prover.trader.replacing import Wanted
from prover.trader.sessions import Session
from prover.trader.trade import Agree
from prover.trader.wallets import OwnOrder, Wallet
from settlement.rejection import Rejected
from zk.errors import Unsatisfied


@dataclass(frozen=True, repr=False)
class Exchanged(keys.Secret):
    """The new set, and the id of the old one, which is void."""

    placed: PlacedSet
    old: str


def replace_set(
    session: Session, group: str, wanted: Wanted, life: Life, now_ms: int, agree: Agree = trade.refuse_new_debts, *,
    is_backed: bool = True,
) -> Exchanged:  # fmt: skip
    """Replaces the lots that are left of an own set, `group` with all its digits, by as many others.

    What is None in `wanted` stays as it is of all that is left.  `agree` is asked before anything is done.

    Raises Unsatisfied when fewer than two lots are left; and as `offering.place`: then the old lots are as they were,
    or they are void and the message says so.
    """
    session.wallet.check_moves()
    time, quiet = clock.running(now_ms), replace(session, on_done=None)
    sessions.sync(quiet)
    void, place = _void_key(group), f"replace {group} place"
    begun = next((entry for entry in session.wallet.outbox if entry.key == void), None)
    lots = _left(session, group, None if begun is None else begun.voids)
    changes, readers_of = _changes(lots, wanted), replacing.readers_of(lots[0], wanted)
    sell = {asset: -change for asset, change in enumerate(changes) if change < 0}
    buy = {asset: change for asset, change in enumerate(changes) if change > 0}
    orders.check_order(session, sell, buy, readers_of, life.expiry_ms, now_ms)
    if begun is None:
        _check(session, lots, changes, life, now_ms, agree)
    settlement = ending.cancel(quiet, group, time(), void)
    using = [holding.position for holding in session.wallet.live if holding.position in settlement.receipt.positions]
    mark, moved_ms = Mark(replaces=group, is_kept=life.is_kept), time()
    # A repeated command asks for the same length of life, whenever it comes to this.
    expiry_ms = life.expiry_ms if life.until else moved_ms + life.expiry_ms - now_ms
    try:
        placed = offering.place(
            session, sell, buy, readers_of, expiry_ms, moved_ms, len(lots), None, trade.allow_new_debts,
            is_backed=is_backed, once=place, mark=mark, until=life.until, using=using,
        )  # fmt: skip
    except (Unsatisfied, Rejected) as error:
        raise Unsatisfied(
            f"set {group[:8]} is void, and not all of the new one stands: {str(error).rstrip('.')}; the same command, "
            "repeated, tries again"
        ) from error
    return Exchanged(placed, group)


def is_replaced(wallet: Wallet, lot: OwnOrder) -> bool:
    """Whether a lot that is void was left when its set was replaced, if it was.  True when nobody remembers that."""
    key = _void_key(lot.terms.group.hex())
    voided = [entry.voids for entry in wallet.outbox if entry.key == key]
    return not voided or bytes.fromhex(lot.order_id) in voided[0]


def _void_key(group: str) -> str:
    """Under what the outbox knows the bundle that ends a set which is replaced."""
    return f"replace {group} void"


def _left(session: Session, group: str, voided: Sequence[bytes] | None) -> list[OwnOrder]:
    """The lots that are left, or that an earlier run of the command has voided."""
    own = [order for order in session.wallet.orders if order.terms.group.hex() == group]
    if voided is not None:
        over = [past.own for past in orderhistory.read(session.file.path, session.wallet.view)]
        own = list({each.order_id: each for each in [*over, *own] if bytes.fromhex(each.order_id) in voided}.values())
        own = [each for each in own if each.terms.group.hex() == group]
    if not own:
        raise Unsatisfied("nothing is left of the set: each of its lots was taken, cancelled, or has expired")
    if len(own) < 2:
        raise Unsatisfied(f"one lot is left of the set: replace that one, order {own[0].order_id[:16]}")
    return own


def _changes(lots: Sequence[OwnOrder], wanted: Wanted) -> Changes:
    together = accounts.together([each.terms.changes for each in lots])
    return replacing.changes_of(together, wanted)


def _check(
    session: Session, lots: Sequence[OwnOrder], changes: Changes, life: Life, now_ms: int, agree: Agree
) -> None:  # fmt: skip
    """Asks for agreement.  Raises Unsatisfied when neither the lots' accounts nor another could do the new order."""
    setting, positions = sessions.setting(session, now_ms), {each.position for each in lots}
    holdings = [holding for holding in session.wallet.live if holding.position in positions]
    found = accounts.find(session, holdings, shares.of_order(changes, len(lots)), now_ms)
    if found is None:
        best = choosing.choose(session.wallet, setting, changes, None, now_ms)
        if not accounts.suffices(setting, best, changes):
            raise Unsatisfied(
                "neither the accounts of its lots nor another one have enough for that: the set stays as it is"
            )
        found = [best]
    agree(offering.preview(setting, found, changes, life.expiry_ms))
