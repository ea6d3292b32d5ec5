"""The checks of a bundle, one function for each kind, in the order of the rejections.

Every function takes all legs, so that one leg's bad proof never hides another's spent nullifier, and so that the board
can run the very same functions on one leg.  settlement.checks.margins has the checks of guards and grids,
settlement.checks.topups those of top-ups, settlement.checks.proofclaims those of proofs, settlement.custody and
settlement.publicaccounts those of payments.  """

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from circuits import generators
from circuits.records import Nullifier
from settlement import custody, merkle, publicaccounts
from settlement.bundles import balance, conversion, digests, encoding, manybundles
from settlement.bundles.bundle import NO_DIGEST, Bundle, Leg, Move, Seizure, name
from settlement.checks import margins, pot, signatures, topups
from settlement.checks.proofclaims import verify as verify_proofs
from settlement.checks.signatures import VerifySignatures
from settlement.checks.state import Checked, Reader, Settling, State, VerifyProofs
from settlement.events import Event
from settlement.fieldreader import Points
from settlement.ids import LedgerId
from settlement.pool import assets
from settlement.pool.parameters import Parameters
from settlement.rejection import Rejected, Rejection
from zk.errors import FormatError
from zk.signature import Claim

__all__ = ["Checked", "Reader", "Settling", "State", "VerifyProofs", "verify_proofs"]

T = TypeVar("T", Bundle, Leg)
NO_SLOT = -1


def decode_bundle(data: bytes) -> Bundle:
    """The bundle in these bytes.  Raises Rejected, TOO_LARGE or MALFORMED."""
    return _decode(encoding.decode_bundle, data)


def decode_bundles(data: Sequence[bytes]) -> list[Bundle | Rejected]:
    """What `decode_bundle` returns or raises for each of these bytes."""
    return [_refused(one) if isinstance(one, FormatError) else one for one in manybundles.decode(data)]


def decode_leg(data: bytes, points: Points | None = None) -> Leg:
    """The leg in these bytes.  Raises Rejected, TOO_LARGE or MALFORMED.

    With `points`, these take the leg's, and nothing looks at them.
    """
    if points is None:
        return _decode(encoding.decode_leg, data)
    return _decode(partial(encoding.decode_leg_unchecked, points=points), data)


def check_ledger_id(state: State, ledger_id: LedgerId) -> None:
    """Raises Rejected when a bundle is for another ledger."""
    if ledger_id != state.ledger_id:
        theirs, ours = ledger_id.hex()[:16], state.ledger_id.hex()[:16]
        raise Rejected(Rejection.WRONG_LEDGER, f"the bundle is for ledger {theirs}, but this is {ours}")


def check_keys(state: State, moves: Sequence[Move]) -> None:
    """Raises Rejected when a proof names a verifying key other than the pool's for its statement."""
    pool = state.pool
    for number, move in enumerate(moves):
        if isinstance(move, Seizure):
            named = [(move.key, pool.seize, "is proved")]
        else:
            named = [(move.key, pool.leg, "is proved")]
            named += [(move.escrow.key, pool.escrow, "has an escrow")] if move.escrow else []
            named += [(move.margin.key, pool.margin, "has a margin proof")] if move.margin else []
        for key, expected, what in named:
            if key != expected.digest:
                whose = "under a key that is not the pool's"
                raise Rejected(Rejection.UNKNOWN_KEY, f"{_name(moves, number)} {what} {whose}")


def check_clock(newest: Event, now_ms: int) -> None:
    """Raises Rejected when the clock is behind the newest event: otherwise what has expired could settle after it."""
    if now_ms < newest.created_ms:
        behind_ms = newest.created_ms - now_ms
        raise Rejected(Rejection.CLOCK_BEHIND, f"the clock is {behind_ms} ms behind the ledger's newest event")


def check_parameters(state: State, parameters: Parameters, now_ms: int) -> None:
    """Raises Rejected when other parameters are in force than those that a bundle was checked under."""
    if state.parameters(now_ms) != parameters:
        raise Rejected(Rejection.PARAMETERS_CHANGED, f"version {parameters.version} is not in force any more")


def check_expiry(moves: Sequence[Move], now_ms: int) -> None:
    """Raises Rejected when a leg has expired, which it has from `expiry_ms` on."""
    for number, move in enumerate(moves):
        if move.expiry_ms <= now_ms:
            raise Rejected(Rejection.EXPIRED, f"{_name(moves, number)} expired {now_ms - move.expiry_ms} ms ago")


def check_roots(state: State, moves: Sequence[Move]) -> None:
    """Raises Rejected when a leg names a root that the tree never had.

    An old root is as good as a new one: the tree only grows, and a nullifier is spent once whatever root it is under.
    """
    for number, move in enumerate(moves):
        if not state.reader.is_known_root(move.root):
            raise Rejected(Rejection.UNKNOWN_ROOT, f"{_name(moves, number)} names a root that the tree never had")


def check_nullifiers(state: State, moves: Sequence[Move]) -> None:
    """Raises Rejected when two legs spend one account, or a leg spends one that has already moved."""
    seen: dict[Nullifier, int] = {}
    for number, move in enumerate(moves):
        first = seen.setdefault(move.nullifier, number)
        if first != number:
            both = f"{_name(moves, first)} and {_name(moves, number)}"
            raise Rejected(Rejection.NULLIFIER_REPEATED, f"{both} spend the same account")
    for number, move in enumerate(moves):
        if state.reader.is_spent(move.nullifier):
            spent = f"{_name(moves, number)} spends an account that has already moved"
            raise Rejected(Rejection.NULLIFIER_SPENT, spent)


