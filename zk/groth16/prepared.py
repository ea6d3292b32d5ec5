"""Prepared verifying keys: everything in the pairing equation that does not depend on the proof.

A proof is valid when e(A, B) · e(α, -β) · e(S, -γ) · e(C, -δ) = 1, with S = Σ x_j ic_j and x_0 = 1.  A prepared key has
the Miller loop of (α, -β), the lines of -γ and -δ, and tables of multiples of α and ic.  All of it is exact, follows
from the key alone, and is public.
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

_WINDOW_BITS = 6  # of a table: 86 KiB for each base
_MAX_BASES = 64  # of a table; longer sums are multi-scalar multiplications
_MAX_PREPARED = 8  # keys at a time: 44 MiB at most, with 65 bases in each


@dataclass(frozen=True, eq=False)
class PreparedKey:
    """The parts of a key that verification needs, in the form that it needs."""

    alpha_beta: np.ndarray  # (6, 2, 4): the Miller loop of (α, -β)
    points_g2: np.ndarray  # (3, 2, 2, 4): -β, -γ, -δ
    lines: np.ndarray  # (2, …): of -γ, -δ
    alpha_g1: fixed_base.Table
    ic: fixed_base.Table | np.ndarray


@lru_cache(maxsize=_MAX_PREPARED)
def prepare(key: VerifyingKey) -> PreparedKey:
    """The prepared key.  Takes about 10 ms; the last few keys are cached."""
    points_g2 = g2.encode([bn254.negate(point) for point in (key.beta_g2, key.gamma_g2, key.delta_g2)])
    alpha_g1, ic = g1.encode([key.alpha_g1]), g1.encode(key.ic)
    return PreparedKey(
        alpha_beta=pairing.miller_loop(alpha_g1, points_g2[:1]),
        points_g2=points_g2,
        lines=pairing.line_coefficients(points_g2[1:]),
        alpha_g1=fixed_base.table(alpha_g1, _WINDOW_BITS),
        ic=fixed_base.table(ic, _WINDOW_BITS) if len(ic) <= _MAX_BASES else ic,
    )


def input_sum(key: PreparedKey, scalars: list[int]) -> np.ndarray:
    """Σ scalar_j ic_j for scalars below r, as an affine point (1, 2, 4)."""
    words = array.plain(scalars)
    if isinstance(key.ic, fixed_base.Table):
        return fixed_base.combinations(key.ic, words)
    return g1.encode([pippenger.g1(key.ic, words)])


def is_valid(key: PreparedKey, public: Sequence[int], proof: Proof) -> bool:
    """Whether the equation holds for these public inputs, as many as the key has and all below r."""
    input_sum_and_c = np.concatenate((input_sum(key, [1, *public]), g1.encode([proof.c])))
    value = pairing.miller_loop(g1.encode([proof.a]), g2.encode([proof.b]), input_sum_and_c, key.lines)
    return pairing.is_one(np.stack((key.alpha_beta, value)))
