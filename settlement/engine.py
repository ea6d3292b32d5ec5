"""The only writer to a ledger: `submit` settles a bundle, `publish` accepts an epoch's prices, `govern`, `beat` and
`expire` record the rest.

A bundle passes in this order: form, state, arithmetic, then one transaction.  Checking holds no lock and takes nearly
all of the time; applying checks again, under the lock, everything that may have changed.  Functions here read a clock
only to measure their own time: `now_ms` comes from the caller.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from circuits.records import Position, Root
from settlement import checks, custody, digests, events, heartbeat, oracle, proofclaims, recording
from settlement.bundle import Bundle, Leg
from settlement.events import Event
from settlement.grids import Publication, PublishedGrids
from settlement.ids import BundleId
from settlement.ledger import Ledger
from settlement.parameters import Parameters
from settlement.quotes import Quote
from settlement.rejection import Rejected, Rejection
from settlement.state import Checked, State, VerifyProofs
from settlement.storage.rows import GridsEntry


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
    parameters, rates = ledger.parameters(now_ms), ledger.reader.rates()  # before what is computed with them
    computed = publication(ledger, quotes, now_ms)

    def make(state: Ledger, time_ms: int) -> GridsEntry:
        if (state.parameters(time_ms), state.reader.rates()) != (parameters, rates):
            raise Rejected(Rejection.PARAMETERS_CHANGED, "the grids were computed with other parameters or rates")
        oracle.check_times(parameters, quotes, time_ms)
        return recording.grids(state, computed, time_ms)

    return ledger.record(make, now_ms, _since(start_ns)).published


def publication(state: State, quotes: Sequence[Quote], now_ms: int) -> Publication:
    """The publication that these quotes make of the next epoch.  Raises as oracle.check does."""
    newest = state.reader.grids(1)
    previous = newest[0].publication if newest else None
    return oracle.check(state.pool, state.parameters(now_ms), state.reader.rates(), quotes, previous, now_ms)


def govern(ledger: Ledger, data: bytes, now_ms: int) -> Event:
    """Announces the change of the pool's parameters in these bytes (settlement.governance).

    Raises Rejected: MALFORMED, CLOCK_BEHIND, VERSION, GOVERNANCE_EARLY or GOVERNANCE; then the ledger is unchanged.
    """
    start_ns = time.perf_counter_ns()
    entry = ledger.record(lambda state, time_ms: recording.change(state, data, time_ms), now_ms, _since(start_ns))
    return entry.appended.event


def beat(ledger: Ledger, data: bytes, now_ms: int, verify_proofs: VerifyProofs = checks.verify_proofs) -> Event:
    """Records the heartbeat of the insurance in these bytes (settlement.heartbeat).

    Raises Rejected: MALFORMED, CLOCK_BEHIND, HEARTBEAT, UNKNOWN_KEY or INVALID_PROOF; then the ledger is unchanged.
    """
    start_ns = time.perf_counter_ns()
    recording.beat(ledger, data, now_ms)  # before the proof is looked at
    heartbeat.check_proof(ledger, heartbeat.decode(data), verify_proofs)
    entry = ledger.record(lambda state, time_ms: recording.beat(state, data, time_ms), now_ms, _since(start_ns))
    return entry.appended.event


def expire(ledger: Ledger, data: bytes, now_ms: int) -> Event:
    """Records the early expiry of a claim in these bytes (settlement.expiry).

    Raises Rejected: MALFORMED, CLOCK_BEHIND, CONVERSION or EXPIRY; then the ledger is unchanged.
    """
    start_ns = time.perf_counter_ns()
    entry = ledger.record(lambda state, time_ms: recording.expire(state, data, time_ms), now_ms, _since(start_ns))
    return entry.appended.event


def _since(start_ns: int) -> events.PassedNs:
    return lambda: time.perf_counter_ns() - start_ns
