"""The board: firm orders, each a leg that would settle now beside its terms, sealed to whom they concern.

The board admits a leg only if every check that a bundle's leg must pass lets it pass, proofs included; so an order that
is listed is backed.  It never learns what is traded: the terms are ciphertexts.  An order is named by its leg's id,
which is over the leg's body, so proofs or signatures made anew are not another order.

An order is void when its account has moved, its time is over, or its grid is no longer one of the newest.  Its
maker cancels it for good by moving the account; `withdraw` only takes it off this board.
"""

import hashlib
from collections.abc import Sequence

from settlement import checks, digests, engine
from settlement.bundle import CIPHERTEXT_BYTES
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from settlement.storage.orders import Order
from zk import domains, signature
from zk.errors import InvalidProof
from zk.fields import prime
from zk.signature import Signature

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
    """Puts an order on the board, after dropping what is void.

    Raises Rejected: TOO_LARGE or MALFORMED for the terms; whatever engine.check_leg has against the leg;
    ORDER_TOO_LONG, ORDER_KNOWN, ACCOUNT_FULL or BOARD_FULL.
    """
    if len(sealed_terms) > MAX_READERS:
        raise Rejected(Rejection.TOO_LARGE, f"the order has {len(sealed_terms)} readers, more than {MAX_READERS}")
    for sealed in sealed_terms:
        if len(sealed) != CIPHERTEXT_BYTES:
            raise Rejected(Rejection.MALFORMED, f"sealed terms have {len(sealed)} bytes instead of {CIPHERTEXT_BYTES}")
    leg = engine.check_leg(ledger, leg_bytes, now_ms, verify_proofs)
    if leg.expiry_ms > now_ms + MAX_LIFE_MS:
        raise Rejected(Rejection.ORDER_TOO_LONG, f"the order would stand for more than {MAX_LIFE_MS} ms")
    order_id, epoch = digests.leg_id(ledger.ledger_id, leg), None if leg.margin is None else leg.margin.epoch
    order = Order(order_id, leg_bytes, leg.public.nullifier, leg.expiry_ms, epoch, tuple(sealed_terms), now_ms)
    prune(ledger, now_ms)
    if not ledger.orders.add(order, MAX_ORDERS, MAX_ORDERS_PER_NULLIFIER):
        if ledger.orders.get(order_id) is not None:
            raise Rejected(Rejection.ORDER_KNOWN, f"order {order_id.hex()} is on the board")
        if ledger.orders.count_of_account(order.nullifier) >= MAX_ORDERS_PER_NULLIFIER:
            raise Rejected(Rejection.ACCOUNT_FULL, f"{MAX_ORDERS_PER_NULLIFIER} orders spend the same account")
        raise Rejected(Rejection.BOARD_FULL, f"the board has {MAX_ORDERS} orders")
    return order


def get(ledger: Ledger, order_id: bytes, now_ms: int) -> Order:
    """The order with this id.

    Raises Rejected: ORDER_UNKNOWN when the board has it not, or the reason why it would not settle any more.
    """
    order = _find(ledger, order_id)
    checks.check_expiry((order.leg,), now_ms)
    checks.check_state(ledger, (order.leg,), now_ms)
    return order


def listed(ledger: Ledger, now_ms: int) -> list[Order]:
    """Every order that is not void, the oldest first."""
    return ledger.orders.alive(now_ms, ledger.fresh_epochs(now_ms))


def prune(ledger: Ledger, now_ms: int) -> list[bytes]:
    """Drops every void order.  The ids of those that were dropped."""
    return ledger.orders.remove_void(now_ms, ledger.fresh_epochs(now_ms))


def withdrawal_message(ledger_id: bytes, order_id: bytes) -> int:
    """What a maker signs under the leg's rk to take an order off the board.  In [0, r)."""
    return int.from_bytes(hashlib.sha512(domains.ORDER_WITHDRAWAL + ledger_id + order_id).digest(), "big") % prime.R


def withdraw(ledger: Ledger, order_id: bytes, signed: Signature) -> None:
    """Takes an order off the board, at its maker's wish.

    Whoever has a copy of the leg may still settle it: only moving the account makes it void.  Raises Rejected:
    LEG_SIGNATURE when its maker did not sign, ORDER_UNKNOWN when the board has no such order.
    """
    public = _find(ledger, order_id).leg.public
    try:
        signature.verify((public.rk_x, public.rk_y), withdrawal_message(ledger.ledger_id, order_id), signed)
    except InvalidProof:
        raise Rejected(Rejection.LEG_SIGNATURE, "the order's maker did not sign its withdrawal") from None
    ledger.orders.remove(order_id)


def _find(ledger: Ledger, order_id: bytes) -> Order:
    order = ledger.orders.get(order_id)
    if order is None:
        raise Rejected(Rejection.ORDER_UNKNOWN, f"there is no order {order_id.hex()}")
    return order
