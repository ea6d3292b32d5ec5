"""The board: firm orders, each a leg that would settle now beside its terms, sealed to whom they concern.

The board admits a leg only if every check that a bundle's leg must pass lets it pass, proofs included; so an order that
is listed is backed.  It never learns what is traded: the terms are ciphertexts.  An order is named by its leg's id,
which is over the leg's body, so proofs or signatures made anew are not another order.

An order is void when its account has moved, its time is over, or its grid is no longer one of the newest.  Its
maker cancels it for good by moving the account; `withdraw` only takes it off this board.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from settlement import checks, digests, encoding, engine
from settlement.bundle import CIPHERTEXT_BYTES, Leg
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from settlement.storage.orders import OrderRow
from zk import signature
from zk.errors import InvalidProof
from zk.fields import prime
from zk.signature import Signature

MAX_ORDERS = 1024
MAX_READERS = 16

_WITHDRAWAL = b"zksettle/order/withdrawal"


@dataclass(frozen=True)
class Order:
    """An order on the board.  `sealed_terms` has one ciphertext for each reader; `posted_ms` is when it was placed."""

    order_id: bytes
    leg: Leg
    sealed_terms: tuple[bytes, ...]
    posted_ms: int


def place(
    ledger: Ledger,
    leg_bytes: bytes,
    sealed_terms: Sequence[bytes],
    now_ms: int,
    verify_proofs: checks.VerifyProofs = checks.verify_proofs,
) -> Order:
    """Puts an order on the board, after dropping what is void.

    Raises Rejected: TOO_LARGE or MALFORMED for the terms; whatever engine.check_leg has against the leg; ORDER_KNOWN or
    BOARD_FULL.
    """
    if len(sealed_terms) > MAX_READERS:
        raise Rejected(Rejection.TOO_LARGE, f"the order has {len(sealed_terms)} readers, more than {MAX_READERS}")
    for sealed in sealed_terms:
        if len(sealed) != CIPHERTEXT_BYTES:
            raise Rejected(Rejection.MALFORMED, f"sealed terms have {len(sealed)} bytes instead of {CIPHERTEXT_BYTES}")
    leg = engine.check_leg(ledger, leg_bytes, now_ms, verify_proofs)
    order = Order(digests.leg_id(ledger.ledger_id, leg), leg, tuple(sealed_terms), now_ms)
    prune(ledger, now_ms)
    if not ledger.orders.add(OrderRow(order.order_id, leg_bytes, order.sealed_terms, now_ms), MAX_ORDERS):
        if ledger.orders.get(order.order_id) is not None:
            raise Rejected(Rejection.ORDER_KNOWN, f"order {order.order_id.hex()} is on the board")
        raise Rejected(Rejection.BOARD_FULL, f"the board has {MAX_ORDERS} orders")
    return order


def get(ledger: Ledger, order_id: bytes, now_ms: int) -> Order:
    """The order with this id.

    Raises Rejected: ORDER_UNKNOWN when the board has it not, or the reason why it would not settle any more.
    """
    row = ledger.orders.get(order_id)
    if row is None:
        raise Rejected(Rejection.ORDER_UNKNOWN, f"there is no order {order_id.hex()}")
    order = _order(row)
    _check_alive(ledger, order, now_ms)
    return order


def listed(ledger: Ledger, now_ms: int) -> list[Order]:
    """Every order that is not void, the oldest first."""
    return [order for order in map(_order, ledger.orders.all()) if not _is_void(ledger, order, now_ms)]


def prune(ledger: Ledger, now_ms: int) -> list[bytes]:
    """Drops every void order.  The ids of those that were dropped."""
    void = [order.order_id for order in map(_order, ledger.orders.all()) if _is_void(ledger, order, now_ms)]
    ledger.orders.remove(void)
    return void


def withdrawal_message(ledger_id: bytes, order_id: bytes) -> int:
    """What a maker signs under the leg's rk to take an order off the board.  In [0, r)."""
    return int.from_bytes(hashlib.sha512(_WITHDRAWAL + ledger_id + order_id).digest(), "big") % prime.R


def withdraw(ledger: Ledger, order_id: bytes, signed: Signature) -> None:
    """Takes an order off the board, at its maker's wish.

    Whoever has a copy of the leg may still settle it: only moving the account makes it void.  Raises Rejected:
    LEG_SIGNATURE when its maker did not sign, ORDER_UNKNOWN when the board has no such order.
    """
    row = ledger.orders.get(order_id)
    if row is None:
        raise Rejected(Rejection.ORDER_UNKNOWN, f"there is no order {order_id.hex()}")
    public = _order(row).leg.public
    try:
        signature.verify((public.rk_x, public.rk_y), withdrawal_message(ledger.ledger_id, order_id), signed)
    except InvalidProof:
        raise Rejected(Rejection.LEG_SIGNATURE, "the order's maker did not sign its withdrawal") from None
    ledger.orders.remove([order_id])


def _order(row: OrderRow) -> Order:
    return Order(row.order_id, encoding.decode_leg(row.leg), row.sealed_terms, row.posted_ms)


def _check_alive(ledger: Ledger, order: Order, now_ms: int) -> None:
    checks.check_expiry((order.leg,), now_ms)
    checks.check_state(ledger, (order.leg,), now_ms)


def _is_void(ledger: Ledger, order: Order, now_ms: int) -> bool:
    try:
        _check_alive(ledger, order, now_ms)
    except Rejected:
        return True
    return False
