"""The board of firm orders.  An order is a leg that would settle now, together with its terms, sealed to their readers.

The board admits a leg only if it passes every check that a bundle's legs must pass, proofs included; so every listed
order would settle.  The board never learns what is traded: the terms are ciphertexts, unless their maker let everybody
read them.  An order is named by its leg's id, which covers the leg's body only, so the same leg with a new proof or
signature is the same order.  The leg names its terms; what else stands beside it its maker signs under the leg's rk, so
that nobody can list it with other terms, change its row unnoticed, or post it again later.

An order is void when its account has moved or it has expired.  Its maker cancels it by moving the account, or withdraws
it by a message, which takes it off the board only (settlement.withdrawals).  An order
with margin is stale while its grid is not in force: it stays, but nobody can take it, until somebody who can open the
account refreshes its margin, which needs no signature.

Room on the board costs something: one order for each proof, a few for each account, and those with a proof of funds
(settlement.funds), or for which the pool's fee was paid, come before those without.  On a full board the oldest orders
without either give way, the others to nobody.
"""

from dataclasses import replace

from settlement import checks, encoding, engine, margins, proofclaims, withdrawals
from settlement import posting as beside
from settlement.bundle import Margin
from settlement.ids import OrderId
from settlement.ledger import Ledger
from settlement.posting import MAX_POSTING_AGE_MS, MAX_READERS, Posting, check_signed
from settlement.rejection import Rejected, Rejection
from settlement.storage.orders import Order, Outcome, Withdrawal
from zk.errors import InvalidProof

__all__ = ["MAX_POSTING_AGE_MS", "MAX_READERS", "Posting", "check_signed"]

MAX_ORDERS = 1024
MAX_ORDERS_PER_NULLIFIER = 8
MAX_LIFE_MS = 30 * 24 * 3_600_000
MAX_WITHDRAWALS = 1024
"""How many withdrawals a board remembers; beyond these it forgets those that would expire first."""


def place(
    ledger: Ledger, posting: Posting, now_ms: int, verify_proofs: checks.VerifyProofs = checks.verify_proofs
) -> Order:
    """Puts an order on the board, after deleting void ones.

    Raises Rejected: TOO_LARGE or MALFORMED for what stands beside the leg; any reason of engine.check_leg for the leg;
    ORDER_TOP_UP, ORDER_TOO_LONG, TERMS_SIGNATURE, FUNDS_MISSING, FUNDS_INVALID, ORDER_WITHDRAWN, ORDER_KNOWN,
    PROOF_KNOWN, ACCOUNT_FULL or BOARD_FULL.
    """
    funds = beside.check_form(posting.sealed_terms, posting.funds)
    leg = engine.check_leg(ledger, posting.leg_bytes, now_ms, verify_proofs)
    if leg.public.adds:
        raise Rejected(Rejection.ORDER_TOP_UP, "the order is a top-up")
    if leg.expiry_ms > now_ms + MAX_LIFE_MS:
        raise Rejected(Rejection.ORDER_TOO_LONG, f"the order would stay open for more than {MAX_LIFE_MS} ms")
    if not now_ms - MAX_POSTING_AGE_MS <= posting.posted_ms <= now_ms:
        raise Rejected(
            Rejection.TERMS_SIGNATURE, f"the order was not signed within the last {MAX_POSTING_AGE_MS} ms before now"
        )
    parameters = ledger.parameters(now_ms)
    order = beside.columns(ledger.ledger_id, leg, posting, has_paid=False)
    paid, asked = ledger.reader.order_fee(order.order_id), parameters.fees.order
    order = replace(order, has_paid=0 < asked <= paid)
    check_signed(order)
    beside.check_funds(ledger, parameters, order, leg, funds, verify_proofs)
    outcome = ledger.orders.add(order, MAX_ORDERS, MAX_ORDERS_PER_NULLIFIER, now_ms)
    if outcome is not Outcome.ADDED:
        raise _refusal(outcome, order)
    return order


def refresh(
    ledger: Ledger, order_id: OrderId, margin: Margin, now_ms: int,
    verify_proofs: checks.VerifyProofs = checks.verify_proofs,
) -> Order:  # fmt: skip
    """Gives an order another margin proof, and returns the order.  Whoever can open its account may make the proof.

    An order that has margin of a newer epoch keeps it: the network may have held back an older one.

    Raises Rejected: ORDER_UNKNOWN, ORDER_WITHDRAWN, MALFORMED when the order needs no margin, any reason of
    engine.check_leg for the leg with its new margin.
    """
    order = _known(ledger, order_id)
    if order.leg.margin is None:
        raise Rejected(Rejection.MALFORMED, f"order {order_id.hex()} needs no margin")
    if margin.epoch < order.leg.margin.epoch:
        return order
    leg = replace(order.leg, margin=margin)
    checks.check_keys(ledger, (leg,))
    checks.check_clock(ledger.reader.last_event(), now_ms)
    checks.check_expiry((leg,), now_ms)
    checks.check_state(ledger, (leg,), (), now_ms)
    try:
        verify_proofs([proofclaims.margin(ledger, leg, margin)])
    except InvalidProof:
        raise Rejected(Rejection.INVALID_PROOF, "the new margin proof does not verify") from None
    refreshed = replace(order, leg_bytes=encoding.encode_leg(leg), grid_epoch=margin.epoch)
    if not ledger.orders.refresh(refreshed):
        raise _unknown(order_id)
    return refreshed


