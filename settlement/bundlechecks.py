"""The checks of a whole bundle, in the order of the rejections, and of many bundles with one batch of proofs.

    before the proofs   ledger id, keys, clock, expiry, state, companions, signatures, conversions, binding
    proofs              one batch
    after the proofs    attestations, insurance, payments

A block's bundles are checked each against the same state: which of two that conflict settles is decided under the
ledger's lock (settlement.block).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from settlement import checks, custody, digests, proofbatches, proofclaims
from settlement.bundle import Bundle
from settlement.events import Event
from settlement.parameters import Parameters
from settlement.proofclaims import Labelled
from settlement.rejection import Rejected
from settlement.state import Checked, State, VerifyProofs

T = TypeVar("T")


@dataclass(frozen=True)
class Proofless:
    """A bundle that passed every check before that of its proofs: they must prove these claims."""

    bundle: Bundle
    parameters: Parameters
    claims: list[Labelled]


def before_proofs(state: State, newest: Event, bundle: Bundle, now_ms: int) -> Proofless:
    """Runs the checks before that of proofs.  `newest` is the newest event before the bundle was decoded.

    Decoding takes time, in which another event may settle.  Raises Rejected.
    """
    checks.check_ledger_id(state, bundle.ledger_id)
    checks.check_keys(state, bundle.moves)
    checks.check_clock(newest, now_ms)
    parameters = state.parameters(now_ms)
    checks.check_expiry(bundle.moves, now_ms)
    checks.check_state(state, bundle.legs, bundle.seizures, now_ms)
    checks.check_companions(bundle.moves)
    checks.check_leg_signatures(state, bundle.legs)
    checks.check_seizures(state, parameters, bundle.seizures)
    checks.check_conversions(state, bundle)
    checks.check_binding(bundle)
    return Proofless(bundle, parameters, proofclaims.labelled(state, parameters, bundle.legs, bundle.seizures))


def after_proofs(state: State, parameters: Parameters, bundle: Bundle) -> None:
    """Runs the checks after that of proofs.  Raises Rejected."""
    custody.check_attestations(state.pool, parameters, bundle)
    custody.check_insurance(parameters, bundle)
    checks.check_payments(state, parameters, bundle)


def check(state: State, newest: Event, bundle: Bundle, data: bytes, now_ms: int, verify: VerifyProofs) -> Checked:
    """Runs every check on the bundle that came in these bytes.  Raises Rejected."""
    proofless = before_proofs(state, newest, bundle, now_ms)
    proofclaims.check_labelled(proofless.claims, verify)
    after_proofs(state, proofless.parameters, bundle)
    return Checked(bundle, digests.bundle_id(bundle), data, proofless.parameters)


def check_all(
    state: State, newest: Event, bundles: Sequence[tuple[Bundle, bytes]], now_ms: int, verify: VerifyProofs
) -> list[Checked | Rejected]:  # fmt: skip
    """Runs every check on each of these bundles and the bytes they came in, with one batch for all of their proofs.

    Returns what `check` would return or raise for each of them alone.
    """
    waiting = [_answer(partial(before_proofs, state, newest, bundle, now_ms)) for bundle, _ in bundles]
    passed = [(number, one) for number, one in enumerate(waiting) if isinstance(one, Proofless)]
    claims = [(number, claim) for number, one in passed for _, claim in one.claims]
    false = set(proofbatches.false_owners(claims, verify))

    def finish(number: int, one: Proofless) -> Checked:
        if number in false:
            proofclaims.check_labelled(one.claims, verify)  # says which proof it is
            raise AssertionError("a false proof is false alone")
        after_proofs(state, one.parameters, one.bundle)
        return Checked(one.bundle, digests.bundle_id(one.bundle), bundles[number][1], one.parameters)

    return [
        one if isinstance(one, Rejected) else _answer(partial(finish, number, one))
        for number, one in enumerate(waiting)
    ]


def _answer(run: Callable[[], T]) -> T | Rejected:
    try:
        return run()
    except Rejected as refused:
        return refused
