"""Checks that whole arrays of untrusted points, affine Montgomery words, lie in their groups.

The curve equation is checked point by point.  Every point of the curve of G1 is in G1.  For G2 the subgroup is checked
on four random sums Σ ρ_i Q_i with ρ_i below 2^16.  The cofactor 2p - r of G2 has no prime factor below 10069, so when a
point is outside, a sum falls into the subgroup with probability below 2^-13 and all four with probability below 2^-52.
(Cofactor: Barreto, Naehrig, "Pairing-friendly elliptic curves of prime order", section 3.)
"""

import numpy as np

from zk import entropy
from zk.curves import bn254, coordinates, g1, g2, weierstrass
from zk.errors import FormatError
from zk.fields import array
from zk.fields.prime import FP
from zk.msm import pippenger
from zk.runtime.jit import kernel

_ROUNDS = 4
# So short that the second half of the scalar is zero: outside the subgroup the endomorphism is not multiplication by λ.
_EXPONENT_BYTES = 2

# The constant b of each curve, in the place of a point's x.
_B1 = array.encode(FP, [int(bn254.B1), 0]).reshape(1, *g1.SHAPE)
_B2 = array.encode(FP, [*map(int, bn254.B2), 0, 0]).reshape(1, *g2.SHAPE)


@kernel
def _first_outside(points: np.ndarray, constants: np.ndarray) -> int:
    """The first row that is neither the identity nor on y^2 = x^3 + b, or -1.  1 mul, 2 square for each point.

    b is the x of row 0 of `constants`.
    """
    b, _ = weierstrass.load(constants, 0)
    for i in range(points.shape[0]):
        x, y = weierstrass.load(points, i)
        if coordinates.is_zero(x) and coordinates.is_zero(y):
            continue
        cube = coordinates.mul(coordinates.square(x), x)
        if not coordinates.equal(coordinates.square(y), coordinates.add(cube, b)):
            return i
    return -1


def check_g1(points: np.ndarray, what: str) -> None:
    """Raises FormatError, naming `what`, unless every point (n, 2, 4) is the identity or on the curve of G1."""
    _check_curve(points, g1.SHAPE, _B1, what)


def check_g2(points: np.ndarray, what: str) -> None:
    """Raises FormatError, naming `what`, unless every point (n, 2, 2, 4) is the identity or in G2.

    Not to be called from a pool task.
    """
    _check_curve(points, g2.SHAPE, _B2, what)
    for _ in range(_ROUNDS):
        exponents = np.zeros((len(points), 4), dtype=np.uint64)
        exponents[:, 0] = np.frombuffer(entropy.token(_EXPONENT_BYTES * len(points)), dtype="<u2")
        total = pippenger.g2(points, exponents)
        if total is not None:
            bn254.g2(total.x, total.y, f"{what}: a sum of the points")


def _check_curve(points: np.ndarray, shape: tuple[int, ...], constant: np.ndarray, what: str) -> None:
    """Raises FormatError unless every point is reduced, and is the identity or on the curve with this constant."""
    if points.shape[1:] != shape or points.dtype != np.uint64:
        raise ValueError(f"points must be an array (n, {', '.join(map(str, shape))}) of 64-bit words")
    if not array.is_canonical(FP, points.reshape(-1, 4)):
        raise FormatError(f"{what} has a coordinate that is not below the modulus")
    outside = _first_outside(np.require(points, requirements=["C", "W"]), constant)
    if outside >= 0:
        raise FormatError(f"{what}: point {outside} is not on the curve")