def withdraw(ledger: Ledger, order_id: OrderId, signed: bytes, now_ms: int) -> Withdrawal:
    """Takes an order off the board, whose maker signed that (withdrawals.sign); one that was withdrawn before stays so.

    Raises Rejected: ORDER_UNKNOWN or WITHDRAWAL.
    """
    order = ledger.orders.get(order_id) or ledger.orders.withdrawn(order_id)
    if order is None:
        raise _unknown(order_id)
    withdrawals.check_signed(ledger.ledger_id, order_id, checks.decode_leg(order.leg_bytes), signed)
    if isinstance(order, Withdrawal):
        return order
    withdrawal = Withdrawal(order_id, order.leg_bytes, order.expiry_ms, signed)
    if not ledger.orders.withdraw(withdrawal, MAX_WITHDRAWALS, now_ms):
        raise _unknown(order_id)
    return withdrawal


def get(ledger: Ledger, order_id: OrderId, now_ms: int) -> Order:
    """The order with this id.

    Raises Rejected: ORDER_UNKNOWN or ORDER_WITHDRAWN when it is not on the board, the reason why it would no longer
    settle, or as posting.check_signed.
    """
    ledger.orders.update()
    order = _known(ledger, order_id)
    checks.check_expiry((order.leg,), now_ms)
    checks.check_state(ledger, (order.leg,), (), now_ms)
    check_signed(order)
    return order


def listed(ledger: Ledger, now_ms: int, stale: bool = False) -> list[Order]:
    """Every order that is not void, the oldest first; with `stale`, also those whose margin must be refreshed first."""
    orders = ledger.orders.alive(now_ms)
    epochs = _epochs_in_force(ledger, now_ms)
    return [order for order in orders if stale or _is_fresh(order, epochs)]


def is_takable(ledger: Ledger, order: Order, now_ms: int) -> bool:
    """Whether the order's margin, if it has any, is against a grid in force."""
    return _is_fresh(order, _epochs_in_force(ledger, now_ms))


def prune(ledger: Ledger, now_ms: int) -> list[OrderId]:
    """Deletes every void order and returns their ids."""
    return ledger.orders.remove_void(now_ms)


def _known(ledger: Ledger, order_id: OrderId) -> Order:
    order = ledger.orders.get(order_id)
    if order is None:
        raise _unknown(order_id) if ledger.orders.withdrawn(order_id) is None else _withdrawn(order_id)
    return order


def _unknown(order_id: OrderId) -> Rejected:
    return Rejected(
        Rejection.ORDER_UNKNOWN,
        f"order {order_id.hex()} is not on the board: if it ever was, it was taken, cancelled, has expired, or "
        "gave way to others",
    )


def _withdrawn(order_id: OrderId) -> Rejected:
    return Rejected(Rejection.ORDER_WITHDRAWN, f"the maker of order {order_id.hex()} withdrew it from the board")


def _refusal(outcome: Outcome, order: Order) -> Rejected:
    order_id = order.order_id.hex()
    return {
        Outcome.WITHDRAWN: _withdrawn(order.order_id),
        Outcome.SPENT: Rejected(Rejection.NULLIFIER_SPENT, "leg 0 spends an account that has already moved"),
        Outcome.ORDER_KNOWN: Rejected(Rejection.ORDER_KNOWN, f"order {order_id} is already on the board"),
        Outcome.PROOF_KNOWN: Rejected(Rejection.PROOF_KNOWN, "another order on the board makes the same new account"),
        Outcome.ACCOUNT_FULL: Rejected(
            Rejection.ACCOUNT_FULL, f"{MAX_ORDERS_PER_NULLIFIER} orders spend the same account"
        ),
        Outcome.BOARD_FULL: Rejected(Rejection.BOARD_FULL, f"the board has {MAX_ORDERS} orders, all of them backed"),
    }[outcome]


def _epochs_in_force(ledger: Ledger, now_ms: int) -> set[int]:
    """The epochs whose initial grids a margin proof may use now; none while the pool is restricted."""
    restricted = margins.silent_epochs(ledger) > ledger.parameters(now_ms).grace_epochs
    return set() if restricted else {grids.publication.epoch for grids in margins.initial(ledger, now_ms)}


def _is_fresh(order: Order, epochs: set[int]) -> bool:
    return order.grid_epoch is None or order.grid_epoch in epochs
