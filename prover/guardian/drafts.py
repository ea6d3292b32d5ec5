"""Drafts: one leg of the insurance's account, and the seizures whose portfolios it takes over, before proofs.

A draft is what every guardian must see before it signs: the openings and all that is random.  `derive` computes from it
what the bundle will say, so guardians who derive the same sign the same; no public value of a draft can be false.

    founding    from one start, an empty account whose rho is the ledger's id: so a second founding, signed before the
                first one settled, spends the same nullifier, and cannot put an empty account in the insurance's place
    insurance   its key is the guardians' signing key, its nk is INSURANCE_NK.  Its account is always margined, so nk
                is not what its nullifiers are made with, and that everybody knows its owner tells nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from circuits import escrow, generators, merkle, records, seizure
from circuits.statements import escrow as escrow_statement
from circuits.statements import leg as leg_statement
from circuits.statements import margin as margin_statement
from circuits.statements import seize as seize_statement
from prover.trader import keys
from settlement.bundles import digests
from settlement.bundles.bundle import NO_DIGEST, Account, Escrow, Flow, Leg, Margin, Seizure, SeizurePublic
from settlement.checks.state import State
from settlement.ids import LedgerId
from settlement.pool.parameters import Guardians, Parameters
from settlement.rejection import Rejected, Rejection
from settlement.risk.grids import Publication
from zk.curves import babyjubjub, bn254
from zk.curves.babyjubjub import BASE8, Point
from zk.groth16.keys import Proof
from zk.hashes import poseidon
from zk.signature import Signature

INSURANCE_NK = 0
SeizePrivate = seize_statement.Private[int]
UNPROVED = Proof(bn254.G1, bn254.G2, bn254.G1)
UNSIGNED = Signature(BASE8, 0)


@dataclass(frozen=True)
class Trade:
    """What a trade changes of the insurance's account, and the commitment of the other's leg."""

    changes: tuple[int, ...]
    beside: int


@dataclass(frozen=True, repr=False)
class Draft(keys.Secret):
    """The private inputs of a leg of the insurance and of the seizures beside it, and the trade that it takes part in.

    `guard` is the number of the guardians who sign for the old account, `escrow_secret` encrypts the new one.  `root`
    is the leg's, which for a first leg can be any that the tree had.
    """

    epoch: int
    guard: int
    root: int
    leg: leg_statement.Private[int]
    escrow_secret: int
    seizures: tuple[seize_statement.Private[int], ...]
    flows: tuple[Flow, ...]
    expiry_ms: int
    trade: Trade | None = None


@dataclass(frozen=True)
class Message:
    """What the guardians of a key number sign, under their signing key re-randomised by `alpha`."""

    number: int
    alpha: int
    value: int


@dataclass(frozen=True, repr=False)
class Derived(keys.Secret):
    """What follows from a draft: legs and seizures without proofs and signatures, claims to prove, messages to sign.

    `claims` are (statement, public, private) of each seizure, of the leg, of its escrow and of its margin; `messages`
    are of each seizure, of the leg, of each flow that is drawn from a public account, and of the insurance's mark.
    """

    seizures: tuple[Seizure, ...]
    leg: Leg
    claims: tuple[tuple[str, Any, Any], ...]
    messages: tuple[Message, ...]

    @property
    def binding_secret(self) -> int:
        """The sum of the blindings."""
        return sum(private.blinding for _, _, private in self.claims if hasattr(private, "blinding")) % babyjubjub.ORDER


def owner(signing_key: Point) -> int:
    """The owner of the insurance's account under this signing key."""
    return records.owner(poseidon.hash, signing_key, INSURANCE_NK)


def start(ledger_id: LedgerId, signing_key: Point) -> records.Account[int]:
    """The empty account, at position 0, from which the insurance is founded under this signing key."""
    return records.Account(owner(signing_key), (0,) * records.ASSETS, 0, int.from_bytes(ledger_id[:31], "big"))


def guardians_of(parameters: Parameters) -> Guardians:
    """The pool's guardians.  Raises Rejected when it has none."""
    if parameters.guardians is None:
        raise Rejected(Rejection.GUARD_UNKNOWN, "the pool has no guardians")
    return parameters.guardians


def publication(state: State, epoch: int) -> Publication:
    """The publication of an epoch.  Raises Rejected when there is none."""
    published = state.reader.epoch(epoch)
    if published is None:
        raise Rejected(Rejection.STALE_GRID, f"there is no epoch {epoch}")
    return published.publication


