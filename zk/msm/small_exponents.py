"""Random multiples t·P of many points of G1, as a batch of equations wants them, in lanes.

t = Σ (s_i + λ z_i) 2^i for i below 64, where the signs s_i and z_i are 1 or -1: 2^128 weights, of which no two are
equal modulo r.  With the endomorphism λ (x, y) = (β x, y) of zk/msm/endomorphism.py each step doubles the sum and adds
s_i P + z_i λ P, which up to sign is one of two affine points,

    P + λ P = -λ² P = (β² x, -y)        P - λ P, by a chord of slope -2y / ((β - 1) x).

No step meets an exception.  The sum before step i is (a + λ b) P with a and b odd.  Twice that is P + λ P or another of
the four only when a' + λ b' = 0 modulo r for some odd a' and b' below 2^66, and there are none: a'^2 - a' b' + b'^2
would be a multiple of r.  For the same reason no two weights are equal and none is zero.
"""

import numpy as np

from zk.curves import weierstrass
from zk.fields import fp
from zk.fields.prime import MONTGOMERY, P, R
from zk.fields.words import words
from zk.msm import endomorphism
from zk.runtime.cpu import LANES
from zk.runtime.jit import inner, kernel

BITS = 64  # in each half of a weight
BYTES = 2 * BITS // 8

_BETA = words(endomorphism.BETA * MONTGOMERY % P)
_BETA_SQUARED = words(endomorphism.BETA**2 * MONTGOMERY % P)
_SLOPE = words(-2 * pow(endomorphism.BETA - 1, -1, P) * MONTGOMERY % P)


def scalars(drawn: np.ndarray) -> list[int]:
    """The weights modulo r that (n, 16) random bytes stand for: s_i is 1 where bit i is set, z_i where bit 64 + i."""
    halves = (2 * half - (1 << BITS) + 1 for half in drawn.view("<u8").ravel().tolist())
    return [(a + endomorphism.LAMBDA * b) % R for a, b in zip(halves, halves)]


def _masks(drawn: np.ndarray) -> np.ndarray:
    """(n / LANES, 64, 2): for every step the lanes where s_i = 1, and those where s_i = z_i."""
    signs = np.unpackbits(drawn.reshape(-1, LANES, 2, BITS // 8), axis=3, bitorder="little")
    pairs = np.stack((signs[:, :, 0], 1 ^ signs[:, :, 0] ^ signs[:, :, 1]), axis=-1)
    return np.packbits(pairs, axis=1, bitorder="little")[:, 0]


@inner
def _add(total, x, y):
    """total + (x, y) in XYZZ form, "madd-2008-s", for points that are neither equal nor opposite.  8 mul, 2 square."""
    p = fp.sub(fp.mul(x, total[2]), total[0])
    r = fp.sub(fp.mul(y, total[3]), total[1])
    pp = fp.square(p)
    ppp = fp.mul(p, pp)
    q = fp.mul(total[0], pp)
    x3 = fp.sub(fp.sub(fp.square(r), ppp), fp.double(q))
    y3 = fp.sub(fp.mul(r, fp.sub(q, x3)), fp.mul(total[1], ppp))
    return x3, y3, fp.mul(total[2], pp), fp.mul(total[3], ppp)


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
            total = _add(weierstrass.double(total), step_x, step_y)
    return total


@kernel
def _multiply(points, masks, result):
    """result[i] = t_i·points[i], for a multiple of LANES points."""
    for i in range(masks.shape[0]):
        x, y = fp.load_lanes(points[:, 0], i * LANES, 1), fp.load_lanes(points[:, 1], i * LANES, 1)
        x, y = weierstrass.to_affine(_weigh(x, y, masks[i]))
        fp.store_lanes(result[:, 0], i * LANES, 1, fp.canonical(x))
        fp.store_lanes(result[:, 1], i * LANES, 1, fp.canonical(y))


def multiply(points: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """The affine points (n, 2, 4) of G1 times the weights that `drawn`, (n, 16) bytes, stands for."""
    count = len(points)
    padding = -count % LANES
    points = np.concatenate((points, np.zeros((padding, *points.shape[1:]), np.uint64)))
    result = np.empty_like(points)
    _multiply(points, _masks(np.concatenate((drawn, np.zeros((padding, BYTES), np.uint8)))), result)
    return result[:count]
