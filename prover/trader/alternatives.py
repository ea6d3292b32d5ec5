"""One cancels the other: several orders on one account, of which one settles at most.

They spend the same account, so they have the same nullifier: as soon as one settles, the ledger refuses the others,
whoever has a copy.  Nobody has to watch for that, and nothing has to be cancelled.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from prover.machine import clock
from prover.trader import addresses, choosing, keys, orderhistory, orders, outbox, plan, sessions, steps, trade
from prover.trader.addresses import Address
from prover.trader.lifetimes import Life
from prover.trader.marks import Mark
from prover.trader.outbox import Entry
from prover.trader.sessions import Session
from prover.trader.trade import Agree
from settlement.orders import board
from zk.errors import FormatError

MOST = board.MAX_ORDERS_PER_NULLIFIER
Sides = tuple[Mapping[int, int], Mapping[int, int]]
"""What an order sells and what it buys, by asset."""


@dataclass(frozen=True, repr=False)
class Alternatives(keys.Secret):
    """The ids of the orders, in the order in which they were placed, and the name that the wallet has for them.

    `is_repeated` says that an earlier run of the same command placed them, and told so.
    """

    name: str
    order_ids: tuple[str, ...]
    entry: Entry
    is_repeated: bool = False


def place(
    session: Session, wanted: Sequence[Sides], readers_of: Sequence[Address], life: Life, now_ms: int,
    position: int | None = None, agree: Agree = trade.refuse_new_debts, *, is_backed: bool = True,
    once: str | None = None,
) -> Alternatives:  # fmt: skip
    """Places 2 to MOST orders on one account.  The arguments are as in `orders.place`; `agree` is asked about each.

    Raises as `orders.place`, before the first is on the board where their owner could not have one of them.  What was
    placed before an interruption stays on the board, and the same command goes on with the rest.
    """
    session.wallet.check_moves()
    if not 2 <= len(wanted) <= MOST:
        raise FormatError(f"one cancels the other takes 2 to {MOST} orders: not {len(wanted)}")
    for sell, buy in wanted:
        orders.check_order(session, sell, buy, readers_of, life.expiry_ms, now_ms)
    changes = [plan.changes(*sides) for sides in wanted]
    if len(set(changes)) < len(changes):
        raise FormatError("two of the orders are the same: place one of them")
    request = outbox.asked(
        "place alternatives", once, orders=changes, readers=[addresses.encode(reader) for reader in readers_of],
        position=position, until=life.until, backed=is_backed, kept=life.is_kept,
        life_ms=None if life.until else life.expiry_ms - now_ms,
    )  # fmt: skip
    quiet, time = replace(session, on_done=None), clock.running(now_ms)
    sessions.sync(quiet)
    entry = outbox.find(session.wallet.outbox, request)
    if entry is not None and entry.is_told:
        return Alternatives(steps.name(entry).hex(), _known(session, steps.name(entry).hex()), entry, is_repeated=True)
    named = "" if entry is None else steps.name(entry).hex()
    begun = [order.position for order in session.wallet.orders if named and order.mark.alternatives == named]
    if begun:
        position = begun[0]
    else:
        holding = choosing.choose_for(session.wallet, sessions.setting(session, now_ms), changes, position, now_ms)
        position = holding.position
        for change in changes if entry is None else ():
            agree(orders.preview(session, holding, change, life.expiry_ms, now_ms))
    entry = entry or steps.begin(session, request)
    mark = Mark(alternatives=steps.name(entry).hex(), is_kept=life.is_kept)
    done = [
        orders.place(
            quiet, sell, buy, readers_of, life.expiry_ms, time(), position, trade.allow_new_debts,
            is_backed=is_backed, once=steps.key(entry, number), mark=mark, until=life.until,
        ).order_id
        for number, (sell, buy) in enumerate(wanted)
    ]  # fmt: skip
    if session.on_done is None:
        steps.confirm(session, entry)
    return Alternatives(mark.alternatives, tuple(done), entry)


def _known(session: Session, named: str) -> tuple[str, ...]:
    """The ids of the orders of a set that the wallet knows of, the closed ones too."""
    over = [past.own for past in orderhistory.read(session.file.path, session.wallet.view)]
    found = {own.order_id: own for own in (*over, *session.wallet.orders) if own.mark.alternatives == named}
    return tuple(sorted(found, key=lambda order_id: found[order_id].mark.placed_ms))
