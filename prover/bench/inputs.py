"""Inputs of benchmarks: uniform field elements and scalars, and uniform points of both groups."""

import numpy as np

from prover.machine import tasks
from zk import entropy
from zk.fields import array
from zk.fields.prime import FP, FR, P, R


def scalars(count: int) -> np.ndarray:
    """(count, 4) plain words of non-zero scalars below r."""
    return array.plain(entropy.scalar(R) for _ in range(count))


def of_fr(count: int) -> np.ndarray:
    """(count, 4) Montgomery words of Fr."""
    return array.encode(FR, (entropy.scalar(R) for _ in range(count)))


def of_fp(count: int) -> np.ndarray:
    """(count, 4) Montgomery words of Fp."""
    return array.encode(FP, (entropy.scalar(P) for _ in range(count)))


def points_g1(count: int) -> np.ndarray:
    """(count, 2, 4): random multiples of the generator of G1."""
    from zk.msm import fixed_base

    with tasks.task(f"Making {count:,} points of G1"):
        return fixed_base.g1(scalars(count))


def points_g2(count: int) -> np.ndarray:
    """(count, 2, 2, 4): random multiples of the generator of G2."""
    from zk.msm import fixed_base

    with tasks.task(f"Making {count:,} points of G2"):
        return fixed_base.g2(scalars(count))
