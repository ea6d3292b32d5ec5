"""The checks of a whole bundle, in the order of the rejections, and of many bundles with one batch of proofs.

    before the proofs   ledger id, keys, clock, expiry, state, companions, conversions, what must be signed
    signatures          one batch: the legs', and the one that binds them
    proofs              one batch
    after the proofs    attestations, insurance, payments

A block's bundles are checked each against the same state: which of two that conflict settles is decided under the
ledger's lock (settlement.block).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from settlement import custody, stages
from settlement.bundles import digests
from settlement.bundles.bundle import Bundle
from settlement.checks import checks, proofbatches, proofclaims, signatures
from settlement.checks.proofclaims import Labelled
from settlement.checks.signatures import Signed
from settlement.checks.state import Checked, Settling, State, VerifyProofs
from settlement.events import Event
from settlement.pool.parameters import Parameters
from settlement.rejection import Rejected

T = TypeVar("T")


@dataclass(frozen=True)
class Proofless:
    """A bundle that passed every check before those of its signatures and proofs, which must be valid."""

    bundle: Bundle
    parameters: Parameters
    signed: list[Signed]
    claims: list[Labelled]


def before_proofs(state: State, newest: Event, bundle: Bundle, now_ms: int) -> Proofless:
    """Runs the checks before those of signatures and proofs; `newest` was the newest event before decoding.

    Decoding takes time, in which another event may settle.  Raises Rejected.  When a check fails that comes after the
    legs' signatures, these are looked at first.
    """
    checks.check_ledger_id(state, bundle.ledger_id)
    checks.check_keys(state, bundle.moves)
    checks.check_clock(newest, now_ms)
    parameters = state.parameters(now_ms)
    checks.check_expiry(bundle.moves, now_ms)
    checks.check_state(state, bundle.legs, bundle.seizures, now_ms)
    checks.check_companions(bundle.moves)
    signed: list[Signed] = []
    checks.check_leg_signatures(state, bundle.legs, signed.extend)
    try:
        checks.check_seizures(state, parameters, bundle.seizures)
        checks.check_conversions(state, bundle)
        checks.check_binding(bundle, signed.extend)
    except Rejected:
        signatures.verify(signed)
        raise
    claims = proofclaims.labelled(state, parameters, bundle.legs, bundle.seizures)
    return Proofless(bundle, parameters, signed, claims)


def after_proofs(state: State, parameters: Parameters, bundle: Bundle) -> Settling:
    """Runs the checks after that of proofs; what the bundle makes of reserves and public accounts.  Raises Rejected."""
    custody.check_attestations(state.pool, parameters, bundle)
    custody.check_insurance(parameters, bundle)
    return checks.check_payments(state, parameters, bundle)


def check(state: State, newest: Event, bundle: Bundle, data: bytes, now_ms: int, verify: VerifyProofs) -> Checked:
    """Runs every check on the bundle that came in these bytes.  Raises Rejected."""
    proofless = before_proofs(state, newest, bundle, now_ms)
    signatures.verify(proofless.signed)
    proofclaims.check_labelled(proofless.claims, verify)
    after_proofs(state, proofless.parameters, bundle)
    return Checked(bundle, digests.bundle_id(bundle), data, proofless.parameters)


def check_all(
    state: State, newest: Event, bundles: Sequence[tuple[Bundle, bytes]], now_ms: int, verify: VerifyProofs
) -> list[Checked | Rejected]:  # fmt: skip
    """Runs every check on each of these bundles and the bytes they came in.

    All of their signatures are one batch, and so are the proofs of those that are signed.

    Returns what `check` would return or raise for each of them alone.
    """
    with stages.stage("state"):
        waiting = [_answer(partial(before_proofs, state, newest, bundle, now_ms)) for bundle, _ in bundles]
    with stages.stage("signatures"):
        waiting = _signed(waiting)
    passed = [(number, one) for number, one in enumerate(waiting) if isinstance(one, Proofless)]
    owners = [number for number, one in passed for _ in one.claims]
    with stages.stage("proofs"):
        hashed = proofclaims.hashed([claim for _, one in passed for _, claim in one.claims])
        claims = list(zip(owners, hashed, strict=True))
        false = set(proofbatches.false_owners(claims, verify))

    def finish(number: int, one: Proofless) -> Checked:
        if number in false:
            proofclaims.check_labelled(one.claims, verify)  # says which proof it is
            raise AssertionError("a false proof is false alone")
        after_proofs(state, one.parameters, one.bundle)
        return Checked(one.bundle, digests.bundle_id(one.bundle), bundles[number][1], one.parameters)

    with stages.stage("payments"):
        return [
            one if isinstance(one, Rejected) else _answer(partial(finish, number, one))
            for number, one in enumerate(waiting)
        ]


def _signed(waiting: Sequence[Proofless | Rejected]) -> list[Proofless | Rejected]:
    """The same, with a rejection in the place of each bundle with a signature that is not valid."""
    answers = list(waiting)
    owned = [(i, signed) for i, one in enumerate(waiting) if isinstance(one, Proofless) for signed in one.signed]
    false = signatures.rejections([signed for _, signed in owned])
    for index, refused in reversed(false.items()):
        answers[owned[index][0]] = refused
    return answers


def _answer(run: Callable[[], T]) -> T | Rejected:
    try:
        return run()
    except Rejected as refused:
        return refused