def derive(state: State, draft: Draft, now_ms: int) -> Derived:
    """What follows from a draft under the ledger's present parameters and the draft's epoch.

    Raises Rejected when there are no guardians or no such epoch.
    """
    pool, parameters = state.pool, state.parameters(now_ms)
    guardians, published = guardians_of(parameters), publication(state, draft.epoch)
    seized = [_seize_public(one, published, parameters, guardians) for one in draft.seizures]
    public = _leg_public(draft)
    traded = [] if draft.trade is None else [draft.trade.beside]
    commitments = [public.commitment, *(one.commitment for one in seized), *traded]
    seizures = tuple(
        Seizure(
            key=pool.seize.digest,
            public=SeizurePublic(
                one.root, one.nullifier, one.commitment, one.value_x, one.value_y, one.stale_before
            ),
            epoch=draft.epoch, proof=UNPROVED, expiry_ms=draft.expiry_ms,
            companions=_companions(commitments, number), signature=UNSIGNED,
        )
        for number, one in enumerate(seized, 1)
    )  # fmt: skip
    escrowed = escrow.encrypt(draft.leg.new, draft.escrow_secret, guardians.encryption_key)
    digest = escrow.digest(guardians.encryption_key, escrowed.ephemeral, escrowed.ciphertext)
    leg = Leg(
        key=pool.leg.digest, public=public, proof=UNPROVED,
        escrow=Escrow(pool.escrow.digest, escrowed.ephemeral, escrowed.ciphertext, UNPROVED),
        margin=Margin(pool.margin.digest, draft.epoch, UNPROVED),
        flows=draft.flows, expiry_ms=draft.expiry_ms,
        companions=_companions(commitments, 0) if commitments[1:] else NO_DIGEST,
        terms=NO_DIGEST, ciphertexts=(), is_insurance=True, signature=UNSIGNED,
    )  # fmt: skip
    new = draft.leg.new
    claims = (
        *(("seize", *pair) for pair in zip(seized, draft.seizures, strict=True)),
        ("leg", public, draft.leg),
        ("escrow", escrow_statement.Public(public.commitment, digest),
         escrow_statement.Private(new, draft.escrow_secret, guardians.encryption_key)),
        ("margin", margin_statement.Public(public.commitment, published.maintenance.values),
         margin_statement.Private(new)),
    )  # fmt: skip
    return Derived(seizures, leg, claims, _messages(state, draft, guardians.number, seizures, leg))


def proved(derived: Derived, proofs: Sequence[Proof]) -> Derived:
    """The same with the proofs of its claims, in their order."""
    *seized, leg, sealed, margin = proofs
    old = derived.leg
    assert old.escrow is not None and old.margin is not None, "a leg of the insurance is margined"
    return replace(
        derived,
        seizures=tuple(replace(one, proof=proof) for one, proof in zip(derived.seizures, seized, strict=True)),
        leg=replace(
            old, proof=leg, escrow=replace(old.escrow, proof=sealed), margin=replace(old.margin, proof=margin)
        ),
    )


def _messages(
    state: State, draft: Draft, number: int, seizures: Sequence[Seizure], leg: Leg
) -> tuple[Message, ...]:
    return (
        *(Message(number, 0, digests.seizure_message(state.ledger_id, seizure)) for seizure in seizures),
        Message(draft.guard, draft.leg.alpha, digests.leg_message(state.ledger_id, leg)),
        *(
            Message(number, 0, digests.attestation_message(state.ledger_id, leg, index))
            for index, flow in enumerate(leg.flows) if flow.account is not Account.OUTSIDE
        ),
        Message(number, 0, digests.insurance_message(state.ledger_id, leg)),
    )  # fmt: skip


def _companions(commitments: Sequence[int], own: int) -> bytes:
    """All but the one in place `own`: whoever opens one account twice leaves two residuals with one commitment."""
    return digests.companions((*commitments[:own], *commitments[own + 1 :]))


def _leg_public(draft: Draft) -> leg_statement.Public[int]:
    private = draft.leg
    old = private.old.commitment(poseidon.hash)
    change = [after - before for before, after in zip(private.old.balances, private.new.balances, strict=True)]
    value = generators.commit(change, private.blinding)
    rk = babyjubjub.add(private.ak, babyjubjub.multiply(private.alpha, BASE8))
    kappa = records.kappa(private.old, private.nk)
    return leg_statement.Public(
        root=draft.root, nullifier=records.nullifier(poseidon.hash, kappa, old, private.position),
        commitment=private.new.commitment(poseidon.hash), value_x=value[0], value_y=value[1], rk_x=rk[0], rk_y=rk[1],
        guard=private.new.guard, adds=0, period=0, tag=0,
    )  # fmt: skip


def _seize_public(
    private: seize_statement.Private[int], published: Publication, parameters: Parameters, guardians: Guardians
) -> seize_statement.Public[int]:
    old = private.old
    commitment = old.commitment(poseidon.hash)
    return seize_statement.Public(
        merkle.path_root(private.path),
        records.nullifier(poseidon.hash, old.rho, commitment, private.position),
        seizure.residual(old, private.amount).commitment(poseidon.hash),
        *generators.commit(seizure.changes(old, private.amount), private.blinding),
        guardians.stale_before, parameters.penalty_bps, published.prices, published.maintenance.values,
    )
