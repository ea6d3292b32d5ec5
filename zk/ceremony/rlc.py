"""Random combinations of points: what holds for Σ ρ_i P_i with random ρ_i holds for every P_i.

The weights are uniform below 2^128 and drawn after the points are fixed, so an equation that is false for some point
of a group of prime order r is true for the sum with probability 2^-128 at most.

Source: Bellare, Garay, Rabin, "Fast batch verification for modular exponentiation and digital signatures" (EUROCRYPT
1998), the small exponents test.
"""

import numpy as np

from zk import entropy
from zk.curves import bn254, g1
from zk.curves.bn254 import Point
from zk.msm import pippenger

WEIGHT_BYTES = 16


def weights(count: int) -> np.ndarray:
    """(count, 4) plain words: uniform numbers below 2^128."""
    scalars = np.zeros((count, 4), np.uint64)
    scalars[:, :2] = np.frombuffer(entropy.token(WEIGHT_BYTES * count), "<u8").reshape(count, 2)
    return scalars


class Sum:
    """A sum of points that grows; the identity is None."""

    def __init__(self) -> None:
        self.value: Point | None = None

    def add(self, points: np.ndarray, scalars: np.ndarray) -> None:
        """Σ scalar·point more.  Not to be called from a task of the pool."""
        found = (pippenger.g1 if points.shape[1:] == g1.SHAPE else pippenger.g2)(points, scalars)
        self.value = bn254.add(self.value, found)
