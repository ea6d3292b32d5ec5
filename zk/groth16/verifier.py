"""Verification: e(A, B) = e(α, β) · e(Σ x_j ic_j, γ) · e(C, δ), with x_0 = 1 (Groth16, section 3.2).

In a batch every equation is raised to its own random 128-bit power and all are multiplied into one: a batch with a
false member passes with probability 2^-128.  What shares a point on the right is added up first, so n proofs under one
key cost n + 3 Miller loops and one final exponentiation, and a group law that is little beside them.

Points are typed, so they are on their curves, in their subgroups and not the identity; the kernels are imported when
the first proof is verified, not before.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from zk import entropy
from zk.curves import bn254
from zk.curves.bn254 import G1Point, G2Point
from zk.errors import InvalidProof
from zk.fields import array
from zk.fields.prime import R
from zk.groth16.keys import Proof, VerifyingKey

Item = tuple[VerifyingKey, Sequence[int], Proof]
Pair = tuple[G1Point | None, G2Point]

WEIGHT_BITS = 128


@dataclass(frozen=True)
class _Weighted:
    """A member of a batch and its weight."""

    public: Sequence[int]
    proof: Proof
    weight: int


def verify(key: VerifyingKey, public: Sequence[int], proof: Proof) -> None:
    """Returns when the proof is valid for these public inputs, canonical integers in the key's order.

    Raises InvalidProof when it is not, when the number of inputs is wrong, or one is not an int in [0, r).
    """
    from zk.groth16 import prepared

    check_public(key, public)
    if not prepared.is_valid(prepared.prepare(key), public, proof):
        raise InvalidProof("the proof does not verify")


def verify_batch(items: Sequence[Item]) -> None:
    """Returns when every (key, public, proof) is valid; an empty batch is.

    Raises InvalidProof with the index of the first that is not.
    """
    groups: dict[VerifyingKey, list[_Weighted]] = {}
    for index, (key, public, proof) in enumerate(items):
        try:
            check_public(key, public)
        except InvalidProof as error:
            _check_each(items[:index])
            raise InvalidProof(f"proof {index}: {error}", index) from None
        groups.setdefault(key, []).append(_Weighted(public, proof, entropy.scalar(1 << WEIGHT_BITS)))
    if not _is_one([pair for key, members in groups.items() for pair in _pairs(key, members)]):
        _check_each(items)
        raise AssertionError("a batch failed whose members all verify")


def check_public(key: VerifyingKey, public: Sequence[int]) -> None:
    """Raises InvalidProof unless there is one int in [0, r) for each public input of the key.

    Without the upper bound x and x + r would be two statements with one proof.
    """
    if len(public) != key.public:
        raise InvalidProof(f"the statement has {key.public} public inputs, not {len(public)}")
    for index, value in enumerate(public):
        if type(value) is not int or not 0 <= value < R:
            raise InvalidProof(f"public input {index} is not an integer below the modulus")


def _check_each(items: Sequence[Item]) -> None:
    """Raises InvalidProof with the index of the first member that is not valid."""
    for index, (key, public, proof) in enumerate(items):
        try:
            verify(key, public, proof)
        except InvalidProof as error:
            raise InvalidProof(f"proof {index}: {error}", index) from None


def _pairs(key: VerifyingKey, members: Sequence[_Weighted]) -> list[Pair]:
    """The pairs whose pairings multiply to one when every member is valid.

    Σ_i t_i A_i with B_i, against Σ t_i with α and β, Σ_i t_i x_ij ic_j with γ, and Σ_i t_i C_i with δ.
    """
    weights = [member.weight for member in members]
    inputs = zip(*([1, *member.public] for member in members))
    scalars = [sum(t * x for t, x in zip(weights, column)) % R for column in inputs]
    pairs: list[Pair] = [(bn254.multiply(m.weight, m.proof.a), m.proof.b) for m in members]
    pairs.append((bn254.multiply(-sum(weights), key.alpha), key.beta))
    pairs.append((bn254.negate(_sum(key.ic, scalars)), key.gamma))
    pairs.append((bn254.negate(_sum([m.proof.c for m in members], weights)), key.delta))
    return pairs


def _sum(points: Sequence[G1Point], scalars: Sequence[int]) -> G1Point | None:
    """Σ scalar·point, scalars below r."""
    from zk import msm
    from zk.curves import g1

    return msm.g1(g1.encode(points), array.plain(scalars))


def _is_one(pairs: Sequence[Pair]) -> bool:
    """Whether the pairings multiply to one; a pair with the identity contributes nothing."""
    from zk import pairing

    return pairing.product_is_one([(left, right) for left, right in pairs if left is not None])
