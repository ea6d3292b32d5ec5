"""What comes from a carrier, checked as the ledger's own board checks it: nobody else is asked whether it is true."""

from collections.abc import Sequence
from dataclasses import dataclass

from prover.network.wire import postings as wire
from settlement.bundles import digests
from settlement.checks import checks
from settlement.checks.state import VerifyProofs
from settlement.fieldreader import Unseen
from settlement.ids import LedgerId, OrderId
from settlement.ledger import Ledger
from settlement.orders import board
from settlement.orders.board import Posting
from settlement.rejection import Rejected, Rejection
from settlement.storage.orders import Order, Withdrawal
from zk.errors import FormatError


def decode(data: bytes) -> Posting:
    """The posting in these bytes.  Raises Rejected, MALFORMED."""
    try:
        return wire.decode(data)
    except FormatError as error:
        raise Rejected(Rejection.MALFORMED, str(error)) from None


@dataclass(frozen=True)
class Named:
    """What a posting says that it is: its id, when it expires, and the epoch of its margin.  Nothing is checked."""

    order_id: OrderId
    expiry_ms: int
    epoch: int | None


def named(ledger_id: LedgerId, data: bytes) -> Named:
    """What the posting in these bytes says of itself, in a tenth of the time of a check.  Raises Rejected."""
    leg = checks.decode_leg(decode(data).leg_bytes, Unseen())
    return Named(digests.leg_id(ledger_id, leg), leg.expiry_ms, None if leg.margin is None else leg.margin.epoch)


def orders(
    ledger: Ledger, postings: Sequence[bytes], now_ms: int, verify_proofs: VerifyProofs = checks.verify_proofs
) -> list[Order | Rejected]:  # fmt: skip
    """The orders in these bytes of postings that would settle now and were signed since any order can be open.

    In the place of each other one stands the reason that board.place would give for it, or ORDER_WITHDRAWN.  All are
    verified together, so that many take half a millisecond each; a false proof among them refuses nothing else.
    """
    answers: dict[int, Order | Rejected] = {}
    decoded: dict[int, Posting] = {}
    for number, data in enumerate(postings):
        try:
            decoded[number] = decode(data)
        except Rejected as refused:
            answers[number] = refused
    checked = board.check_all(ledger, list(decoded.values()), now_ms, verify_proofs, board.MAX_LIFE_MS)
    answers |= zip(decoded, checked, strict=True)
    return [_unless_withdrawn(ledger, answers[number]) for number in range(len(postings))]


def _unless_withdrawn(ledger: Ledger, order: Order | Rejected) -> Order | Rejected:
    if isinstance(order, Rejected) or ledger.orders.withdrawn(order.order_id) is None:
        return order
    return Rejected(Rejection.ORDER_WITHDRAWN, f"the maker of order {order.order_id.hex()} withdrew it")


def withdrawal(ledger: Ledger, data: bytes, leg_bytes: bytes) -> Withdrawal:
    """The withdrawal in these bytes, of the order with this leg.  Raises Rejected unless its maker signed it."""
    try:
        order_id, signed = wire.decode_withdrawal(data)
    except FormatError as error:
        raise Rejected(Rejection.MALFORMED, str(error)) from None
    found = wire.check_withdrawal(ledger, leg_bytes, signed)
    if found.order_id != order_id:
        raise Rejected(Rejection.WITHDRAWAL, "the withdrawal is of another order")
    return found
