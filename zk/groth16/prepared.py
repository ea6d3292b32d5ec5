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
from zk.curves.bn254 import G1Point, G2Point
from zk.fields import array
from zk.groth16.keys import Proof, VerifyingKey
from zk.msm import fixed_base, pippenger

_WINDOW_BITS = 6  # of a table: 86 KiB for each base
_MAX_BASES = 64  # of a table; longer sums are multi-scalar multiplications
_MAX_PREPARED = 16  # keys at a time: 88 MiB at most, with 64 bases in each


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
    """The prepared key.  Takes about 10 ms, or 2 ms when only ic is new; the last few keys are cached."""
    ic = g1.encode(key.ic)
    return PreparedKey(
        *_prepare_constants(key.alpha_g1, key.beta_g2, key.gamma_g2, key.delta_g2),
        ic=fixed_base.table(ic, _WINDOW_BITS) if len(ic) <= _MAX_BASES else ic,
    )


@lru_cache(maxsize=_MAX_PREPARED)
def _prepare_constants(
    alpha: G1Point, beta: G2Point, gamma: G2Point, delta: G2Point
) -> tuple[np.ndarray, np.ndarray, np.ndarray, fixed_base.Table]:
    """The parts that all keys share which differ in fixed inputs only."""
    points_g2 = g2.encode([bn254.negate(point) for point in (beta, gamma, delta)])
    alpha_g1 = g1.encode([alpha])
    alpha_beta = pairing.miller_loop(alpha_g1, points_g2[:1])
    return alpha_beta, points_g2, pairing.line_coefficients(points_g2[1:]), fixed_base.table(alpha_g1, _WINDOW_BITS)


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
