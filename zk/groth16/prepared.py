"""A verifying key made ready: whatever of the equation does not depend on the proof, computed once.

With S = Σ x_j ic_j and x_0 = 1 a proof is valid when e(A, B) · e(α, -β) · e(S, -γ) · e(C, -δ) = 1.  The loop of the
second pair is kept as a value.  γ and δ are kept as their lines, and α and ic as tables of their multiples.  Everything
follows from the key alone, is exact, and is no secret.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from zk import pairing
from zk.curves import bn254, g1, g2
from zk.fields import array
from zk.groth16.keys import Proof, VerifyingKey
from zk.msm import fixed_base, pippenger

_BITS = 6  # of a window of a table: 86 KiB for each base
_MAX_TABLE = 64  # bases; longer sums are multi-scalar multiplications
_KEPT = 8  # keys that are ready at once: 44 MiB at most, with 65 bases in each


@dataclass(frozen=True, eq=False)
class PreparedKey:
    """What is known of the equation before there is a proof."""

    alpha_beta: np.ndarray  # (6, 2, 4): the Miller loop of (α, -β)
    points: np.ndarray  # (3, 2, 2, 4): -β, -γ, -δ
    lines: np.ndarray  # (2, …): of -γ, -δ
    alpha: fixed_base.Table
    ic: fixed_base.Table | np.ndarray


@lru_cache(maxsize=_KEPT)
def prepare(key: VerifyingKey) -> PreparedKey:
    """The key made ready; the last few stay so.  About 10 ms."""
    points = g2.encode(map(bn254.negate, (key.beta_g2, key.gamma_g2, key.delta_g2)))
    alpha, ic = g1.encode([key.alpha_g1]), g1.encode(key.ic)
    return PreparedKey(
        pairing.miller(alpha, points[:1]),
        points,
        pairing.prepare(points[1:]),
        fixed_base.table(alpha, _BITS),
        fixed_base.table(ic, _BITS) if len(ic) <= _MAX_TABLE else ic,
    )


def input_sum(key: PreparedKey, scalars: list[int]) -> np.ndarray:
    """Σ scalar_j ic_j for scalars below r, as an affine point (1, 2, 4)."""
    words = array.plain(scalars)
    if isinstance(key.ic, fixed_base.Table):
        return fixed_base.combinations(key.ic, words)
    return g1.encode([pippenger.g1(key.ic, words)])


def is_valid(key: PreparedKey, public: Sequence[int], proof: Proof) -> bool:
    """Whether the equation holds for these public inputs, as many as the key has and below r."""
    fixed = np.concatenate((input_sum(key, [1, *public]), g1.encode([proof.c])))
    value = pairing.miller(g1.encode([proof.a]), g2.encode([proof.b]), fixed, key.lines)
    return pairing.is_one(np.stack((key.alpha_beta, value)))
