"""The board of firm orders.  An order is a leg that would settle now, together with its terms, sealed to their readers.

The board admits a leg only if it passes every check that a bundle's legs must pass, proofs included; so every listed
order is backed.  The board never learns what is traded: the terms are ciphertexts.  An order is named by its leg's id,
which covers the leg's body only, so the same leg with a new proof or signature is the same order.

An order is void when its account has moved, it has expired, or its grid is no longer one of the newest.  Its maker
cancels it by moving the account.
"""

from collections.abc import Sequence

from settlement import checks, digests, engine
from settlement.bundle import CIPHERTEXT_BYTES
from settlement.ids import OrderId
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from settlement.storage.orders import Order

MAX_ORDERS = 1024
MAX_READERS = 16
MAX_ORDERS_PER_NULLIFIER = 8
MAX_LIFE_MS = 30 * 24 * 3_600_000


def place(
    ledger: Ledger,
    leg_bytes: bytes,
    sealed_terms: Sequence[bytes],
    now_ms: int,
    verify_proofs: checks.VerifyProofs = checks.verify_proofs,
) -> Order:
    """Puts an order on the board, after deleting void ones.

    Raises Rejected: TOO_LARGE or MALFORMED for the terms; any reason of engine.check_leg for the leg; ORDER_TOO_LONG,
    ORDER_KNOWN, ACCOUNT_FULL or BOARD_FULL.
    """
    if len(sealed_terms) > MAX_READERS:
        raise Rejected(Rejection.TOO_LARGE, f"the order has {len(sealed_terms)} readers, more than {MAX_READERS}")
    for sealed in sealed_terms:
        if len(sealed) != CIPHERTEXT_BYTES:
            raise Rejected(Rejection.MALFORMED, f"sealed terms have {len(sealed)} bytes instead of {CIPHERTEXT_BYTES}")
    leg = engine.check_leg(ledger, leg_bytes, now_ms, verify_proofs)
    if leg.expiry_ms > now_ms + MAX_LIFE_MS:
        raise Rejected(Rejection.ORDER_TOO_LONG, f"the order would stay open for more than {MAX_LIFE_MS} ms")
    order_id, epoch = digests.leg_id(ledger.ledger_id, leg), None if leg.margin is None else leg.margin.epoch
    order = Order(order_id, leg_bytes, leg.nullifier, leg.expiry_ms, epoch, tuple(sealed_terms), now_ms)
    prune(ledger, now_ms)
    if not ledger.orders.add(order, MAX_ORDERS, MAX_ORDERS_PER_NULLIFIER):
        if ledger.orders.get(order_id) is not None:
            raise Rejected(Rejection.ORDER_KNOWN, f"order {order_id.hex()} is already on the board")
        if ledger.orders.count_of_account(order.nullifier) >= MAX_ORDERS_PER_NULLIFIER:
            raise Rejected(Rejection.ACCOUNT_FULL, f"{MAX_ORDERS_PER_NULLIFIER} orders spend the same account")
        raise Rejected(Rejection.BOARD_FULL, f"the board has {MAX_ORDERS} orders")
    return order


def get(ledger: Ledger, order_id: OrderId, now_ms: int) -> Order:
    """The order with this id.

    Raises Rejected: ORDER_UNKNOWN when it is not on the board, or the reason why it would no longer settle.
    """
    order = ledger.orders.get(order_id)
    if order is None:
        raise Rejected(Rejection.ORDER_UNKNOWN, f"there is no order {order_id.hex()}")
    checks.check_expiry((order.leg,), now_ms)
    checks.check_state(ledger, (order.leg,), now_ms)
    return order


def listed(ledger: Ledger, now_ms: int) -> list[Order]:
    """Every order that is not void, the oldest first."""
    return ledger.orders.alive(now_ms, _fresh_epochs(ledger, now_ms))


def prune(ledger: Ledger, now_ms: int) -> list[OrderId]:
    """Deletes every void order and returns their ids."""
    return ledger.orders.remove_void(now_ms, _fresh_epochs(ledger, now_ms))


def _fresh_epochs(ledger: Ledger, now_ms: int) -> list[int]:
    """The epochs whose initial grids a margin proof may still use."""
    return [grids.publication.epoch for grids in checks.fresh_grids(ledger, now_ms)]
