"""Random linear combinations: an equation that holds for Σ ρ_i P_i with random ρ_i holds for every P_i.

The weights ρ_i are uniform below 2^128 and drawn after the points are fixed.  If the equation is false for some point
of a group of prime order r, it is true for the sum with probability at most 2^-128.

Source: Bellare, Garay, Rabin, "Fast batch verification for modular exponentiation and digital signatures" (EUROCRYPT
1998), the small exponents test.
"""

import numpy as np

from zk import entropy
from zk.curves import bn254, g1
from zk.curves.bn254 import G1Point, G2Point, Point
from zk.msm import pippenger

WEIGHT_BYTES = 16


def weights(count: int) -> np.ndarray:
    """(count, 4) plain words: uniform numbers below 2^128."""
    scalars = np.zeros((count, 4), np.uint64)
    scalars[:, :2] = np.frombuffer(entropy.token(WEIGHT_BYTES * count), "<u8").reshape(count, 2)
    return scalars


class Sum:
    """A running sum of multiples of points; the identity is None."""

    def __init__(self) -> None:
        self.value: Point | None = None

    def add(self, points: np.ndarray, scalars: np.ndarray) -> None:
        """Adds Σ scalar·point.  Must not be called from a pool task."""
        if points.shape[1:] == g1.SHAPE:
            assert not isinstance(self.value, G2Point), "a sum has points of one group"
            self.value = bn254.add(self.value, pippenger.g1(points, scalars))
        else:
            assert not isinstance(self.value, G1Point), "a sum has points of one group"
            self.value = bn254.add(self.value, pippenger.g2(points, scalars))
