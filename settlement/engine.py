"""The only writer to a ledger: `submit` and `submit_all` settle bundles, `publish` accepts an epoch's prices, and
`govern`, `beat` and `expire` record the rest.

A bundle passes in this order: form, state, arithmetic, then one transaction.  Checking holds no lock and takes nearly
all of the time; applying checks again, under the lock, everything that may have changed.  Functions here read a clock
only to measure their own time: `now_ms` comes from the caller.
"""

import time
from collections.abc import Sequence

from settlement import custody, events
from settlement.bundles.bundle import Bundle, Leg
from settlement.checks import bundlechecks, checks, heartbeat, manychecks, proofclaims, recording, signatures
from settlement.checks.state import Checked, State, VerifyProofs
from settlement.events import Event
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from settlement.risk import oracle
from settlement.risk.grids import Publication, PublishedGrids
from settlement.risk.quotes import Quote
from settlement.storage.rows import GridsEntry
from settlement.submitting import Receipt, settled, submit_all

__all__ = ["Checked", "Receipt", "settled", "submit_all"]


def check(state: State, data: bytes, now_ms: int, verify_proofs: VerifyProofs = checks.verify_proofs) -> Checked:
    """Runs every check on the bundle in these bytes.

    Raises Rejected with the first reason why it cannot settle now, in the order of Rejection.
    """
    newest = state.reader.last_event()  # before the time that decoding takes, in which another event may settle
    return bundlechecks.check(state, newest, checks.decode_bundle(data), data, now_ms, verify_proofs)


def check_request(
    state: State, data: bytes, now_ms: int, verify_proofs: VerifyProofs = checks.verify_proofs
) -> Bundle:
    """The bundle in these bytes, which would settle now if its custodians and guardians signed it.

    For whoever attests, who should sign nothing else.  Raises Rejected as `check` does.
    """
    newest, bundle = state.reader.last_event(), checks.decode_bundle(data)
    proofless = bundlechecks.before_proofs(state, newest, bundle, now_ms)
    signatures.verify(proofless.signed)
    proofclaims.check_labelled(proofless.claims, verify_proofs)
    checks.check_payments(state, proofless.parameters, bundle)
    return bundle


def check_leg(state: State, data: bytes, now_ms: int, verify_proofs: VerifyProofs = checks.verify_proofs) -> Leg:
    """Runs every per-leg check on the leg in these bytes.

    The checks that need the whole bundle are skipped: companions, balance, attestations, references, fees, custody.

    Raises Rejected as `check` does, and INSURANCE for a leg of the insurance, which nobody has attested alone.
    """
    newest = state.reader.last_event()
    return manychecks.run(leg_steps(state, newest, checks.decode_leg(data), now_ms), verify_proofs)


def leg_steps(state: State, newest: Event, leg: Leg, now_ms: int) -> manychecks.Steps[Leg]:
    """The checks of `check_leg`, for manychecks; `newest` was the newest event before the leg was decoded."""
    checks.check_keys(state, (leg,))
    checks.check_clock(newest, now_ms)
    checks.check_expiry((leg,), now_ms)
    checks.check_state(state, (leg,), (), now_ms)
    yield from manychecks.signed(state, leg)
    yield from manychecks.proved(state, state.parameters(now_ms), leg)
    custody.check_not_insurance(leg)
    checks.check_room(state, (leg,))
    return leg


def submit(ledger: Ledger, data: bytes, now_ms: int, verify_proofs: VerifyProofs = checks.verify_proofs) -> Receipt:
    """Settles the bundle in these bytes.  Raises Rejected, and then the ledger is unchanged.

    A bundle that has settled gets its receipt again.  An event that another process settles while this bundle is
    checked moves this one's time up to its own.

    Raises OSError when its checkpoint cannot be written, errors.Unavailable when the database cannot be, and
    errors.OutcomeUnknown as Ledger.apply_all; of the last, `settled` learns what became of the bundle.
    """
    (answer,) = submit_all(ledger, [data], now_ms, verify_proofs)
    ledger.rest()
    if isinstance(answer, Rejected):
        raise answer
    return answer


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
    """Announces the change of the pool's parameters in these bytes (settlement.pool.governance).

    Raises Rejected: MALFORMED, CLOCK_BEHIND, VERSION, GOVERNANCE_EARLY or GOVERNANCE; then the ledger is unchanged.
    """
    start_ns = time.perf_counter_ns()
    entry = ledger.record(lambda state, time_ms: recording.change(state, data, time_ms), now_ms, _since(start_ns))
    return entry.appended.event


def beat(ledger: Ledger, data: bytes, now_ms: int, verify_proofs: VerifyProofs = checks.verify_proofs) -> Event:
    """Records the heartbeat of the insurance in these bytes (settlement.checks.heartbeat).

    Raises Rejected: MALFORMED, CLOCK_BEHIND, HEARTBEAT, UNKNOWN_KEY or INVALID_PROOF; then the ledger is unchanged.
    """
    start_ns = time.perf_counter_ns()
    recording.beat(ledger, data, now_ms)  # before the proof is looked at
    heartbeat.check_proof(ledger, heartbeat.decode(data), verify_proofs)
    entry = ledger.record(lambda state, time_ms: recording.beat(state, data, time_ms), now_ms, _since(start_ns))
    return entry.appended.event


def expire(ledger: Ledger, data: bytes, now_ms: int) -> Event:
    """Records the early expiry of a claim in these bytes (settlement.checks.expiry).

    Raises Rejected: MALFORMED, CLOCK_BEHIND, CONVERSION or EXPIRY; then the ledger is unchanged.
    """
    start_ns = time.perf_counter_ns()
    entry = ledger.record(lambda state, time_ms: recording.expire(state, data, time_ms), now_ms, _since(start_ns))
    return entry.appended.event


def _since(start_ns: int) -> events.PassedNs:
    return lambda: time.perf_counter_ns() - start_ns
