"""Batch verification: every proof's equation is raised to its own random power t_i, and all are multiplied into one,

    Π_i e(t_i A_i, B_i) · Π_key e(Σ t_i α, -β) · e(Σ_j (Σ_i t_i x_ij) ic_j, -γ) · e(Σ_i t_i C_i, -δ) = 1.

There are 2^128 possible weights, all different modulo r.  Whatever the other weights are, at most one value of t_i lets
a false equation i pass, so a batch with a false member passes with probability at most 2^-128.  Pairs with the same
point of G2 are added up first, whichever keys they are of: n proofs under one key, or under keys that differ in fixed
inputs only, cost n + 3 Miller loops and one final exponentiation.
"""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np

from zk import pairing
from zk.curves import rows
from zk.curves.bn254 import G2Point
from zk.fields import array
from zk.fields.prime import R
from zk.groth16 import prepared
from zk.groth16.keys import Claim
from zk.groth16.prepared import PreparedKey
from zk.msm import fixed_base, group_sums, small_exponents
from zk.runtime import parallel

Item = TypeVar("Item")


def are_valid(claims: Sequence[Claim]) -> bool:
    """Whether all equations hold.  Needs a claim at least; each with as many public inputs as its key, all below r."""
    proofs = [proof for _, _, proof in claims]
    signs = small_exponents.draw(len(claims))
    # The pool computes t_i A_i and t_i C_i, while this thread does the work that each key needs once.
    points_a, points_c = rows.of_g1([proof.a for proof in proofs]), rows.of_g1([proof.c for proof in proofs])
    weighted_a = parallel.submit(small_exponents.multiply, points_a, signs)
    weighted_c = parallel.submit(small_exponents.multiply, points_c, signs)
    scalars = small_exponents.scalars(signs)
    points: list[np.ndarray] = []
    partners: list[G2Point] = []
    encoded: dict[G2Point, np.ndarray] = {}
    for key, indices in _indices_of(key for key, _, _ in claims).items():
        ready = prepared.prepare(key)
        points += _key_sums(ready, [(scalars[i], claims[i][1]) for i in indices])
        partners += [key.beta_g2, key.gamma_g2]
        encoded |= zip((key.beta_g2, key.gamma_g2, key.delta_g2), ready.points_g2, strict=True)
    partners += [key.delta_g2 for key, _, _ in claims]
    sums, of_sums = _sums_by_partner(np.concatenate((*points, weighted_c.result())), partners)
    left = np.concatenate((weighted_a.result(), sums))
    right = np.concatenate((rows.of_g2([proof.b for proof in proofs]), np.stack([encoded[point] for point in of_sums])))
    return pairing.is_one(pairing.miller_loops(left, right))


def _key_sums(key: PreparedKey, weighted: list[tuple[int, Sequence[int]]]) -> tuple[np.ndarray, np.ndarray]:
    """Σ t_i α and Σ_j (Σ_i t_i x_ij) ic_j over the weights t_i and public inputs x_i under a key."""
    total = sum(t for t, _ in weighted) % R
    columns = zip(*(public for _, public in weighted), strict=True)
    input_scalars = [sum(t * x for (t, _), x in zip(weighted, column, strict=True)) % R for column in columns]
    alpha_sum = fixed_base.combinations(key.alpha_g1, array.plain([total]))
    return alpha_sum, prepared.input_sum(key, [total, *input_scalars])


def _sums_by_partner(points: np.ndarray, partners: Sequence[G2Point]) -> tuple[np.ndarray, list[G2Point]]:
    """The sums of the points that have the same partner, and the partner of each sum."""
    groups = _indices_of(partners)
    entries = np.array([2 * index for group in groups.values() for index in group], np.int32)
    return group_sums.sum_groups(points, entries, np.cumsum([0, *map(len, groups.values())])), list(groups)


def _indices_of(items: Iterable[Item]) -> dict[Item, list[int]]:
    """The indices at which each item stands."""
    indices: dict[Item, list[int]] = {}
    for index, item in enumerate(items):
        indices.setdefault(item, []).append(index)
    return indices
