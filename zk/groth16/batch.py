"""Many proofs at once: every equation raised to its own random power t_i, and all multiplied into one,

    Π_i e(t_i A_i, B_i) · Π_key e(Σ t_i α, -β) · e(Σ_j (Σ_i t_i x_ij) ic_j, -γ) · e(Σ_i t_i C_i, -δ) = 1.

There are 2^128 weights, all different modulo r, and for given others at most one of them hides a false equation: a
batch with a false member passes with probability 2^-128 at most.  What shares a point on the right is added up first,
so n proofs under one key cost n + 3 Miller loops and one final exponentiation.
"""

from collections.abc import Sequence

import numpy as np

from zk import pairing
from zk.curves import g1, g2
from zk.fields import array
from zk.fields.prime import R
from zk.groth16 import prepared
from zk.groth16.keys import Claim, VerifyingKey
from zk.msm import batch_affine, fixed_base, small_exponents
from zk.runtime import parallel


def are_valid(items: Sequence[Claim]) -> bool:
    """Whether all equations hold.  At least one item; as many public inputs as its key has, and below r."""
    signs = small_exponents.draw(len(items))
    proofs = [proof for _, _, proof in items]
    weighed_a = parallel.submit(small_exponents.multiply, g1.encode(proof.a for proof in proofs), signs)
    weighed_c = parallel.submit(small_exponents.multiply, g1.encode(proof.c for proof in proofs), signs)
    scalars, groups = small_exponents.scalars(signs), _groups(items)
    keys = [prepared.prepare(key) for key in groups]
    right = np.concatenate((g2.encode(proof.b for proof in proofs), *(key.points for key in keys)))
    inputs = [_inputs(key, [(scalars[i], items[i][1]) for i in group]) for key, group in zip(keys, groups.values())]
    totals = _sums(weighed_c.result(), list(groups.values()))
    per_key = [point for (alpha, ic), c in zip(inputs, totals) for point in (alpha, ic, c[np.newaxis])]
    return pairing.is_one(pairing.millers(np.concatenate((weighed_a.result(), *per_key)), right))


def _groups(items: Sequence[Claim]) -> dict[VerifyingKey, list[int]]:
    """The indices of the members under each key."""
    groups: dict[VerifyingKey, list[int]] = {}
    for index, (key, _, _) in enumerate(items):
        groups.setdefault(key, []).append(index)
    return groups


def _inputs(key: prepared.PreparedKey, members: list[tuple[int, Sequence[int]]]) -> tuple[np.ndarray, np.ndarray]:
    """Σ t_i α and Σ_j (Σ_i t_i x_ij) ic_j over the (t_i, x_i) of a key."""
    total = sum(t for t, _ in members) % R
    columns = zip(*(public for _, public in members))
    scalars = [total, *(sum(t * x for (t, _), x in zip(members, column)) % R for column in columns)]
    return fixed_base.combinations(key.alpha, array.plain([total])), prepared.input_sum(key, scalars)


def _sums(points: np.ndarray, groups: list[list[int]]) -> np.ndarray:
    """The sum of the points of each group."""
    entries = np.array([2 * index for group in groups for index in group], np.int32)
    return batch_affine.of_groups(points, entries, np.cumsum([0, *map(len, groups)]))
