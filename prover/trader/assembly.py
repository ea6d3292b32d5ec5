"""Assembles plans into the legs and bundles that the ledger accepts.

A leg is proved and then signed by its owner under rk.  A bundle is signed with the sum of the blindings of its legs;
custodians attest its flows afterwards.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from typing import Any

from circuits import generators
from prover.proofs import pipeline, purposes
from prover.proofs.keystores import Keystore
from prover.proofs.purposes import Purpose
from prover.trader.owing import EscrowPlan, MarginPlan
from prover.trader.plan import LegPlan
from settlement.bundles import conversion, digests, encoding
from settlement.bundles.bundle import Bundle, Conversion, Escrow, Leg, Margin
from settlement.ids import LedgerId, OrderId
from settlement.ledger import Ledger
from settlement.orders.board import Posting
from settlement.pool import assets, poolfile
from settlement.pool.pool import Pool
from zk import signature
from zk.curves import babyjubjub
from zk.errors import InvalidProof, Unsatisfied

AT_ONCE = 8
"""Proofs being made at once.  More than there are cores: each has steps that one core does alone."""
ASKED_AT_ONCE = 96
"""Proofs being waited for at once that a farm makes: as many as the largest bundle has."""

UNSIGNED = signature.Signature(babyjubjub.IDENTITY, 0)
"""Stands where a signature is still to be made."""


def leg(plan: LegPlan, pool: Pool, keystore: Keystore) -> Leg:
    """The planned leg with its proofs, signed under rk.

    Raises Unsatisfied when a statement is false, FormatError when the keystore's keys are not the pool's.
    """
    return legs([plan], pool, keystore)[0]


def legs(plans: Sequence[LegPlan], pool: Pool, keystore: Keystore) -> list[Leg]:
    """The planned legs, all of their statements proved side by side.

    Raises as `leg`.
    """
    keystore.check_pool(pool)
    with ThreadPoolExecutor(AT_ONCE if keystore.farm is None else ASKED_AT_ONCE) as provers:
        begun = [_Begun(plan, pool, keystore, provers) for plan in plans]
        return [each.leg() for each in begun]


def bundled(plans: Sequence[LegPlan], own: int, pool: Pool, keystore: Keystore) -> tuple[list[Leg], int]:
    """The planned legs of a bundle that is to settle now, and the microseconds that those after the first `own` took.

    A farm is asked for everything at once, and then those take no time of their own.  Raises as `leg`.
    """
    first = own if keystore.farm is None else len(plans)
    with purposes.serving(Purpose.TAKE):
        made = legs(plans[:first], pool, keystore)
        start_ns = time.perf_counter_ns()
        made += [leg(each, pool, keystore) for each in plans[first:]]
    return made, (time.perf_counter_ns() - start_ns) // 1_000


class _Begun:
    """A leg whose statements are being proved."""

    def __init__(self, plan: LegPlan, pool: Pool, keystore: Keystore, provers: ThreadPoolExecutor):
        def begin(function: Callable, *arguments: Any) -> Future:
            return provers.submit(copy_context().run, function, *arguments)  # with the watcher of its tasks

        self._plan, self._pool = plan, pool
        self._proof = begin(pipeline.prove, "leg", plan.public, plan.private, keystore)
        self._escrow = None if plan.escrow is None else begin(_escrow, plan.escrow, pool, keystore)
        self._margin = None if plan.margin is None else begin(margin, plan.margin, pool, keystore)

    def leg(self) -> Leg:
        """The leg, signed under rk."""
        plan = self._plan
        unsigned = Leg(
            key=self._pool.leg.digest,
            public=plan.public,
            proof=self._proof.result(),
            escrow=None if self._escrow is None else self._escrow.result(),
            margin=None if self._margin is None else self._margin.result(),
            flows=plan.flows,
            expiry_ms=plan.expiry_ms,
            companions=plan.companions,
            terms=plan.terms,
            ciphertexts=(plan.sealed,),
            is_insurance=False,
            signature=UNSIGNED,
        )
        return signed(unsigned, poolfile.ledger_id(self._pool), plan.spending)


def margin(plan: MarginPlan, pool: Pool, keystore: Keystore) -> Margin:
    """The planned margin with its proof.  Raises Unsatisfied, naming the scenario, when it does not suffice."""
    return Margin(pool.margin.digest, plan.epoch, pipeline.prove("margin", plan.public, plan.private, keystore))


def margins(plans: Sequence[MarginPlan], pool: Pool, keystore: Keystore) -> list[Margin | Unsatisfied]:
    """For each plan the margin with its proof, made together with the others, or why it does not suffice."""
    proofs = pipeline.prove_many("margin", [(plan.public, plan.private) for plan in plans], keystore)
    made: list[Margin | Unsatisfied] = []
    for plan, proof in zip(plans, proofs, strict=True):
        if isinstance(proof, InvalidProof):
            raise proof
        made.append(proof if isinstance(proof, Unsatisfied) else Margin(pool.margin.digest, plan.epoch, proof))
    return made


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
    """The 96 bytes that take an order off the board (orders.withdrawals); `spending` is the secret of its rk."""
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
