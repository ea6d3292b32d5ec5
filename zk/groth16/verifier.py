"""Verification: e(A, B) = e(α, β) · e(Σ x_j ic_j, γ) · e(C, δ), with x_0 = 1 (Groth16, section 3.2).

A single proof is verified with the prepared key (prepared.py), a batch by one equation (batch.py).  The types of points
promise that they are on their curves, in their subgroups and not the identity.

A batch that fails is halved until its first false member stands alone: half of the batch is checked, then half of what
may still hold the first, and so on.  That is ⌈log2 n⌉ batches of n members together, and one proof alone.

Many proofs may share public inputs, such as a table of prices.  If these come last, `fix` adds their part of the sum to
ic_0 once, and what is left is an ordinary key for the other inputs.
"""

from collections.abc import Sequence
from dataclasses import replace

from zk.errors import FormatError, InvalidProof
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
    if not _are_valid(claims):
        index = _first_false(claims)
        try:
            verify(*claims[index])
        except InvalidProof as error:
            raise InvalidProof(f"proof {index}: {error}", index) from None
        raise AssertionError("a batch failed whose members all verify")


def fix(key: VerifyingKey, suffix: Sequence[int]) -> VerifyingKey:
    """The key whose last public inputs are fixed to these: a proof verifies for x under it exactly when it verifies for
    x followed by the suffix under the given key.  Takes some milliseconds for hundreds of inputs.

    Raises InvalidProof when there are more inputs than the key has or one is not an int in [0, r), and FormatError when
    ic_0 would be the identity, which no honest key and nobody's choice of inputs lead to.
    """
    from zk.curves import g1  # loads the kernels
    from zk.fields import array
    from zk.msm import pippenger

    kept = key.num_public - len(suffix)
    if kept < 0:
        raise InvalidProof(f"the key is for {key.num_public} public inputs, and {len(suffix)} are fixed")
    _check_range(suffix, kept)
    scalars = array.plain([1, *suffix])
    first = pippenger.g1(g1.encode([key.ic[0], *key.ic[kept + 1 :]]), scalars)
    if first is None:
        raise FormatError("the verifying key has no key for these fixed inputs: ic 0 would be the identity")
    return replace(key, ic=(first, *key.ic[1 : kept + 1]))


def check_public(key: VerifyingKey, public: Sequence[int]) -> None:
    """Raises InvalidProof unless there is one int in [0, r) for each public input of the key."""
    if len(public) != key.num_public:
        raise InvalidProof(f"the key is for {key.num_public} public inputs, and there are {len(public)}")
    _check_range(public, 0)


def _check_range(public: Sequence[int], first: int) -> None:
    """Raises InvalidProof unless each is an int in [0, r); `first` is the index of the first among the key's inputs."""
    for index, value in enumerate(public, first):
        # Without the upper bound one proof would verify for two statements, x and x + r.
        if type(value) is not int or not 0 <= value < R:
            raise InvalidProof(f"public input {index} is not an integer below the modulus")


def _first_false(claims: Sequence[Claim]) -> int:
    """The index of the first false claim, when there is one."""
    first, end = 0, len(claims)
    while end - first > 1:
        middle = (first + end) // 2
        if _are_valid(claims[first:middle]):
            first = middle
        else:
            end = middle
    return first


def _are_valid(claims: Sequence[Claim]) -> bool:
    """Whether all claims are well-formed, and their equations hold."""
    from zk.groth16 import batch  # loads the kernels

    try:
        for key, public, _ in claims:
            check_public(key, public)
    except InvalidProof:
        return False
    return not claims or batch.are_valid(claims)