def check_state(state: State, legs: Sequence[Leg], seizures: Sequence[Seizure], now_ms: int) -> None:
    """Runs the checks of roots, guards, grids, nullifiers and top-ups, which a bundle or publication may change."""
    moves: tuple[Move, ...] = (*legs, *seizures)
    check_roots(state, moves)
    margins.check(state, legs, seizures, now_ms)
    topups.check_periods(state, legs)
    check_nullifiers(state, moves)
    topups.check_tags(state, legs)


def check_companions(moves: Sequence[Move]) -> None:
    """Raises Rejected when a leg names what must stand beside it, and something else does, or something more."""
    for number, move in enumerate(moves):
        if move.companions != NO_DIGEST:
            others = [other.commitment for index, other in enumerate(moves) if index != number]
            if move.companions != digests.companions(others):
                raise Rejected(
                    Rejection.COMPANIONS, f"{_name(moves, number)} is signed for other company than it has here"
                )


def check_leg_signatures(state: State, legs: Sequence[Leg], verify: VerifySignatures = signatures.verify) -> None:
    """Raises Rejected unless every leg, exactly as it is and for this ledger, is signed under its rk."""
    verify([
        (
            Claim((leg.public.rk_x, leg.public.rk_y), digests.leg_message(state.ledger_id, leg), leg.signature),
            Rejection.LEG_SIGNATURE, f"leg {number} is not signed by its owner",
        )
        for number, leg in enumerate(legs)
    ])  # fmt: skip


def check_seizures(state: State, parameters: Parameters, seizures: Sequence[Seizure]) -> None:
    """Raises Rejected unless the pool's guardians signed every seizure, and it names the guards that are retired."""
    guardians = parameters.guardians
    for number, seizure in enumerate(seizures):
        if guardians is None:
            raise Rejected(Rejection.SEIZURE, f"seizure {number} is of a pool that has no guardians")
        if seizure.public.stale_before != guardians.stale_before:
            retired = f"the guards below {guardians.stale_before} are retired"
            raise Rejected(Rejection.SEIZURE, f"seizure {number} says {seizure.public.stale_before}, but {retired}")
        claim = Claim(guardians.signing_key, digests.seizure_message(state.ledger_id, seizure), seizure.signature)
        signatures.verify([(claim, Rejection.SEIZURE, f"seizure {number} is not signed by the guardians")])


def check_conversions(state: State, bundle: Bundle) -> None:
    """Raises Rejected unless every conversion is of an expired claim at its rate, and proved for this bundle."""
    if bundle.conversions:
        ids = digests.move_ids(bundle)
        conversion.check(bundle.conversions, state.reader.rates(), _loan(state), state.ledger_id, ids)


def check_binding(bundle: Bundle, verify: VerifySignatures = signatures.verify) -> None:
    """Raises Rejected unless everything adds up and the bundle is signed with the sum of all blindings.

    A balance that is the identity is refused too, because anybody could sign under it.
    """
    claim = Claim(balance.point(bundle), digests.bundle_message(bundle), bundle.binding, generators.blinding())
    verify([(claim, Rejection.UNBALANCED, "the binding signature is not under a balance of zero")])


def check_room(state: State, moves: Sequence[Move]) -> None:
    """Raises Rejected when the tree has no room for the new accounts."""
    size = state.reader.tree().size
    if size + len(moves) > merkle.CAPACITY:
        raise Rejected(
            Rejection.TREE_FULL, f"the tree has {size} of at most {merkle.CAPACITY} leaves, and {len(moves)} are new"
        )


def check_payments(state: State, parameters: Parameters, bundle: Bundle) -> Settling:
    """Runs the checks of payments after that of attestations; what the bundle makes of reserves and public accounts."""
    custody.check_references(state.reader, state.pool, bundle.legs)
    publicaccounts.check_fees(parameters, bundle.legs)
    balances = publicaccounts.balances_after(state.reader, bundle.legs)
    publicaccounts.check(balances, state.pool)
    newest = state.reader.grids(1)
    prices = newest[0].publication.prices if newest else None
    loan = _loan(state)
    pot.check((leg.flows for leg in bundle.legs), prices, loan, pot.contents(state.reader, loan))
    reserves = custody.reserves_after(state.reader, bundle.legs)
    custody.check(reserves, state.pool)
    check_room(state, bundle.moves)
    return Settling(reserves, balances)


def check_again(state: State, checked: Checked, now_ms: int) -> Settling:
    """Runs, under the ledger's lock, every check whose answer may have changed since the bundle was checked.

    Raises Rejected as engine.check does.  Signatures and proofs are about what cannot change while the same parameters
    are in force and the same epochs.
    """
    bundle = checked.bundle
    check_clock(state.reader.last_event(), now_ms)
    check_parameters(state, checked.parameters, now_ms)
    check_expiry(bundle.moves, now_ms)
    check_state(state, bundle.legs, bundle.seizures, now_ms)
    return check_payments(state, checked.parameters, bundle)


def _loan(state: State) -> int:
    """The slot of the loan claim, or one that no flow has and no claim."""
    loan = assets.loan_slot(state.pool.assets)
    return NO_SLOT if loan is None else loan


def _name(moves: Sequence[Move], number: int) -> str:
    return name(sum(isinstance(move, Leg) for move in moves), number)


def _decode(decode: Callable[[bytes], T], data: bytes) -> T:
    try:
        return decode(data)
    except FormatError as error:
        raise _refused(error) from None


def _refused(error: FormatError) -> Rejected:
    is_too_large = isinstance(error, encoding.LimitExceeded)
    return Rejected(Rejection.TOO_LARGE if is_too_large else Rejection.MALFORMED, str(error))
