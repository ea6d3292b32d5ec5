"""The claims whose proofs a bundle carries, and how they are verified.

    leg        its public inputs
    escrow     commitment, digest of the leg's ciphertext under the guardians' key of the day
    margin     commitment │ grid: initial, or maintenance for the insurance
    seizure    its public inputs │ penalty, prices, maintenance grid of its epoch

A statement's own inputs come first, and what was published for all follows.  So the published part of the input sum is
the same point for all proofs of one epoch: it is computed once, and folded into the key.
"""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from functools import lru_cache
from operator import attrgetter

from circuits import escrow as escrow_formula
from circuits.statements import leg as leg_statement
from settlement.bundle import Leg, Margin, Seizure, SeizurePublic
from settlement.grids import flat
from settlement.parameters import Parameters
from settlement.rejection import Rejected, Rejection
from settlement.state import State, VerifyProofs
from zk.errors import InvalidProof
from zk.groth16.keys import Claim, VerifyingKey

OWN_INPUTS = 6
"""No statement with a grid among its inputs has more before it."""

MOST_UNFOLDED = 64
_GRIDS_KEPT = 8

# Nothing inside these has fields of its own, so astuple, which copies deeply and takes 50 us, would say the same.
_of_leg = attrgetter(*(each.name for each in fields(leg_statement.Public)))
_of_seizure = attrgetter(*(each.name for each in fields(SeizurePublic)))

Labelled = tuple[str, Claim]
"""A claim, and what to call its proof."""


def verify(claims: Sequence[Claim]) -> None:
    """Verifies real proofs in one batch.  Raises InvalidProof whose `index` is the bad claim's."""
    from zk.groth16 import verifier  # loads the kernels, which only verification needs

    verifier.verify_batch([folded(claim) for claim in claims])


def check(
    state: State, parameters: Parameters, legs: Sequence[Leg], seizures: Sequence[Seizure], verify: VerifyProofs
) -> None:
    """Raises Rejected, naming the leg, when one of its proofs does not verify.  The epochs they name are published."""
    check_labelled(labelled(state, parameters, legs, seizures), verify)


def check_labelled(claims: Sequence[Labelled], verify: VerifyProofs) -> None:
    """Raises Rejected, naming its proof, when a claim does not hold."""
    try:
        verify([claim for _, claim in claims])
    except InvalidProof as error:
        assert error.index is not None, "a batch names its bad member"
        raise Rejected(Rejection.INVALID_PROOF, f"{claims[error.index][0]} does not verify") from None


def labelled(
    state: State, parameters: Parameters, legs: Sequence[Leg], seizures: Sequence[Seizure]
) -> list[Labelled]:  # fmt: skip
    """The claims that the proofs of legs and seizures must prove.  The epochs they name are published."""
    return [*_legs(state, parameters, legs), *_seizures(state, parameters, seizures)]


def margin(state: State, leg: Leg, proof: Margin) -> Claim:
    """The claim of a margin proof for a leg's new account.  Its epoch must be a published one."""
    grids = state.reader.epoch(proof.epoch)
    assert grids is not None, "the epoch of a margin proof is checked first"
    grid = grids.publication.maintenance if leg.is_insurance else grids.publication.initial
    return state.pool.margin.verifying, (leg.public.commitment, *flat(grid)), proof.proof


def _legs(state: State, parameters: Parameters, legs: Sequence[Leg]) -> Iterator[Labelled]:
    guardians = parameters.guardians
    for number, leg in enumerate(legs):
        yield f"leg {number}: its proof", (state.pool.leg.verifying, _of_leg(leg.public), leg.proof)
        if leg.escrow is not None:
            assert guardians is not None, "the guard of a leg with an escrow is checked first"
            sealed = leg.escrow
            digest = escrow_formula.digest(guardians.encryption_key, sealed.ephemeral, sealed.ciphertext, _hash)
            inputs = leg.public.commitment, digest
            yield f"leg {number}: its escrow proof", (state.pool.escrow.verifying, inputs, sealed.proof)
        if leg.margin is not None:
            yield f"leg {number}: its margin proof", margin(state, leg, leg.margin)


def _seizures(state: State, parameters: Parameters, seizures: Sequence[Seizure]) -> Iterator[Labelled]:
    for number, seizure in enumerate(seizures):
        grids = state.reader.epoch(seizure.epoch)
        assert grids is not None, "the epoch of a seizure is checked first"
        publication = grids.publication
        published = (parameters.penalty_bps, *publication.prices, *flat(publication.maintenance))
        inputs = (*_of_seizure(seizure.public), *published)
        yield f"seizure {number}: its proof", (state.pool.seize.verifying, inputs, seizure.proof)


def _hash(inputs: Sequence[int], tag: int) -> int:
    from zk.hashes import quick  # loads the kernels, which only checks need

    return quick.hash(inputs, tag)


def folded(claim: Claim) -> Claim:
    """The same claim with the published inputs inside the key, when there are many."""
    key, inputs, proof = claim
    if key.num_public <= MOST_UNFOLDED or len(inputs) != key.num_public:
        return claim
    return _fixed(key, tuple(inputs[OWN_INPUTS:])), inputs[:OWN_INPUTS], proof


@lru_cache(maxsize=_GRIDS_KEPT)
def _fixed(key: VerifyingKey, published: tuple[int, ...]) -> VerifyingKey:
    from zk.groth16 import verifier

    return verifier.fix(key, published)
