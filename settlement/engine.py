"""The way of a bundle into the ledger: check form, check state, check arithmetic, then one transaction.

Checking holds no lock and takes nearly all of the time; applying asks again, under the lock, whatever may have changed.
Nothing here reads a clock but to say how long it took: `now_ms` comes from outside.
"""

import time
from dataclasses import dataclass

from settlement import checks, digests
from settlement.bundle import Leg
from settlement.checks import Checked, State, VerifyProofs
from settlement.ledger import Ledger


@dataclass(frozen=True)
class Receipt:
    """Proof of nothing, but good to know: where the bundle stands and how long checking and applying it took."""

    bundle_id: bytes
    height: int
    positions: tuple[int, ...]
    root: int
    check_us: int
    apply_us: int


def check(state: State, data: bytes, now_ms: int, verify_proofs: VerifyProofs = checks.verify_proofs) -> Checked:
    """The bundle in these bytes, when the ledger would settle it now.

    Raises Rejected with the first of the reasons, in the order of Rejection, that speaks against it.
    """
    settled = checks.decode_bundle(data)
    checks.check_ledger_id(state, settled.ledger_id)
    checks.check_keys(state, settled.legs)
    checks.check_expiry(settled.legs, now_ms)
    checks.check_state(state, settled.legs, now_ms)
    checks.check_leg_signatures(state, settled.legs)
    checks.check_binding(settled)
    checks.check_proofs(state, settled.legs, verify_proofs)
    checks.check_custody(state, settled.legs)
    return Checked(settled, digests.bundle_id(settled), data)


def check_leg(state: State, data: bytes, now_ms: int, verify_proofs: VerifyProofs = checks.verify_proofs) -> Leg:
    """The leg in these bytes, when nothing in it stands in the way of a bundle that settles it now.

    Custody is not asked: what the reserves will be is for the bundle to answer.  Raises Rejected as `check` does.
    """
    leg = checks.decode_leg(data)
    checks.check_keys(state, (leg,))
    checks.check_expiry((leg,), now_ms)
    checks.check_state(state, (leg,), now_ms)
    checks.check_leg_signatures(state, (leg,))
    checks.check_proofs(state, (leg,), verify_proofs)
    return leg


def submit(ledger: Ledger, data: bytes, now_ms: int, verify_proofs: VerifyProofs = checks.verify_proofs) -> Receipt:
    """Settles the bundle in these bytes.  Raises Rejected, and then the ledger is as it was."""
    started = time.perf_counter_ns()
    checked = check(ledger, data, now_ms, verify_proofs)
    decided = time.perf_counter_ns()
    applied = ledger.apply(checked, now_ms)
    finished = time.perf_counter_ns()
    check_us, apply_us = (decided - started) // 1000, (finished - decided) // 1000
    return Receipt(checked.bundle_id, applied.height, applied.positions, applied.root, check_us, apply_us)
