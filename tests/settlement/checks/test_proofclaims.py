"""Real proofs under keys whose published inputs are folded in: what verifies unfolded verifies, and nothing else."""

import pytest

from circuits import escrow as escrow_formula
from settlement.bundles.bundle import Escrow
from settlement.checks import proofclaims
from settlement.checks.proofclaims import Sealed
from tests.settlement.bundles import samples
from tests.zk.groth16 import known
from zk.curves import babyjubjub
from zk.errors import InvalidProof
from zk.fields.prime import R
from zk.groth16 import verifier

PUBLISHED = tuple(range(100, 100 + proofclaims.MOST_UNFOLDED))
INPUTS = proofclaims.OWN_INPUTS + len(PUBLISHED)


def claim(own: int, published: tuple[int, ...] = PUBLISHED):
    """A valid claim: six inputs of its own, and what was published."""
    public = (*(own + i for i in range(proofclaims.OWN_INPUTS)), *published)
    return known.key(INPUTS, False), public, known.proof(public, own + 2, own + 3, False)


def plain(number: int):
    """A valid claim of a statement without published inputs."""
    public = (number, number + 1)
    return known.key(2, False), public, known.proof(public, 5, number + 7, False)


def test_folding_changes_no_answer_and_leaves_six_inputs(monkeypatch):
    claims, seen = [claim(1), plain(3), claim(9), claim(4, PUBLISHED[::-1])], []
    verify_batch = verifier.verify_batch
    monkeypatch.setattr(verifier, "verify_batch", lambda folded: seen.extend(folded) or verify_batch(folded))
    verify_batch(claims)
    proofclaims.verify(claims)
    assert [len(inputs) for _, inputs, _ in seen] == [6, 2, 6, 6]
    assert seen[0][0] is seen[2][0] and seen[0][0] != seen[3][0]


@pytest.mark.parametrize("place", [0, 5, 6, INPUTS - 1])
def test_a_lie_in_any_input_is_named_by_its_index(place):
    key, public, proof = claim(1)
    lie = tuple((value + 1) % R if index == place else value for index, value in enumerate(public))
    with pytest.raises(InvalidProof) as refused:
        proofclaims.verify([plain(3), (key, lie, proof)])
    assert refused.value.index == 1


@pytest.mark.parametrize("change", [lambda public: public[:-1], lambda public: (*public, 0)])
def test_too_few_and_too_many_inputs_are_refused(change):
    key, public, proof = claim(1)
    with pytest.raises(InvalidProof) as refused:
        proofclaims.verify([plain(3), (key, change(public), proof)])
    assert refused.value.index == 1


def test_the_digests_of_many_ciphertexts_are_those_of_each_and_stay_in_their_places():
    key, proof = samples.ESCROW_KEY.verifying, samples.PROOF
    points = [babyjubjub.multiply(k, babyjubjub.BASE8) for k in (2, 3, 4)]
    escrows = [Escrow(b"", points[k], tuple(range(k, k + 8)), proof) for k in range(3)]
    other = (key, (1, 2), proof)
    claims = [Sealed(key, 5, points[0], escrows[1]), other, Sealed(key, 6, points[1], escrows[2]), other,
              Sealed(key, 7, points[0], escrows[0])]  # fmt: skip

    def expected(claim):
        if not isinstance(claim, Sealed):
            return claim
        sealed = claim.escrow
        digest = escrow_formula.digest(claim.encryption_key, sealed.ephemeral, sealed.ciphertext)
        return key, (claim.commitment, digest), sealed.proof

    assert proofclaims.hashed(claims) == [expected(claim) for claim in claims]
    assert proofclaims.hashed([other]) == [other] and proofclaims.hashed([]) == []
