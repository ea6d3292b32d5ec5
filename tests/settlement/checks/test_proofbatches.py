"""A batch with false proofs: each of their owners is named after few batches, and nobody else is."""

import pytest

from settlement.checks import proofbatches, proofclaims
from settlement.checks.proofbatches import ProofBatches
from settlement.errors import Discrepancy
from tests.zk.groth16 import known
from zk.errors import InvalidProof
from zk.groth16 import batch
from zk.groth16.keys import Claim

COUNT = 64


@pytest.fixture(scope="module")
def claims() -> list[Claim]:
    return [(known.key(2), [n, n + 1], known.proof([n, n + 1])) for n in range(COUNT)]


@pytest.fixture
def batches(monkeypatch) -> list[int]:
    """The sizes of the batches whose pairings are computed."""
    sizes: list[int] = []
    are_valid = batch.are_valid
    monkeypatch.setattr(batch, "are_valid", lambda found: sizes.append(len(found)) or are_valid(found))
    return sizes


def owned(claims: list[Claim], liars: set[int], each: int = 1) -> list[tuple[str, Claim]]:
    """The claims, `each` of them for one owner; those of the liars are false, every one of them."""
    return [
        (f"trader {n // each}", (key, [public[0], 7], proof) if n // each in liars else (key, public, proof))
        for n, (key, public, proof) in enumerate(claims)
    ]


def test_honest_proofs_cost_one_batch(claims, batches):
    assert proofbatches.false_owners(owned(claims, set()), proofclaims.verify) == []
    assert batches == [COUNT]
    assert proofbatches.false_owners([], proofclaims.verify) == []


@pytest.mark.parametrize("liar", [0, 31, 32, 63])
def test_one_false_proof_among_64_is_found_in_seven_batches_as_large_as_two_and_the_others_are_verified(
    claims, batches, liar
):
    assert proofbatches.false_owners(owned(claims, {liar}), proofclaims.verify) == [f"trader {liar}"]
    rest = COUNT - 1 - liar
    assert batches[:7] == [64, 32, 16, 8, 4, 2, 1] and batches[7:] == [rest] * bool(rest)


def test_several_false_proofs_are_all_found_each_in_at_most_seven_batches(claims, batches):
    liars = {3, 4, 40, 63}
    found = proofbatches.false_owners(owned(claims, liars), proofclaims.verify)
    assert found == [f"trader {n}" for n in sorted(liars)]
    assert len(batches) <= 7 * len(liars) + 1


def test_after_so_many_searches_each_owner_that_is_left_is_looked_at_alone(claims, batches):
    members = owned(claims[:24], {0, 1, 3, 4, 6}, each=3)
    assert proofbatches.first_false(members, proofclaims.verify, 2) == [0, 3, 9, 12, 18]
    assert [size for size in batches if size > 12] == [24, 21]
    assert proofbatches.first_false(members, proofclaims.verify) == [0, 3, 9, 12, 18]
    assert [size for size in batches if size > 12] == [24, 21, 24, 21, 18]


def test_whoever_sends_sixteen_false_proofs_costs_one_search_and_not_sixteen(claims, batches):
    assert proofbatches.false_owners(owned(claims, {1}, each=16), proofclaims.verify) == ["trader 1"]
    assert batches == [64, 32, 16, 8, 4, 2, 1, 32]


def test_a_malformed_claim_costs_its_owner_no_pairing_of_its_own(claims, batches):
    members = owned(claims, set())
    key, public, proof = members[63][1]
    members[63] = "trader 63", (key, public[:1], proof)
    assert proofbatches.false_owners(members, proofclaims.verify) == ["trader 63"]
    assert batches == [32, 16, 8, 4, 2, 1]


def test_an_audit_names_the_owner_of_every_false_proof():
    proofs = ProofBatches(verify_by_name)
    for height, claim in enumerate(["good", "bad", "good", "bad"], start=1):
        proofs.collect(f"the bundle at height {height}")([claim])
    with pytest.raises(Discrepancy, match=r"bundle at height 2 does not verify; .* height 4 does not verify$"):
        proofs.verify()


def verify_by_name(claims) -> None:
    if "bad" in claims:
        raise InvalidProof("no", claims.index("bad"))
