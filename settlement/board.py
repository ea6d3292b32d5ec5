"""The board of firm orders.  An order is a leg that would settle now, together with its terms, sealed to their readers.

The board admits a leg only if it passes every check that a bundle's legs must pass, proofs included; so every listed
order would settle.  The board never learns what is traded: the terms are ciphertexts, unless their maker let everybody
read them.  An order is named by its leg's id, which covers the leg's body only, so the same leg with a new proof or
signature is the same order.  The leg names its terms; what else stands beside it its maker signs under the leg's rk, so
that nobody can list it with other terms, change its row unnoticed, or post it again later.

An order is void when its account has moved or it has expired.  Its maker cancels it by moving the account.  An order
with margin is stale while its grid is not in force: it stays, but nobody can take it, until somebody who can open the
account refreshes its margin, which needs no signature.

Room on the board costs something: one order for each proof, a few for each account, and those with a proof of funds
(settlement.funds), or for which the pool's fee was paid, come before those without.  On a full board the oldest orders
without either give way, the others to nobody.
"""

from dataclasses import dataclass, replace

from settlement import checks, digests, encoding, engine, margins, proofclaims
from settlement import funds as proofs_of_funds
from settlement.bundle import CIPHERTEXT_BYTES, Leg, Margin
from settlement.funds import Funds
from settlement.ids import LedgerId, OrderId
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from settlement.storage.orders import Order, Outcome
from zk import signature
from zk.errors import FormatError, InvalidProof

MAX_ORDERS = 1024
MAX_READERS = 16
MAX_ORDERS_PER_NULLIFIER = 8
MAX_LIFE_MS = 30 * 24 * 3_600_000
MAX_POSTING_AGE_MS = 10 * 60_000


@dataclass(frozen=True)
class Posting:
    """What a maker sends to the board.

    `funds` is empty when the order is not backed.  `posted_ms` is the time of signing, and `signature` has the 96 bytes
    of zk.signature, under the leg's rk over digests.posting_message.
    """

    leg_bytes: bytes
    sealed_terms: tuple[bytes, ...]
    funds: bytes
    posted_ms: int
    signature: bytes


def place(
    ledger: Ledger, posting: Posting, now_ms: int, verify_proofs: checks.VerifyProofs = checks.verify_proofs
) -> Order:
    """Puts an order on the board, after deleting void ones.

    Raises Rejected: TOO_LARGE or MALFORMED for what stands beside the leg; any reason of engine.check_leg for the leg;
    ORDER_TOO_LONG, TERMS_SIGNATURE, FUNDS_MISSING, FUNDS_INVALID, ORDER_KNOWN, PROOF_KNOWN, ACCOUNT_FULL or BOARD_FULL.
    """
    funds = _check_form(posting.sealed_terms, posting.funds)
    leg = engine.check_leg(ledger, posting.leg_bytes, now_ms, verify_proofs)
    if leg.expiry_ms > now_ms + MAX_LIFE_MS:
        raise Rejected(Rejection.ORDER_TOO_LONG, f"the order would stay open for more than {MAX_LIFE_MS} ms")
    if not now_ms - MAX_POSTING_AGE_MS <= posting.posted_ms <= now_ms:
        raise Rejected(
            Rejection.TERMS_SIGNATURE, f"the order was not signed within the last {MAX_POSTING_AGE_MS} ms before now"
        )
    order = _order(ledger, leg, posting, now_ms)
    check_signed(order)
    _check_funds(ledger, order, leg, funds, now_ms, verify_proofs)
    outcome = ledger.orders.add(order, MAX_ORDERS, MAX_ORDERS_PER_NULLIFIER, now_ms)
    if outcome is not Outcome.ADDED:
        raise _refusal(outcome, order)
    return order


def refresh(
    ledger: Ledger, order_id: OrderId, margin: Margin, now_ms: int,
    verify_proofs: checks.VerifyProofs = checks.verify_proofs,
) -> Order:  # fmt: skip
    """Gives an order another margin proof, and returns the order.  Whoever can open its account may make the proof.

    Raises Rejected: ORDER_UNKNOWN, MALFORMED when the order needs no margin, any reason of engine.check_leg for the leg
    with its new margin.
    """
    order = _known(ledger, order_id)
    if order.leg.margin is None:
        raise Rejected(Rejection.MALFORMED, f"order {order_id.hex()} needs no margin")
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


def get(ledger: Ledger, order_id: OrderId, now_ms: int) -> Order:
    """The order with this id.

    Raises Rejected: ORDER_UNKNOWN when it is not on the board, the reason why it would no longer settle, or as
    `check_signed`.
    """
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


