"""Verification: e(A, B) = e(α, β) · e(Σ x_j ic_j, γ) · e(C, δ), with x_0 = 1 (Groth16, section 3.2).

One proof is verified with what zk/groth16/prepared.py knows of the key, a batch by the one equation of
zk/groth16/batch.py.  Points are typed, so they are on their curves, in their subgroups and not the identity; the
kernels are imported when the first proof is verified, not before.
"""

from collections.abc import Sequence

from zk.errors import InvalidProof
from zk.fields.prime import R
from zk.groth16.keys import Claim, Proof, VerifyingKey


def verify(key: VerifyingKey, public: Sequence[int], proof: Proof) -> None:
    """Returns when the proof is valid for these public inputs, canonical integers in the key's order.

    Raises InvalidProof when it is not, when the number of inputs is wrong, or one is not an int in [0, r).
    """
    from zk.groth16 import prepared

    check_public(key, public)
    if not prepared.is_valid(prepared.prepare(key), public, proof):
        raise InvalidProof("the proof does not verify")


def verify_batch(items: Sequence[Claim]) -> None:
    """Returns when every (key, public, proof) is valid; an empty batch is.

    Raises InvalidProof with the index of the first that is not.
    """
    from zk.groth16 import batch

    for index, (key, public, _) in enumerate(items):
        try:
            check_public(key, public)
        except InvalidProof as error:
            _check_each(items[:index])
            raise InvalidProof(f"proof {index}: {error}", index) from None
    if items and not batch.are_valid(items):
        _check_each(items)
        raise AssertionError("a batch failed whose members all verify")


def check_public(key: VerifyingKey, public: Sequence[int]) -> None:
    """Raises InvalidProof unless there is one int in [0, r) for each public input of the key.

    Without the upper bound x and x + r would be two statements with one proof.
    """
    if len(public) != key.num_public:
        raise InvalidProof(f"the statement has {key.num_public} public inputs, not {len(public)}")
    for index, value in enumerate(public):
        if type(value) is not int or not 0 <= value < R:
            raise InvalidProof(f"public input {index} is not an integer below the modulus")


def _check_each(items: Sequence[Claim]) -> None:
    """Raises InvalidProof with the index of the first member that is not valid."""
    for index, (key, public, proof) in enumerate(items):
        try:
            verify(key, public, proof)
        except InvalidProof as error:
            raise InvalidProof(f"proof {index}: {error}", index) from None
