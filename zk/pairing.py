"""The optimal ate pairing of BN254, and products of pairings under one final exponentiation.

e(P, Q) = (f · l_{T,ψ(Q)}(P) · l_{T',-ψ²(Q)}(P)) ^ ((p^12 - 1) / r), with f from the Miller loop of length 6x + 2 over
Q, T = (6x + 2) Q and T' = T + ψ(Q).  In a product all loops share their squarings.  The lines of a point of G2 depend on
nothing else, so those of a fixed one are prepared once: a third of its loop is left.

Source: Vercauteren, "Optimal pairings" (IEEE Transactions on Information Theory 56, 2010), section IV.A; Costello,
Stebila, "Fixed argument pairings" (LATINCRYPT 2010), section 3, for the prepared lines.
"""

from collections.abc import Iterable

import numpy as np

from zk.curves import g1, g2, lines, weierstrass
from zk.curves.bn254 import G1Point, G2Point
from zk.fields import array, cyclotomic, fp, fp2, fp12
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
_ONE = array.encode(FP, [1] + [0] * 11).reshape(6, 2, 4)
_NO_LINES = np.empty((0, len(_STEPS), 2, 2, 4), np.uint64)
_NO_POINTS = np.empty((0, *g1.SHAPE), np.uint64)


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
def _start(right):
    """The running points at the start of the loop: those of G2 themselves."""
    running = np.empty((right.shape[0], 3, 2, 4), np.uint64)
    for i in range(right.shape[0]):
        x, y = weierstrass.load(right, i)
        _store(running, i, (x, y, fp2.ONE))
    return running


@inner
def _chord(point, other, power, sign):
    """point + sign·ψ^power(other), and the chord."""
    for _ in range(power):
        other = lines.frobenius(other)
    if sign < 0:
        other = other[0], fp2.neg(other[1])
    return lines.add(point, other)


@inner
def _advance(running, right, index, step):
    """One step of the running point of one pair; its line."""
    if _STEPS[step, 0] == _DOUBLE:
        point, line = lines.double(_load(running, index))
    else:
        other = weierstrass.load(right, index)
        point, line = _chord(_load(running, index), other, _STEPS[step, 1], _STEPS[step, 2])
    _store(running, index, point)
    return line


@kernel
def _prepare(right, prepared):
    """prepared[i, step] = the prepared line of point i of G2 in each step of the loop."""
    running = _start(right)
    for i in range(right.shape[0]):
        for step in range(_STEPS.shape[0]):
            l1, l3 = lines.prepare(_advance(running, right, i, step))
            fp2.store(prepared[i, step], 0, l1)
            fp2.store(prepared[i, step], 1, l3)


@inner
def _places(points):
    """(x / y, 1 / y) of affine points of G1, (0, 0) for the identity, with one inversion.  5 mul for each."""
    places = np.empty_like(points)
    product = fp.ONE
    for i in range(points.shape[0]):
        fp.store(places[i], 0, product)
        y = fp.load(points[i], 1)
        if not fp.is_zero(y):
            product = fp.mul(product, y)
    inverse = fp.inverse(product)
    for i in range(points.shape[0] - 1, -1, -1):
        x, y = weierstrass.load(points, i)
        one_inverse = fp.ZERO
        if not fp.is_zero(y):
            one_inverse = fp.mul(inverse, fp.load(places[i], 0))
            inverse = fp.mul(inverse, y)
        weierstrass.store(places, i, (fp.mul(x, one_inverse), one_inverse))
    return places


@kernel
def _miller(left, right, fixed_left, prepared, f):
    """f[0] = the product of the Miller loops of the pairs (left[i], right[i]), and of those of fixed_left[i] with the
    point of G2 that prepared[i] was made from.  An identity on the left contributes nothing."""
    running = _start(right)
    places, fixed = _places(left), _places(fixed_left)
    fp12.store(f, 0, fp12.ONE)
    for step in range(_STEPS.shape[0]):
        if _STEPS[step, 0] == _DOUBLE:
            fp12.store(f, 0, fp12.square(fp12.load(f, 0)))
        for i in range(left.shape[0]):
            line = _advance(running, right, i, step)
            fp12.store(f, 0, lines.multiply(fp12.load(f, 0), line, weierstrass.load(places, i)))
        for i in range(fixed.shape[0]):
            line = fp2.load(prepared[i, step], 0), fp2.load(prepared[i, step], 1)
            fp12.store(f, 0, lines.multiply_prepared(fp12.load(f, 0), line, weierstrass.load(fixed, i)))


@kernel
def _exponentiated(values, registers):
    """registers[0] = the final exponentiation of the product of the values."""
    product = fp12.ONE
    for i in range(values.shape[0]):
        product = fp12.mul(product, fp12.load(values, i))
    fp12.store(registers, 0, product)
    cyclotomic.final_exponentiation(registers)


def prepare(points: Iterable[G2Point]) -> np.ndarray:
    """The lines of points of G2, (n, steps, 2, 2, 4): 11 KiB for each point."""
    right = g2.encode(points)
    prepared = np.empty((len(right), *_NO_LINES.shape[1:]), np.uint64)
    _prepare(right, prepared)
    return prepared


def miller(
    left: np.ndarray, right: np.ndarray, fixed: np.ndarray = _NO_POINTS, prepared: np.ndarray = _NO_LINES
) -> np.ndarray:
    """The product of the Miller loops of the pairs (left[i], right[i]) and (fixed[i], the point of prepared[i]).

    Affine Montgomery words of G1 and G2; the identity, allowed in G1 only, contributes nothing.  What comes back,
    (6, 2, 4) words, is one of many values that `exponentiated` makes equal.
    """
    value = np.empty((1, 6, 2, 4), np.uint64)
    _miller(left, right, fixed, prepared, value)
    return value[0]


def exponentiated(values: np.ndarray) -> np.ndarray:
    """Π e(P, Q), (6, 2, 4) words, from an array of values that `miller` gave."""
    registers = np.empty((cyclotomic.REGISTERS, 6, 2, 4), np.uint64)
    _exponentiated(values, registers)
    return registers[0]


def is_one(values: np.ndarray) -> bool:
    """Whether Π e(P, Q) = 1, from an array of values that `miller` gave."""
    return np.array_equal(exponentiated(values), _ONE)


def product(pairs: list[tuple[G1Point, G2Point]]) -> tuple[int, ...]:
    """Π e(P, Q) as twelve canonical ints: c0 and c1 of the coefficient of w^i, for i from 0 to 5."""
    return tuple(array.decode(FP, exponentiated(_miller_of(pairs)).reshape(12, 4)))


def product_is_one(pairs: list[tuple[G1Point, G2Point]]) -> bool:
    """Whether Π e(P, Q) = 1."""
    return is_one(_miller_of(pairs))


def _miller_of(pairs: list[tuple[G1Point, G2Point]]) -> np.ndarray:
    return miller(g1.encode(pair[0] for pair in pairs), g2.encode(pair[1] for pair in pairs))[None]