def check_signed(order: Order) -> None:
    """Raises Rejected, TERMS_SIGNATURE, unless the leg names these terms, and its maker signed funds and time."""
    public = order.leg.public
    if order.leg.terms != digests.terms(order.sealed_terms):
        raise Rejected(Rejection.TERMS_SIGNATURE, "the order's leg is signed for other terms")
    message = digests.posting_message(order.order_id, order.sealed_terms, order.funds, order.posted_ms)
    try:
        signature.verify((public.rk_x, public.rk_y), message, signature.decode(order.signature, "the signature"))
    except (FormatError, InvalidProof):
        raise Rejected(
            Rejection.TERMS_SIGNATURE, "what stands beside the order's leg is not signed by its maker"
        ) from None


def check_row(state: checks.State, order: Order, verify_proofs: checks.VerifyProofs = checks.verify_proofs) -> None:
    """Checks a stored order as the board did when it was placed, whether or not it is void by now.

    Raises Rejected when the board cannot have admitted it: a column is not the leg's, or it is not well formed, signed,
    proved or backed.
    """
    funds = _check_form(order.sealed_terms, order.funds)
    leg = checks.decode_leg(order.leg_bytes)
    posting = Posting(order.leg_bytes, order.sealed_terms, order.funds, order.posted_ms, order.signature)
    if _columns(state.ledger_id, leg, posting, order.has_paid) != order:
        raise Rejected(Rejection.MALFORMED, "a column of the order is not what its leg says")
    checks.check_keys(state, (leg,))
    checks.check_roots(state, (leg,))
    checks.check_leg_signatures(state, (leg,))
    now_ms = state.reader.last_event().created_ms
    proofclaims.check(state, (leg,), (), now_ms, verify_proofs)
    check_signed(order)
    if order.has_paid and not state.reader.order_fee(order.order_id):
        raise Rejected(Rejection.FUNDS_MISSING, "nobody paid a fee for the order")
    _check_funds(state, order, leg, funds, now_ms, verify_proofs)


def _check_form(sealed_terms: tuple[bytes, ...], funds: bytes) -> Funds | None:
    """The funds, or None for an order without.  Raises Rejected for too many or malformed terms, or malformed funds."""
    if len(sealed_terms) > MAX_READERS:
        raise Rejected(Rejection.TOO_LARGE, f"the order has {len(sealed_terms)} readers, more than {MAX_READERS}")
    for sealed in sealed_terms:
        if len(sealed) != CIPHERTEXT_BYTES:
            raise Rejected(Rejection.MALFORMED, f"sealed terms have {len(sealed)} bytes instead of {CIPHERTEXT_BYTES}")
    if funds == proofs_of_funds.NO_FUNDS:
        return None
    try:
        return proofs_of_funds.decode(funds)
    except encoding.LimitExceeded as error:
        raise Rejected(Rejection.TOO_LARGE, str(error)) from None
    except FormatError as error:
        raise Rejected(Rejection.MALFORMED, str(error)) from None


def _known(ledger: Ledger, order_id: OrderId) -> Order:
    order = ledger.orders.get(order_id)
    if order is None:
        raise _unknown(order_id)
    return order


def _unknown(order_id: OrderId) -> Rejected:
    return Rejected(
        Rejection.ORDER_UNKNOWN,
        f"order {order_id.hex()} is not on the board: if it ever was, it was taken, cancelled, has expired, or "
        "gave way to others",
    )


def _order(ledger: Ledger, leg: Leg, posting: Posting, now_ms: int) -> Order:
    asked = ledger.parameters(now_ms).fees.order
    order = _columns(ledger.ledger_id, leg, posting, has_paid=False)
    return replace(order, has_paid=0 < asked <= ledger.reader.order_fee(order.order_id))


def _columns(ledger_id: LedgerId, leg: Leg, posting: Posting, has_paid: bool) -> Order:
    return Order(
        order_id=digests.leg_id(ledger_id, leg),
        leg_bytes=posting.leg_bytes,
        nullifier=leg.nullifier,
        commitment=leg.commitment,
        expiry_ms=leg.expiry_ms,
        grid_epoch=None if leg.margin is None else leg.margin.epoch,
        sealed_terms=tuple(posting.sealed_terms),
        funds=posting.funds,
        has_paid=has_paid,
        posted_ms=posting.posted_ms,
        signature=posting.signature,
    )


def _check_funds(
    state: checks.State, order: Order, leg: Leg, funds: Funds | None, now_ms: int, verify_proofs: checks.VerifyProofs
) -> None:
    """Raises Rejected unless the order has the funds that the pool's board asks for, or its fee was paid instead."""
    if funds is None:
        parameters = state.parameters(now_ms)
        if parameters.board.funds_required and not order.has_paid:
            instead = f", and no fee of {parameters.fees.order} was paid for it" if parameters.fees.order else ""
            raise Rejected(Rejection.FUNDS_MISSING, f"the order has no proof of funds{instead}")
        return
    try:
        proofs_of_funds.check(state.pool, order.order_id, leg, funds, state.reader.is_known_root, verify_proofs)
    except InvalidProof as error:
        raise Rejected(Rejection.FUNDS_INVALID, str(error)) from None


def _refusal(outcome: Outcome, order: Order) -> Rejected:
    order_id = order.order_id.hex()
    return {
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
