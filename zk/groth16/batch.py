"""Batch verification: every proof's equation is raised to its own random power t_i, and all are multiplied into one,

    Π_i e(t_i A_i, B_i) · Π_key e(Σ t_i α, -β) · e(Σ_j (Σ_i t_i x_ij) ic_j, -γ) · e(Σ_i t_i C_i, -δ) = 1.

There are 2^128 possible weights, all different modulo r.  Whatever the other weights are, at most one value of t_i lets
a false equation i pass, so a batch with a false member passes with probability at most 2^-128.  Pairs with the same
point of G2 are added up first: n proofs under one key cost n + 3 Miller loops and one final exponentiation.
"""

from collections.abc import Sequence

import numpy as np

from zk import pairing
from zk.curves import g1, g2
from zk.fields import array
from zk.fields.prime import R
from zk.groth16 import prepared
from zk.groth16.keys import Claim, VerifyingKey
from zk.groth16.prepared import PreparedKey
from zk.msm import batch_affine, fixed_base, small_exponents
from zk.runtime import parallel


def are_valid(claims: Sequence[Claim]) -> bool:
    """Whether all equations hold.  Needs a claim at least; each with as many public inputs as its key, all below r."""
    proofs = [proof for _, _, proof in claims]
    signs = small_exponents.draw(len(claims))
    # The pool computes t_i A_i and t_i C_i, while this thread does the work that each key needs once.
    weighted_a = parallel.submit(small_exponents.multiply, g1.encode(proof.a for proof in proofs), signs)
    weighted_c = parallel.submit(small_exponents.multiply, g1.encode(proof.c for proof in proofs), signs)
    scalars = small_exponents.scalars(signs)
    by_key = _indices_by_key(claims)
    keys = [prepared.prepare(key) for key in by_key]
    left, right = [], [g2.encode(proof.b for proof in proofs)]
    groups = [[(scalars[i], claims[i][1]) for i in indices] for indices in by_key.values()]
    key_sums = [_key_sums(key, group) for key, group in zip(keys, groups, strict=True)]
    c_sums = _group_sums(weighted_c.result(), list(by_key.values()))
    for key, (alpha_sum, ic_sum), c_sum in zip(keys, key_sums, c_sums, strict=True):
        left += [alpha_sum, ic_sum, c_sum[np.newaxis]]
        right.append(key.points_g2)
    return pairing.is_one(pairing.miller_loops(np.concatenate((weighted_a.result(), *left)), np.concatenate(right)))


def _indices_by_key(claims: Sequence[Claim]) -> dict[VerifyingKey, list[int]]:
    """The indices of the claims under each key."""
    indices: dict[VerifyingKey, list[int]] = {}
    for index, (key, _, _) in enumerate(claims):
        indices.setdefault(key, []).append(index)
    return indices


def _key_sums(key: PreparedKey, weighted: list[tuple[int, Sequence[int]]]) -> tuple[np.ndarray, np.ndarray]:
    """Σ t_i α and Σ_j (Σ_i t_i x_ij) ic_j over the weights t_i and public inputs x_i under a key."""
    total = sum(t for t, _ in weighted) % R
    columns = zip(*(public for _, public in weighted), strict=True)
    input_scalars = [sum(t * x for (t, _), x in zip(weighted, column, strict=True)) % R for column in columns]
    alpha_sum = fixed_base.combinations(key.alpha_g1, array.plain([total]))
    return alpha_sum, prepared.input_sum(key, [total, *input_scalars])


def _group_sums(points: np.ndarray, groups: list[list[int]]) -> np.ndarray:
    """The sum of the points of each group."""
    entries = np.array([2 * index for group in groups for index in group], np.int32)
    return batch_affine.sum_groups(points, entries, np.cumsum([0, *map(len, groups)]))
