"""Takes an own order off the board, by the message that was signed with the order's key when it was placed.

That moves nothing and proves nothing, so it is done at once.  Whoever copied the order before can still settle it
until it expires or its account moves (prover.trader.orders.cancel).
"""

from dataclasses import dataclass, replace

from prover.trader import orders
from prover.trader.sessions import Session
from settlement.orders import board
from zk.errors import Unsatisfied


@dataclass(frozen=True)
class Withdrawn:
    """An order that is off the board, and until when it can still be settled by whoever copied it."""

    order_id: str
    expiry_ms: int
    is_repeated: bool = False


def withdraw(session: Session, text: str, now_ms: int) -> Withdrawn:
    """Withdraws an own order; `text` is its id or its first digits, as for orders.full_id.

    Its account is free for other moves from then on.  Raises Unsatisfied when the wallet has no such order or cannot
    withdraw it, and Rejected when the board does not have it.
    """
    wallet = session.wallet
    order_id = orders.full_id(text, [own.order_id for own in wallet.orders], "of this wallet")
    own = next((order for order in wallet.orders if order.order_id == order_id), None)
    if own is None:
        raise Unsatisfied(f"this wallet has no open order {order_id[:16]}: only its maker's wallet can withdraw it")
    if own.withdrawal is None:
        raise Unsatisfied(
            f"an earlier version of this program placed order {order_id[:16]}, without what withdraws it: "
            f"`zksettle order cancel {order_id[:16]}` moves its account, which ends it"
        )
    wanted = orders.read_id(order_id)
    board_of = session.ledger.orders
    is_repeated = board_of.get(wanted) is None and board_of.withdrawn(wanted) is not None
    withdrawal = board.withdraw(session.ledger, wanted, own.withdrawal, now_ms)
    if not own.is_withdrawn:
        marked = tuple(replace(each, is_withdrawn=True) if each == own else each for each in wallet.orders)
        session.file.save(replace(wallet, orders=marked))
    return Withdrawn(order_id, withdrawal.expiry_ms, is_repeated)
