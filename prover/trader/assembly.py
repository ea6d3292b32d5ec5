"""Assembles plans into the legs and bundles that the ledger accepts.

A leg is proved and then signed by its owner under rk.  A bundle is signed with the sum of the blindings of its legs;
custodians attest its flows afterwards.
"""

from collections.abc import Sequence
from dataclasses import replace

from circuits import generators
from prover.proofs import pipeline
from prover.proofs.keystores import Keystore
from prover.trader.owing import EscrowPlan, MarginPlan
from prover.trader.plan import LegPlan
from settlement import digests, encoding, poolfile
from settlement.board import Posting
from settlement.bundle import Bundle, Escrow, Leg, Margin
from settlement.ids import LedgerId, OrderId
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


def bundle(ledger_id: LedgerId, legs: Sequence[Leg], blindings: Sequence[int]) -> Bundle:
    """The legs as one bundle, with the binding signature under the sum of their blindings, and not yet attested."""
    attestations = (None,) * sum(len(leg.flows) for leg in legs)
    unsigned = Bundle(ledger_id, tuple(legs), (), (), UNSIGNED, attestations)
    secret = sum(blindings) % babyjubjub.ORDER
    message = digests.bundle_message(unsigned)
    return replace(unsigned, binding=signature.sign(secret, message, base=generators.blinding()))
