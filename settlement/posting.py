"""What stands on the board beside an order's leg, and whether it belongs there: terms, funds, time and signature."""

from dataclasses import dataclass

from settlement import checks, digests, proofclaims, signatures
from settlement import funds as proofs_of_funds
from settlement.bundle import CIPHERTEXT_BYTES, Leg
from settlement.funds import Funds
from settlement.ids import LedgerId
from settlement.parameters import Parameters
from settlement.rejection import Rejected, Rejection
from settlement.storage.orders import Order
from zk import signature
from zk.errors import FormatError, InvalidProof
from zk.signature import Claim

MAX_READERS = 16
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


def columns(ledger_id: LedgerId, leg: Leg, posting: Posting, has_paid: bool) -> Order:
    """The row of an order: its posting, and what its leg says."""
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


def check_form(sealed_terms: tuple[bytes, ...], funds: bytes) -> Funds | None:
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
    except FormatError as error:
        raise Rejected(Rejection.MALFORMED, str(error)) from None


def check_signed(order: Order) -> None:
    """Raises Rejected, TERMS_SIGNATURE, unless the leg names these terms, and its maker signed funds and time."""
    public = order.leg.public
    if order.leg.terms != digests.terms(order.sealed_terms):
        raise Rejected(Rejection.TERMS_SIGNATURE, "the order's leg is signed for other terms")
    message = digests.posting_message(order.order_id, order.sealed_terms, order.funds, order.posted_ms)
    why = "what stands beside the order's leg is not signed by its maker"
    try:
        signed = signature.decode(order.signature, "the signature")
    except FormatError:
        raise Rejected(Rejection.TERMS_SIGNATURE, why) from None
    claim = Claim((public.rk_x, public.rk_y), message, signed)
    signatures.verify([(claim, Rejection.TERMS_SIGNATURE, why)])


def check_funds(
    state: checks.State, parameters: Parameters, order: Order, leg: Leg, funds: Funds | None,
    verify_proofs: checks.VerifyProofs,
) -> None:  # fmt: skip
    """Raises Rejected unless the order has the funds that the pool's board asks for, or its fee was paid instead."""
    if funds is None:
        if parameters.board.funds_required and not order.has_paid:
            instead = f", and no fee of {parameters.fees.order} was paid for it" if parameters.fees.order else ""
            raise Rejected(Rejection.FUNDS_MISSING, f"the order has no proof of funds{instead}")
        return
    try:
        proofs_of_funds.check(
            state.pool, parameters.board, order.order_id, leg, funds, state.reader.is_known_root, verify_proofs
        )
    except InvalidProof as error:
        raise Rejected(Rejection.FUNDS_INVALID, str(error)) from None


def check_row(state: checks.State, order: Order, verify_proofs: checks.VerifyProofs = checks.verify_proofs) -> None:
    """Checks a stored order as the board did when it was placed, whether or not it is void by now.

    Raises Rejected when the board cannot have admitted it: a column is not the leg's, or it is not well formed, signed,
    proved or backed.
    """
    funds = check_form(order.sealed_terms, order.funds)
    leg = checks.decode_leg(order.leg_bytes)
    posting = Posting(order.leg_bytes, order.sealed_terms, order.funds, order.posted_ms, order.signature)
    if columns(state.ledger_id, leg, posting, order.has_paid) != order:
        raise Rejected(Rejection.MALFORMED, "a column of the order is not what its leg says")
    checks.check_keys(state, (leg,))
    checks.check_roots(state, (leg,))
    checks.check_leg_signatures(state, (leg,))
    possible = _parameters(state, order, leg)
    proofclaims.check(state, possible[0], (leg,), (), verify_proofs)
    check_signed(order)
    if order.has_paid and not state.reader.order_fee(order.order_id):
        raise Rejected(Rejection.FUNDS_MISSING, "nobody paid a fee for the order")
    for number, parameters in enumerate(possible, 1):
        try:
            check_funds(state, parameters, order, leg, funds, verify_proofs)
            break
        except Rejected:
            if number == len(possible):
                raise


def _parameters(state: checks.State, order: Order, leg: Leg) -> list[Parameters]:
    """The parameters under which the board may have taken the order: in force when it was signed, or soon after.

    All have the leg's guardians, and so the same key of theirs.  Raises Rejected when these were never the pool's.
    """
    first_ms, last_ms = order.posted_ms, order.posted_ms + MAX_POSTING_AGE_MS
    changed_ms = [each.change.effective_ms for each in state.reader.changes()]
    times_ms = [first_ms, *(time_ms for time_ms in changed_ms if first_ms < time_ms <= last_ms)]
    possible = [state.parameters(time_ms) for time_ms in times_ms]
    fitting = [one for one in possible if leg.public.guard in (0, one.guardians and one.guardians.number)]
    if not fitting:
        raise Rejected(
            Rejection.GUARD_UNKNOWN, f"the order names guardians {leg.public.guard}, whom the pool did not have"
        )
    return fitting
