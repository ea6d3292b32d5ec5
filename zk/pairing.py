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
from zk.jit import inner, kernel

_DOUBLE, _ADD = range(2)


def _steps() -> np.ndarray:
    """The loop as rows (operation, power of ψ, sign): what is added to the running points, if not they themselves."""
    rows = []
    for digit in cyclotomic.non_adjacent_form(6 * BN_X + 2)[1:]:
        rows.append((_DOUBLE, 0, 0))
        if digit:
            rows.append((_ADD, 0, digit))
    return np.array([*rows, (_ADD, 1, 1), (_ADD, 2, -1)])


_STEPS = _steps()
_ONE = (1,) + (0,) * 11


@inner
def _load(running, index):
    """The running point of one pair."""
    row = running[index]
    return fp2.load(row, 0), fp2.load(row, 1), fp2.load(row, 2)


@inner
def _store(running, index, point):
    """Write the running point of one pair."""
    row = running[index]
    fp2.store(row, 0, point[0])
    fp2.store(row, 1, point[1])
    fp2.store(row, 2, point[2])


@inner
def _double(f, running, left):
    """f[0] = f[0]^2 times the tangents at all running points, which are doubled."""
    fp12.store(f, 0, fp12.square(fp12.load(f, 0)))
    for i in range(left.shape[0]):
        point, line = lines.double(_load(running, i))
        _store(running, i, point)
        fp12.store(f, 0, lines.multiply(fp12.load(f, 0), line, weierstrass.load(left, i)))


@inner
def _add(f, running, left, right, power, sign):
    """f[0] times the chords from all running points to sign·ψ^power of the points of G2, which are added to them."""
    for i in range(left.shape[0]):
        other = weierstrass.load(right, i)
        for _ in range(power):
            other = lines.frobenius(other)
        if sign < 0:
            other = other[0], fp2.neg(other[1])
        point, line = lines.add(_load(running, i), other)
        _store(running, i, point)
        fp12.store(f, 0, lines.multiply(fp12.load(f, 0), line, weierstrass.load(left, i)))


@kernel
def _miller(left, right, f):
    """f[0] = the product of the Miller loops of the pairs (left[i], right[i])."""
    running = np.empty((left.shape[0], 3, 2, 4), np.uint64)
    for i in range(left.shape[0]):
        x, y = weierstrass.load(right, i)
        _store(running, i, (x, y, fp2.ONE))
    fp12.store(f, 0, fp12.ONE)
    for i in range(_STEPS.shape[0]):
        if _STEPS[i, 0] == _DOUBLE:
            _double(f, running, left)
        else:
            _add(f, running, left, right, _STEPS[i, 1], _STEPS[i, 2])


def product(pairs: list[tuple[G1Point, G2Point]]) -> tuple[int, ...]:
    """Π e(P, Q) as twelve canonical ints: c0 and c1 of the coefficient of w^i, for i from 0 to 5."""
    left, right = g1.encode(pair[0] for pair in pairs), g2.encode(pair[1] for pair in pairs)
    registers = np.zeros((cyclotomic.REGISTERS, 6, 2, 4), np.uint64)
    _miller(left, right, registers)
    cyclotomic.final_exponentiation(registers)
    return tuple(array.decode(FP, registers[0].reshape(12, 4)))


def product_is_one(pairs: list[tuple[G1Point, G2Point]]) -> bool:
    """Whether Π e(P, Q) = 1.  A pair with the identity contributes nothing and is left out by the caller."""
    return product(pairs) == _ONE
