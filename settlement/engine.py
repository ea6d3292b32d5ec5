"""The only writer to a ledger: `submit` settles a bundle, `publish` accepts an epoch's prices.

A bundle passes in this order: form, state, arithmetic, then one transaction.  Checking holds no lock and takes nearly
all of the time; applying checks again, under the lock, everything that may have changed.  Functions here read a clock
only to measure their own time: `now_ms` comes from the caller.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from circuits.records import Position, Root
from settlement import checks, custody, digests, events, oracle, proofclaims
from settlement.bundle import Bundle, Leg
from settlement.grids import PublishedGrids
from settlement.ids import BundleId
from settlement.ledger import Ledger
from settlement.parameters import Parameters
from settlement.quotes import Quote
from settlement.state import Checked, State, VerifyProofs


@dataclass(frozen=True)
class Receipt:
    """The place of a settled bundle, and how long checking and applying it took.  Not signed; informational only.

    When not `is_checkpointed`, the bundle settled and its checkpoint could not be marked: damage that loses the bundle
    again might go unnoticed until the next event settles.
    """

    bundle_id: BundleId
    height: int
    positions: tuple[Position, ...]
    root: Root
    is_checkpointed: bool
    check_us: int
    apply_us: int


def check(state: State, data: bytes, now_ms: int, verify_proofs: VerifyProofs = checks.verify_proofs) -> Checked:
    """Runs every check on the bundle in these bytes.

    Raises Rejected with the first reason why it cannot settle now, in the order of Rejection.
    """
    bundle, parameters = _check_moves(state, data, now_ms, verify_proofs)
    custody.check_attestations(state.pool, parameters, bundle)
    custody.check_insurance(parameters, bundle)
    checks.check_payments(state, parameters, bundle)
    return Checked(bundle, digests.bundle_id(bundle), data, parameters)


def check_request(
    state: State, data: bytes, now_ms: int, verify_proofs: VerifyProofs = checks.verify_proofs
) -> Bundle:
    """The bundle in these bytes, which would settle now if its custodians and guardians signed it.

    For whoever attests, who should sign nothing else.  Raises Rejected as `check` does.
    """
    bundle, parameters = _check_moves(state, data, now_ms, verify_proofs)
    checks.check_payments(state, parameters, bundle)
    return bundle


def check_leg(state: State, data: bytes, now_ms: int, verify_proofs: VerifyProofs = checks.verify_proofs) -> Leg:
    """Runs every per-leg check on the leg in these bytes.

    The checks that need the whole bundle are skipped: companions, balance, attestations, references, fees, custody.

    Raises Rejected as `check` does, and INSURANCE for a leg of the insurance, which nobody has attested alone.
    """
    newest = state.reader.last_event()
    leg = checks.decode_leg(data)
    checks.check_keys(state, (leg,))
    checks.check_clock(newest, now_ms)
    checks.check_expiry((leg,), now_ms)
    checks.check_state(state, (leg,), (), now_ms)
    checks.check_leg_signatures(state, (leg,))
    proofclaims.check(state, state.parameters(now_ms), (leg,), (), verify_proofs)
    custody.check_not_insurance(leg)
    checks.check_room(state, (leg,))
    return leg


def _check_moves(
    state: State, data: bytes, now_ms: int, verify_proofs: VerifyProofs
) -> tuple[Bundle, Parameters]:
    """Runs the checks up to those of payments; the bundle, and the parameters that it was checked under."""
    newest = state.reader.last_event()  # before the time that decoding takes, in which another event may settle
    bundle = checks.decode_bundle(data)
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
    proofclaims.check(state, parameters, bundle.legs, bundle.seizures, verify_proofs)
    return bundle, parameters


def submit(ledger: Ledger, data: bytes, now_ms: int, verify_proofs: VerifyProofs = checks.verify_proofs) -> Receipt:
    """Settles the bundle in these bytes.  Raises Rejected, and then the ledger is unchanged.

    An event that another process settles while this bundle is checked moves this one's time up to its own.
    """
    start_ns = time.perf_counter_ns()
    checked = check(ledger, data, now_ms, verify_proofs)
    check_end_ns = time.perf_counter_ns()
    applied = ledger.apply(checked, now_ms, _since(start_ns))
    end_ns = time.perf_counter_ns()
    check_us, apply_us = (check_end_ns - start_ns) // 1000, (end_ns - check_end_ns) // 1000
    return Receipt(
        checked.bundle_id, applied.height, applied.positions, applied.root, applied.is_checkpointed, check_us, apply_us
    )


def publish(ledger: Ledger, quotes: Sequence[Quote], now_ms: int) -> PublishedGrids:
    """Checks the quotes against the ledger's newest epoch and publishes the grids of the next.

    Raises as oracle.check does, and Rejected when the clock is behind; then the ledger is unchanged.
    """
    start_ns = time.perf_counter_ns()
    checks.check_clock(ledger.reader.last_event(), now_ms)
    newest = ledger.reader.grids(1)
    previous = newest[0].publication if newest else None
    parameters, rates = ledger.parameters(now_ms), ledger.reader.rates()
    publication = oracle.check(ledger.pool, parameters, rates, quotes, previous, now_ms)
    return ledger.publish(publication, parameters, rates, now_ms, _since(start_ns))


def _since(start_ns: int) -> events.PassedNs:
    return lambda: time.perf_counter_ns() - start_ns
