"""The optimal ate pairing of BN254, and products of pairings under one final exponentiation.

e(P, Q) = (f · l_{T,ψ(Q)}(P) · l_{T',-ψ²(Q)}(P)) ^ ((p^12 - 1) / r), with f from the Miller loop of length 6x + 2 over
Q, T = (6x + 2) Q and T' = T + ψ(Q).  In a product all loops share their squarings.

Source: Vercauteren, "Optimal pairings" (IEEE Transactions on Information Theory 56, 2010), section IV.A.
"""

import numpy as np

from zk.curves import g1, g2, lines, weierstrass
from zk.curves.bn254 import G1Point, G2Point
from zk.fields import array, cyclotomic, fp2, fp12
from zk.fields.prime import BN_X, FP
from zk.jit import kernel

_LOOP = cyclotomic.non_adjacent_form(6 * BN_X + 2)
_ONE = (1,) + (0,) * 11


@kernel
def _load(running, index):
    """The running point of one pair."""
    row = running[index]
    return fp2.load(row, 0), fp2.load(row, 1), fp2.load(row, 2)


@kernel
def _store(running, index, point):
    """Write the running point of one pair."""
    row = running[index]
    fp2.store(row, 0, point[0])
    fp2.store(row, 1, point[1])
    fp2.store(row, 2, point[2])


@kernel
def _double(f, running, left):
    """f times the tangents at all running points, which are doubled."""
    for i in range(left.shape[0]):
        point, line = lines.double(_load(running, i))
        _store(running, i, point)
        f = lines.multiply(f, line, weierstrass.load(left, i))
    return f


@kernel
def _add(f, running, left, right, frobenius, negate):
    """f times the chords from all running points to ±ψ^frobenius of the points of G2, which are added to them."""
    for i in range(left.shape[0]):
        other = weierstrass.load(right, i)
        for _ in range(frobenius):
            other = lines.frobenius(other)
        if negate:
            other = other[0], fp2.neg(other[1])
        point, line = lines.add(_load(running, i), other)
        _store(running, i, point)
        f = lines.multiply(f, line, weierstrass.load(left, i))
    return f


@kernel
def _miller(left, right):
    """The product of the Miller loops of the pairs (left[i], right[i])."""
    running = np.empty((left.shape[0], 3, 2, 4), np.uint64)
    for i in range(left.shape[0]):
        x, y = weierstrass.load(right, i)
        _store(running, i, (x, y, fp2.ONE))
    f = fp12.ONE
    for digit in _LOOP[1:]:
        f = _double(fp12.square(f), running, left)
        if digit != 0:
            f = _add(f, running, left, right, 0, digit < 0)
    f = _add(f, running, left, right, 1, False)
    return _add(f, running, left, right, 2, True)


@kernel
def _product(left, right, result):
    """result[i] = the coefficient in Fp2 of w^i in the product of the pairings of (left[i], right[i])."""
    value = cyclotomic.final_exponentiation(_miller(left, right))
    for i in range(3):
        fp2.store(result, 2 * i, value[0][i])
        fp2.store(result, 2 * i + 1, value[1][i])


def product(pairs: list[tuple[G1Point, G2Point]]) -> tuple[int, ...]:
    """Π e(P, Q) as twelve canonical ints: c0 and c1 of the coefficient of w^i, for i from 0 to 5."""
    left, right = g1.encode(pair[0] for pair in pairs), g2.encode(pair[1] for pair in pairs)
    result = np.empty((6, 2, 4), np.uint64)
    _product(left, right, result)
    return tuple(array.decode(FP, result.reshape(12, 4)))


def product_is_one(pairs: list[tuple[G1Point, G2Point]]) -> bool:
    """Whether Π e(P, Q) = 1.  A pair with the identity contributes nothing and is left out by the caller."""
    return product(pairs) == _ONE
