"""Assembles plans into the legs and bundles that the ledger accepts.

A leg is proved and then signed by its owner under rk.  A bundle is signed with the sum of the blindings of its legs;
custodians attest its flows afterwards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from circuits import generators
from prover.proofs import pipeline
from prover.proofs.keystores import Keystore
from prover.trader.owing import EscrowPlan, MarginPlan
from prover.trader.plan import LegPlan
from settlement import assets, conversion, digests, encoding, poolfile
from settlement.board import Posting
from settlement.bundle import Bundle, Conversion, Escrow, Leg, Margin
from settlement.ids import LedgerId, OrderId
from settlement.ledger import Ledger
from settlement.pool import Pool
from zk import signature
from zk.curves import babyjubjub

UNSIGNED = signature.Signature(babyjubjub.IDENTITY, 0)
"""Stands where a signature is still to be made."""


def leg(plan: LegPlan, pool: Pool, keystore: Keystore) -> Leg:
    """The planned leg with its proofs, signed under rk.

    Raises Unsatisfied when a statement is false, FormatError when the keystore's keys are not the pool's.
    """
    keystore.check_pool(pool)
    proof = pipeline.prove("leg", plan.public, plan.private, keystore)
    unsigned = Leg(
        key=pool.leg.digest,
        public=plan.public,
        proof=proof,
        escrow=None if plan.escrow is None else _escrow(plan.escrow, pool, keystore),
        margin=None if plan.margin is None else margin(plan.margin, pool, keystore),
        flows=plan.flows,
        expiry_ms=plan.expiry_ms,
        companions=plan.companions,
        terms=plan.terms,
        ciphertexts=(plan.sealed,),
        is_insurance=False,
        signature=UNSIGNED,
    )
    return signed(unsigned, poolfile.ledger_id(pool), plan.spending)


def margin(plan: MarginPlan, pool: Pool, keystore: Keystore) -> Margin:
    """The planned margin with its proof.  Raises Unsatisfied, naming the scenario, when it does not suffice."""
    return Margin(pool.margin.digest, plan.epoch, pipeline.prove("margin", plan.public, plan.private, keystore))


def _escrow(plan: EscrowPlan, pool: Pool, keystore: Keystore) -> Escrow:
    proof = pipeline.prove("escrow", plan.public, plan.private, keystore)
    return Escrow(pool.escrow.digest, plan.encrypted.ephemeral, plan.encrypted.ciphertext, proof)


def signed(unsigned: Leg, ledger_id: LedgerId, spending: int) -> Leg:
    """The leg signed by `spending`, the secret of its rk.  Replaces any signature it has."""
    message = digests.leg_message(ledger_id, unsigned)
    return replace(unsigned, signature=signature.sign(spending, message))


def posting(leg: Leg, order_id: OrderId, sealed_terms: tuple[bytes, ...], funds: bytes, posted_ms: int,
            spending: int) -> Posting:  # fmt: skip
    """The order as its maker posts it: what stands beside the leg, signed by `spending`, the secret of its rk."""
    message = digests.posting_message(order_id, sealed_terms, funds, posted_ms)
    signed_by_maker = signature.encode(signature.sign(spending, message))
    return Posting(encoding.encode_leg(leg), sealed_terms, funds, posted_ms, signed_by_maker)


def withdrawal(ledger_id: LedgerId, order_id: OrderId, spending: int) -> bytes:
    """The 96 bytes that take an order off the board (settlement.withdrawals); `spending` is the secret of its rk."""
    return signature.encode(signature.sign(spending, digests.withdrawal_message(ledger_id, order_id)))


def bundle(
    ledger_id: LedgerId, legs: Sequence[Leg], blindings: Sequence[int],
    conversions: Sequence[tuple[Conversion, int]] = (),
) -> Bundle:  # fmt: skip
    """The legs as one bundle, with the binding signature under the sum of their blindings, and not yet attested.

    Each of the `conversions` is for a bundle of these legs and comes with its blinding, which is subtracted.
    """
    attestations = (None,) * sum(len(leg.flows) for leg in legs)
    unsigned = Bundle(ledger_id, tuple(legs), (), tuple(each for each, _ in conversions), UNSIGNED, attestations)
    secret = (sum(blindings) - sum(blinding for _, blinding in conversions)) % babyjubjub.ORDER
    message = digests.bundle_message(unsigned)
    return replace(unsigned, binding=signature.sign(secret, message, base=generators.blinding()))


def converted(ledger: Ledger, legs: Sequence[Leg], changes: Mapping[int, int]) -> list[tuple[Conversion, int]]:
    """The conversions of a bundle of these legs, each with its blinding; `changes` has the change of each claim."""
    loan, rates = assets.loan_slot(ledger.pool.assets), ledger.reader.rates()
    leg_ids = [digests.leg_id(ledger.ledger_id, leg) for leg in legs]
    found = []
    for claim, change in changes.items():
        assert loan is not None, "a claim that has a rate converts into the pool's loan claim"
        found.append(conversion.prove(change, claim, rates, loan, ledger.ledger_id, leg_ids))
    return found
