"""Legs of margined accounts, the insurance's legs, and seizures; and what a ledger must refuse of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest

from circuits import generators
from settlement import engine
from settlement.bundles import digests, encoding
from settlement.bundles.bundle import Account, Bundle, Escrow, Flow, Margin, Seizure, SeizurePublic
from settlement.checks import topups
from settlement.checks.state import VerifyProofs
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import LATER_MS, NOTHING, NOW_MS, PROOF, UNSIGNED, Made, any_proof
from zk import entropy, signature
from zk.curves import babyjubjub
from zk.fields.prime import R


@dataclass(frozen=True)
class Bad:
    """A bundle that should be refused, when, and by which verifier of proofs."""

    data: bytes
    now_ms: int = NOW_MS
    verify: VerifyProofs = any_proof


def bad(submitted: Bundle, **how) -> Bad:
    return Bad(encoding.encode_bundle(submitted), **how)


def settle(ledger: Ledger, *made: Made, now_ms: int = NOW_MS, verify: VerifyProofs = any_proof) -> engine.Receipt:
    return submit(ledger, samples.bind(ledger.ledger_id, *made), now_ms, verify)


def submit(ledger: Ledger, bundle: Bundle, now_ms: int = NOW_MS, verify: VerifyProofs = any_proof) -> engine.Receipt:
    return engine.submit(ledger, encoding.encode_bundle(bundle), now_ms, verify)


def refused_by_only(ledger: Ledger, monkeypatch, attempt: Bad, reason: Rejection, check: Callable) -> None:
    """The attempt is refused for this reason and changes nothing; without this check it passes every other."""
    before = ledger.reader.last_event()
    with pytest.raises(Rejected) as refused:
        engine.submit(ledger, attempt.data, attempt.now_ms, attempt.verify)
    assert refused.value.rejection is reason
    assert ledger.reader.last_event() == before
    monkeypatch.setattr(f"{check.__module__}.{check.__name__}", lambda *_: None)
    assert engine.check(ledger, attempt.data, attempt.now_ms, attempt.verify).data == attempt.data


def escrow(ledger: Ledger) -> Escrow:
    """An escrow that holds nothing."""
    return Escrow(ledger.pool.escrow.digest, babyjubjub.BASE8, tuple(range(8)), PROOF)


def margin(ledger: Ledger, epoch: int) -> Margin:
    return Margin(ledger.pool.margin.digest, epoch, PROOF)


def guarded(ledger: Ledger, deltas: Sequence[int] = NOTHING, flows: Sequence[Flow] = (), **changes) -> Made:
    """A leg into an account that may owe something: with guard, escrow and margin against the newest grid."""
    changes.setdefault("guard", 1)
    if "margin" not in changes:
        changes["margin"] = samples.margin(ledger)
    return samples.make(ledger, deltas, flows, **{"escrow": escrow(ledger), **changes})


def top_up(ledger: Ledger, deltas: Sequence[int] = NOTHING, flows: Sequence[Flow] = (), **changes) -> Made:
    """A leg that only adds to such an account, in the first period of the newest epoch under a tag of its own."""
    counted = {"period": topups.periods(ledger.reader)[0], "tag": entropy.scalar(R)}
    return guarded(ledger, deltas, flows, **{"adds": 1, "margin": None, **counted, **changes})


def beside(ledger: Ledger, *made: Made) -> list[Made]:
    """The same legs, each signed for the others' company."""
    commitments = [one.leg.commitment for one in made]
    named = [digests.companions(commitments[:i] + commitments[i + 1 :]) for i in range(len(made))]
    pairs = zip(made, named, strict=True)
    return [sign(ledger, replace(one, leg=replace(one.leg, companions=digest))) for one, digest in pairs]


def sign(ledger: Ledger, made: Made, secret: int | None = None) -> Made:
    """A leg as its owner signs it, a seizure as the guardians do."""
    if not isinstance(made.leg, Seizure):
        return replace(made, leg=samples.sign(ledger.ledger_id, made.leg, secret or samples.RK_SECRET))
    message = digests.seizure_message(ledger.ledger_id, made.leg)
    return replace(made, leg=replace(made.leg, signature=signature.sign(secret or samples.SEIZING_SECRET, message)))


def seizure(ledger: Ledger, deltas: Sequence[int] = NOTHING, **changes) -> Made:
    """A seizure at the newest prices, not yet signed for its company (`beside`)."""
    blinding = entropy.scalar(babyjubjub.ORDER)
    public = SeizurePublic(
        ledger.reader.tree().root, entropy.scalar(R), entropy.scalar(R), *generators.commit(deltas, blinding), 0
    )
    for name in [name for name in changes if hasattr(public, name)]:
        public = replace(public, **{name: changes.pop(name)})
    epoch = ledger.reader.grids(1)[0].publication.epoch
    made = Seizure(ledger.pool.seize.digest, public, epoch, PROOF, LATER_MS, bytes([1] * 32), UNSIGNED)
    return Made(replace(made, **changes), blinding)


def insured(ledger: Ledger, deltas: Sequence[int] = NOTHING, flows: Sequence[Flow] = (), **changes) -> Made:
    """A leg of the insurance."""
    return guarded(ledger, deltas, flows, **{"is_insurance": True, **changes})


def public_flow(asset: int, amount: int, account: Account, reference: bytes = b"") -> Flow:
    """A flow between a leg and a public account."""
    return Flow(asset, amount, account, b"", reference)
