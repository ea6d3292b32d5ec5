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
from typing import NamedTuple

from circuits import escrow as escrow_formula
from circuits.statements import leg as leg_statement
from settlement.bundles.bundle import Escrow, Leg, Margin, Seizure, SeizurePublic
from settlement.checks.state import State, VerifyProofs
from settlement.pool.parameters import Parameters
from settlement.rejection import Rejected, Rejection
from zk import domains
from zk.curves.babyjubjub import Point
from zk.errors import InvalidProof
from zk.fields import array
from zk.fields.prime import FR, WORDS
from zk.groth16.keys import Claim, VerifyingKey

OWN_INPUTS = 6
"""No statement with a grid among its inputs has more before it."""

MOST_UNFOLDED = 64
_GRIDS_KEPT = 8

# Nothing inside these has fields of its own, so astuple, which copies deeply and takes 50 us, would say the same.
_of_leg = attrgetter(*(each.name for each in fields(leg_statement.Public)))
_of_seizure = attrgetter(*(each.name for each in fields(SeizurePublic)))


class Sealed(NamedTuple):
    """The claim of an escrow's proof whose ciphertext is not hashed yet: many at once take an eighth of the time."""

    key: VerifyingKey
    commitment: int
    encryption_key: Point
    escrow: Escrow


Labelled = tuple[str, Claim | Sealed]
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
        verify(hashed([claim for _, claim in claims]))
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
    publication = grids.publication
    grid = publication.maintenance_inputs if leg.is_insurance else publication.initial_inputs
    return state.pool.margin.verifying, (leg.public.commitment, *grid), proof.proof


def _legs(state: State, parameters: Parameters, legs: Sequence[Leg]) -> Iterator[Labelled]:
    guardians = parameters.guardians
    for number, leg in enumerate(legs):
        yield f"leg {number}: its proof", (state.pool.leg.verifying, _of_leg(leg.public), leg.proof)
        if leg.escrow is not None:
            assert guardians is not None, "the guard of a leg with an escrow is checked first"
            claim = Sealed(state.pool.escrow.verifying, leg.public.commitment, guardians.encryption_key, leg.escrow)
            yield f"leg {number}: its escrow proof", claim
        if leg.margin is not None:
            yield f"leg {number}: its margin proof", margin(state, leg, leg.margin)


def _seizures(state: State, parameters: Parameters, seizures: Sequence[Seizure]) -> Iterator[Labelled]:
    for number, seizure in enumerate(seizures):
        grids = state.reader.epoch(seizure.epoch)
        assert grids is not None, "the epoch of a seizure is checked first"
        publication = grids.publication
        published = (parameters.penalty_bps, *publication.prices, *publication.maintenance_inputs)
        inputs = (*_of_seizure(seizure.public), *published)
        yield f"seizure {number}: its proof", (state.pool.seize.verifying, inputs, seizure.proof)


def hashed(claims: Sequence[Claim | Sealed]) -> list[Claim]:
    """The claims, with the digests of all ciphertexts that proofs are about."""
    sealed = [claim for claim in claims if isinstance(claim, Sealed)]
    digests = iter(_digests(sealed) if sealed else ())
    return [
        (claim.key, (claim.commitment, next(digests)), claim.escrow.proof) if isinstance(claim, Sealed) else claim
        for claim in claims
    ]


def _digests(sealed: Sequence[Sealed]) -> list[int]:
    from zk.fields import conversion
    from zk.hashes import batch  # loads the kernels, which only checks need

    rows: list[Sequence[int]] = []

    def collect(inputs: Sequence[int], tag: int) -> int:
        assert tag == domains.TAG_ESCROW, "the formula of the digest is one hash"
        rows.append(inputs)
        return 0

    for one in sealed:
        escrow_formula.digest(one.encryption_key, one.escrow.ephemeral, one.escrow.ciphertext, collect)
    numbers = conversion.from_plain(FR, array.plain(number for row in rows for number in row))
    hashes = batch.hash_many(numbers.reshape(len(rows), -1, WORDS), domains.TAG_ESCROW)
    return array.from_plain(conversion.to_plain(FR, hashes))


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
