"""Carries out drafts: the guardians sign while this machine proves, and the bundle settles.

Signatures cover no proof, so both happen at once.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from circuits import generators
from circuits.statements import margin as margin_statement
from prover.guardian import drafts, recovery, wire
from prover.guardian.drafts import Derived, Draft, Message
from prover.guardian.group import Group, TooFew
from prover.guardian.insurance import Now
from prover.guardian.view import Watched
from settlement import custody, engine
from settlement.bundles import digests, encoding
from settlement.bundles.bundle import Bundle, Leg
from settlement.checks import heartbeat
from settlement.checks.checks import verify_proofs
from settlement.checks.expiry import Expiry
from settlement.checks.expiry import encode as encode_expiry
from settlement.checks.heartbeat import Heartbeat
from settlement.checks.state import VerifyProofs
from settlement.engine import Receipt
from settlement.events import Event
from settlement.ledger import Ledger
from zk import signature
from zk.curves import babyjubjub
from zk.groth16.keys import Proof
from zk.signature import Signature

Prove = Callable[[str, Any, Any], Proof]
"""From a statement's name, public and private inputs to a proof.  Raises Unsatisfied for a false statement."""


@dataclass(frozen=True)
class Means:
    """What acting takes: proofs, the guardians by number of their keys, and the custodian's key if it is here."""

    prove: Prove
    groups: Mapping[int, Group]
    verify: VerifyProofs = verify_proofs

    def group(self, number: int) -> Group:
        """The guardians of a number.  Raises TooFew when none of them is here."""
        if number not in self.groups:
            raise TooFew(f"there is no share of guardian key {number} here")
        return self.groups[number]


def settle(
    ledger: Ledger, draft: Draft, means: Means, now_ms: Callable[[], int], custodian: int | None = None,
    beside: tuple[Leg, int] | None = None,
) -> Receipt:  # fmt: skip
    """Proves, has signed, and submits a draft.  A custodian's secret attests what enters from outside.

    `beside` is the other's leg of the draft's trade, and its blinding.

    Raises TooFew, Unsatisfied when a statement is false, and Rejected as engine.submit does.
    """
    derived = drafts.derive(ledger, draft, now_ms())
    with ThreadPoolExecutor(1) as thread:
        signing = thread.submit(_signed, draft, derived, means)
        proofs = [means.prove(*claim) for claim in derived.claims]
        signatures = signing.result()
    bundle = _bound(ledger, drafts.proved(derived, proofs), signatures, beside)
    if custodian is not None:
        bundle = custody.attest(ledger.pool, bundle, custodian)
    return engine.submit(ledger, encoding.encode_bundle(bundle), now_ms(), means.verify)


def beat(ledger: Ledger, now: Now, insurance: Watched, means: Means) -> Event:
    """Shows that the insurance survives the newest maintenance grid.

    Raises Unsatisfied when it does not, and Rejected as engine.beat does.
    """
    public = margin_statement.Public(insurance.commitment, now.published.maintenance.values)
    proof = means.prove("margin", public, margin_statement.Private(insurance.account))
    beat = Heartbeat(ledger.pool.margin.digest, now.published.epoch, insurance.commitment, proof)
    return engine.beat(ledger, heartbeat.encode(beat), now.now_ms, means.verify)


def expire(ledger: Ledger, stated: Expiry, message: Message, means: Means, now_ms: int) -> Event:
    """Has an early expiry signed and records it.  Raises TooFew, and Rejected as engine.expire does."""
    (signed,) = means.group(message.number).sign([message], {"expiry": recovery.codec.write(stated)})
    return engine.expire(ledger, encode_expiry(replace(stated, signature=signed)), now_ms)


def _signed(draft: Draft, derived: Derived, means: Means) -> list[Signature]:
    """The signatures of the draft's messages, in their order; the guardians of each number sign theirs."""
    evidence, signed = {"draft": wire.draft_json(draft)}, dict[Message, Signature]()
    for number in sorted({message.number for message in derived.messages}):
        own = [message for message in derived.messages if message.number == number]
        signed |= zip(own, means.group(number).sign(own, evidence), strict=True)
    return [signed[message] for message in derived.messages]


def _bound(
    ledger: Ledger, derived: Derived, signatures: list[Signature], beside: tuple[Leg, int] | None
) -> Bundle:
    """The bundle with all signatures of the guardians, bound; flows from outside are not attested yet."""
    count = len(derived.seizures)
    seizures = tuple(
        replace(one, signature=signed) for one, signed in zip(derived.seizures, signatures[:count], strict=True)
    )
    leg = replace(derived.leg, signature=signatures[count])
    drawn = iter(signatures[count + 1 : -1])
    attestations = [None if flow.account is custody.Account.OUTSIDE else next(drawn) for flow in leg.flows]
    others, blindings = ((beside[0],), beside[1]) if beside is not None else ((), 0)
    attestations += [None for other in others for _ in other.flows]
    unsigned = Bundle(
        ledger.ledger_id, (leg, *others), seizures, (), drafts.UNSIGNED, (*attestations, signatures[-1])
    )
    message, secret = digests.bundle_message(unsigned), (derived.binding_secret + blindings) % babyjubjub.ORDER
    binding = signature.sign(secret, message, base=generators.blinding())
    return replace(unsigned, binding=binding)
