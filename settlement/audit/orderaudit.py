"""The audit of the board: every order's row follows from what its maker signed for this ledger, proofs included, and
every withdrawal from what its maker signed too.

An order may have become void since it was placed, because it expired, or stale, because its grid is no longer in force.
Orders on accounts that have moved are deleted with the bundle that moved them.
"""

from collections.abc import Callable

from settlement.audit.replay import Replay
from settlement.checks import checks
from settlement.checks.checks import VerifyProofs
from settlement.errors import Discrepancy, require
from settlement.orders import posting, withdrawals
from settlement.rejection import Rejected
from settlement.storage.orders import Order, OrderTable
from zk.errors import FormatError


def check(replay: Replay, orders: OrderTable, collect: Callable[[str], VerifyProofs]) -> int:
    """The number of orders.  Raises Discrepancy for the first row of an order or a withdrawal that does not follow from
    its leg.

    `collect` returns the verifier of the proofs of the order that it names.
    """
    stored = orders.stored()
    for order in stored:
        name = f"order {order.order_id.hex()}"
        try:
            _check(replay, order, collect(name))
        except (Rejected, FormatError) as error:
            raise Discrepancy(f"{name} should have been refused: {error}") from error
    for withdrawal in orders.withdrawals():
        try:
            withdrawals.check(replay, withdrawal)
        except (Rejected, FormatError) as error:
            name = f"the withdrawal of order {withdrawal.order_id.hex()}"
            raise Discrepancy(f"{name} should have been refused: {error}") from error
    return len(stored)


def _check(replay: Replay, order: Order, verify: VerifyProofs) -> None:
    margin = order.leg.margin
    is_known = not order.leg.public.guard if margin is None else replay.epoch(margin.epoch) is not None
    require(bool(is_known), f"order {order.order_id.hex()} has no margin proof against a published grid")
    posting.check_row(replay, order, verify)
    checks.check_nullifiers(replay, (order.leg,))
