"""What stands on the board beside an order's leg, and whether it belongs there: terms, funds, time and signature."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from settlement.bundles import digests, manybundles
from settlement.bundles.bundle import CIPHERTEXT_BYTES, Leg
from settlement.checks import checks, manychecks, signatures
from settlement.checks.manychecks import Proved
from settlement.checks.signatures import Signed
from settlement.fieldreader import FieldReader, Points, Unseen
from settlement.ids import LedgerId
from settlement.orders import funds as proofs_of_funds
from settlement.orders.funds import Funds
from settlement.pool.parameters import Parameters
from settlement.rejection import Rejected, Rejection
from settlement.storage.orders import Order
from zk.errors import FormatError, InvalidProof
from zk.groth16.keys import Claim as Claimed
from zk.signature import Claim

MAX_READERS = 16
MAX_POSTING_AGE_MS = 10 * 60_000
Decoded = tuple[Leg, Funds | None]


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
    order = Order(
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
    vars(order)["leg"] = leg  # decoded already
    return order


def decode_all(postings: Sequence[Posting]) -> list[Decoded | Rejected]:
    """The leg and the funds of each posting, or why it is refused: TOO_LARGE or MALFORMED.  Many points at once."""
    return manybundles.decode_each(postings, _decode, Rejected)


def _decode(posting: Posting, points: Points | None) -> Decoded:
    funds = _funds(posting.sealed_terms, posting.funds, points)
    return checks.decode_leg(posting.leg_bytes, points), funds


def check_form(sealed_terms: tuple[bytes, ...], funds: bytes) -> Funds | None:
    """The funds, or None for an order without.  Raises Rejected for too many or malformed terms, or malformed funds."""
    return _funds(sealed_terms, funds, None)


def _funds(sealed_terms: tuple[bytes, ...], funds: bytes, points: Points | None) -> Funds | None:
    if len(sealed_terms) > MAX_READERS:
        raise Rejected(Rejection.TOO_LARGE, f"the order has {len(sealed_terms)} readers, more than {MAX_READERS}")
    for sealed in sealed_terms:
        if len(sealed) != CIPHERTEXT_BYTES:
            raise Rejected(Rejection.MALFORMED, f"sealed terms have {len(sealed)} bytes instead of {CIPHERTEXT_BYTES}")
    if funds == proofs_of_funds.NO_FUNDS:
        return None
    try:
        return proofs_of_funds.decode(funds, points)
    except FormatError as error:
        raise Rejected(Rejection.MALFORMED, str(error)) from None


def check_signed(order: Order) -> None:
    """Raises Rejected, TERMS_SIGNATURE, unless the leg names these terms, and its maker signed funds and time."""
    signatures.verify([signed(order, order.leg)])


def signed(order: Order, leg: Leg) -> Signed:
    """That its maker signed what stands beside the leg.  Raises Rejected, TERMS_SIGNATURE, when nobody can have."""
    if leg.terms != digests.terms(order.sealed_terms):
        raise Rejected(Rejection.TERMS_SIGNATURE, "the order's leg is signed for other terms")
    message = digests.posting_message(order.order_id, order.sealed_terms, order.funds, order.posted_ms)
    why = "what stands beside the order's leg is not signed by its maker"
    try:
        # Whoever verifies signatures at once looks at all of their points.
        read = FieldReader(order.signature, "the signature", Unseen())
        found = read.signature("R")
        read.finish()
    except FormatError:
        raise Rejected(Rejection.TERMS_SIGNATURE, why) from None
    return Claim((leg.public.rk_x, leg.public.rk_y), message, found), Rejection.TERMS_SIGNATURE, why


def backing(
    state: checks.State, parameters: Parameters, order: Order, leg: Leg, funds: Funds | None
) -> Iterator[Proved]:  # fmt: skip
    """That the order has the funds that the pool's board asks for, or its fee was paid instead.  Raises Rejected."""
    claims: list[Claimed] = []
    if funds is None:
        if parameters.board.funds_required and not order.has_paid:
            instead = f", and no fee of {parameters.fees.order} was paid for it" if parameters.fees.order else ""
            raise Rejected(Rejection.FUNDS_MISSING, f"the order has no proof of funds{instead}")
        return
    try:
        proofs_of_funds.check(
            state.pool, parameters.board, order.order_id, leg, funds, state.reader.is_known_root, claims.extend
        )
    except InvalidProof as error:
        raise Rejected(Rejection.FUNDS_INVALID, str(error)) from None
    for claim in claims:
        yield Proved(claim, Rejection.FUNDS_INVALID, "the proof of the funds does not verify")


def check_row(state: checks.State, order: Order, verify_proofs: checks.VerifyProofs = checks.verify_proofs) -> None:
    """Checks a stored order as the board did when it was placed, whether or not it is void by now.

    Raises Rejected when the board cannot have admitted it: a column is not the leg's, or it is not well formed, signed,
    proved or backed.
    """
    posting = Posting(order.leg_bytes, order.sealed_terms, order.funds, order.posted_ms, order.signature)
    (decoded,) = decode_all([posting])
    if not isinstance(decoded, Rejected) and columns(state.ledger_id, decoded[0], posting, order.has_paid) != order:
        raise Rejected(Rejection.MALFORMED, "a column of the order is not what its leg says")
    manychecks.run(_row(state, posting, order.has_paid, decoded), verify_proofs)


def check_rows(
    state: checks.State, listed: Sequence[tuple[Posting, bool]], verify_proofs: checks.VerifyProofs
) -> list[Order | Rejected]:
    """The order of each of these postings, with whether its fee was paid; or what check_row raises for it."""
    decoded = decode_all([posting for posting, _ in listed])
    rows = [_row(state, *one, found) for one, found in zip(listed, decoded, strict=True)]
    return manychecks.run_all(rows, verify_proofs)


def _row(
    state: checks.State, posting: Posting, has_paid: bool, decoded: Decoded | Rejected
) -> manychecks.Steps[Order]:  # fmt: skip
    if isinstance(decoded, Rejected):
        raise decoded
    leg, funds = decoded
    order = columns(state.ledger_id, leg, posting, has_paid)
    checks.check_keys(state, (leg,))
    checks.check_roots(state, (leg,))
    if leg.margin is not None and state.reader.epoch(leg.margin.epoch) is None:
        raise Rejected(Rejection.STALE_GRID, f"the order has margin for epoch {leg.margin.epoch}, which never was")
    yield from manychecks.signed(state, leg)
    possible = _parameters(state, order, leg)
    yield from manychecks.proved(state, possible[0], leg)
    yield signed(order, leg)
    if order.has_paid and not state.reader.order_fee(order.order_id):
        raise Rejected(Rejection.FUNDS_MISSING, "nobody paid a fee for the order")
    for number, parameters in enumerate(possible, 1):
        try:
            found = list(backing(state, parameters, order, leg, funds))
            break
        except Rejected:
            if number == len(possible):
                raise
    yield from found
    return order


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
