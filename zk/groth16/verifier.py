"""Verification: e(A, B) = e(α, β) · e(Σ x_j ic_j, γ) · e(C, δ), with x_0 = 1 (Groth16, section 3.2).

A single proof is verified with the prepared key (prepared.py), a batch by one equation (batch.py).  The types of points
promise that they are on their curves, in their subgroups and not the identity.
"""

from collections.abc import Sequence

from zk.errors import InvalidProof
from zk.fields.prime import R
from zk.groth16.keys import Claim, Proof, VerifyingKey


def verify(key: VerifyingKey, public: Sequence[int], proof: Proof) -> None:
    """Verifies a proof for these public inputs, canonical integers in the order of the key.

    Raises InvalidProof when it is not valid, when the number of inputs is wrong, or one is not an int in [0, r).
    """
    from zk.groth16 import prepared  # loads the kernels

    check_public(key, public)
    if not prepared.is_valid(prepared.prepare(key), public, proof):
        raise InvalidProof("the proof does not verify")


def verify_batch(claims: Sequence[Claim]) -> None:
    """Verifies all claims at once; there may be none.

    Raises InvalidProof with the index of the first claim that is not valid.
    """
    from zk.groth16 import batch  # loads the kernels

    for index, (key, public, _) in enumerate(claims):
        try:
            check_public(key, public)
        except InvalidProof as error:
            _verify_each(claims[:index])  # an earlier claim that is false is named first
            raise InvalidProof(f"proof {index}: {error}", index) from None
    if claims and not batch.are_valid(claims):
        _verify_each(claims)
        raise AssertionError("a batch failed whose members all verify")


def check_public(key: VerifyingKey, public: Sequence[int]) -> None:
    """Raises InvalidProof unless there is one int in [0, r) for each public input of the key."""
    if len(public) != key.num_public:
        raise InvalidProof(f"the key is for {key.num_public} public inputs, and there are {len(public)}")
    for index, value in enumerate(public):
        # Without the upper bound one proof would verify for two statements, x and x + r.
        if type(value) is not int or not 0 <= value < R:
            raise InvalidProof(f"public input {index} is not an integer below the modulus")


def _verify_each(claims: Sequence[Claim]) -> None:
    """Raises InvalidProof with the index of the first claim that is not valid."""
    for index, (key, public, proof) in enumerate(claims):
        try:
            verify(key, public, proof)
        except InvalidProof as error:
            raise InvalidProof(f"proof {index}: {error}", index) from None
