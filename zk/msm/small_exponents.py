"""Random multiples t·P of points of G1 for batch verification, with 128-bit exponents t, computed in lanes.

    t = Σ (s_i + λ z_i) 2^i  for i below 64,  with random signs s_i, z_i in {1, -1}.

That is 2^128 exponents, no two of them equal modulo r.  With the endomorphism λ (x, y) = (β x, y) of
zk/msm/endomorphism.py each step doubles the sum and adds s_i P + z_i λ P, which up to sign is one of two affine points,

    P + λ P = -λ² P = (β² x, -y)        P - λ P, by a chord of slope -2y / ((β - 1) x).

No addition meets an exceptional case.  The sum before step i is (a + λ b) P with a and b odd.  Its double is ±P ± λ P
only when a' + λ b' = 0 modulo r for some odd a' and b' below 2^66, and there are none: a'^2 - a' b' + b'^2 would be a
multiple of r.  For the same reason no two exponents are equal and none is zero.

Source: Bellare, Garay, Rabin, "Fast batch verification for modular exponentiation and digital signatures" (EUROCRYPT
1998), the small exponents test.
"""

import numpy as np

from zk import entropy
from zk.curves import weierstrass
from zk.fields import fp, memory
from zk.fields.prime import MONTGOMERY, P, R
from zk.fields.words import words
from zk.msm import endomorphism
from zk.runtime.cpu import LANES
from zk.runtime.jit import inner, kernel

BITS = 64  # signs s_i, and as many z_i
BYTES = 2 * BITS // 8  # of randomness for an exponent

_BETA = words(endomorphism.BETA * MONTGOMERY % P)
_BETA_SQUARED = words(endomorphism.BETA**2 * MONTGOMERY % P)
_SLOPE = words(-2 * pow(endomorphism.BETA - 1, -1, P) * MONTGOMERY % P)


def draw(count: int) -> np.ndarray:
    """The random signs of `count` exponents, uint8 (count, 16): s_i is 1 where bit i is set, z_i where bit 64 + i."""
    return np.frombuffer(entropy.token(BYTES * count), np.uint8).reshape(count, BYTES)


def scalars(signs: np.ndarray) -> list[int]:
    """The exponents modulo r that these signs stand for."""
    halves = (2 * half - (1 << BITS) + 1 for half in signs.view("<u8").ravel().tolist())
    return [(a + endomorphism.LAMBDA * b) % R for a, b in zip(halves, halves, strict=True)]


def _masks(signs: np.ndarray) -> np.ndarray:
    """(n / LANES, 64, 2): for every step the lanes with s_i = 1, and those with s_i = z_i."""
    bits = np.unpackbits(signs.reshape(-1, LANES, 2, BITS // 8), axis=3, bitorder="little")
    pairs = np.stack((bits[:, :, 0], 1 ^ bits[:, :, 0] ^ bits[:, :, 1]), axis=-1)
    return np.packbits(pairs, axis=1, bitorder="little")[:, 0]


@inner
def _difference(x, y):
    """P - λ P.  1 inverse, 4 mul, 1 square."""
    slope = fp.mul(fp.mul(y, fp.constant(_SLOPE, x)), fp.inverse(x))
    other = fp.mul(x, fp.constant(_BETA, x))
    x3 = fp.sub(fp.sub(fp.square(slope), x), other)
    return x3, fp.sub(fp.mul(slope, fp.sub(x, x3)), y)


@inner
def _weigh(x, y, masks):
    """t·(x, y) in XYZZ form; ZZ and ZZZ are zero for (0, 0).  64 doublings and additions."""
    both_x, both_y = fp.mul(x, fp.constant(_BETA_SQUARED, x)), fp.neg(y)
    apart_x, apart_y = _difference(x, y)
    one = fp.one(x)
    total = x, y, one, one
    for i in range(BITS - 1, -1, -1):
        step_x = fp.select(masks[i, 1], both_x, apart_x)
        step_y = fp.select(masks[i, 1], both_y, apart_y)
        step_y = fp.select(masks[i, 0], step_y, fp.neg(step_y))
        if i == BITS - 1:
            total = step_x, step_y, one, one
        else:
            total = weierstrass.add_mixed_incomplete(weierstrass.double(total), step_x, step_y)
    return total


@kernel
def _multiply(points: np.ndarray, masks: np.ndarray, result: np.ndarray) -> None:
    """result[i] = t_i·points[i], for a multiple of LANES points."""
    for i in range(masks.shape[0]):
        x, y = memory.load_lanes(points[:, 0], i * LANES, 1), memory.load_lanes(points[:, 1], i * LANES, 1)
        x, y = weierstrass.to_affine(_weigh(x, y, masks[i]))
        memory.store_lanes(result[:, 0], i * LANES, 1, fp.canonical(x))
        memory.store_lanes(result[:, 1], i * LANES, 1, fp.canonical(y))


def multiply(points: np.ndarray, signs: np.ndarray) -> np.ndarray:
    """Each affine point (n, 2, 4) of G1 times the exponent of its row of `signs`."""
    count = len(points)
    padding = -count % LANES
    points = np.concatenate((points, np.zeros((padding, *points.shape[1:]), np.uint64)))
    result = np.empty_like(points)
    _multiply(points, _masks(np.concatenate((signs, np.zeros((padding, BYTES), np.uint8)))), result)
    return result[:count]
