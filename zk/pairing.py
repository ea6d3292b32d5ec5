"""The optimal ate pairing of BN254, and products of pairings under one final exponentiation.

e(P, Q) = (f · l_{T,ψ(Q)}(P) · l_{T',-ψ²(Q)}(P)) ^ ((p^12 - 1) / r), with f from the Miller loop of length 6x + 2 over
Q, T = (6x + 2) Q and T' = T + ψ(Q).  In a product all loops share their squarings.  The lines of a point of G2 depend
on nothing else, so those of a fixed one are prepared once: a third of its loop is left.

Source: Vercauteren, "Optimal pairings" (IEEE Transactions on Information Theory 56, 2010), section IV.A; Costello,
Stebila, "Fixed argument pairings" (LATINCRYPT 2010), section 3, for the prepared lines.
"""

from itertools import pairwise

import numpy as np

from zk.curves import g1, g2, lines, weierstrass
from zk.curves.bn254 import G1Point, G2Point
from zk.fields import array, cyclotomic, fp, fp2, fp12, memory
from zk.fields.prime import BN_X, FP
from zk.runtime import parallel
from zk.runtime.cpu import LANES
from zk.runtime.jit import inner, kernel

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
def _load(running, index, like):
    """The running point of one pair, or of eight."""
    x, y = fp2.reload_like(running, index, like), fp2.reload_like(running, index, like, 1)
    return x, y, fp2.reload_like(running, index, like, 2)


@inner
def _store(running, index, point):
    """Write the running point of one pair, or of eight."""
    fp2.spill(running, index, point[0], 0)
    fp2.spill(running, index, point[1], 1)
    fp2.spill(running, index, point[2], 2)


@inner
def _chord(point, other, power, sign):
    """point + sign·ψ^power(other), and the chord."""
    for _ in range(power):
        other = lines.frobenius(other)
    if sign < 0:
        other = other[0], fp2.neg(other[1])
    return lines.add(point, other)


@inner
def _advance(running, right, index, step, like):
    """One step of the running point of one pair, or of eight; its line."""
    point = _load(running, index, like)
    if _STEPS[step, 0] == _DOUBLE:
        point, line = lines.double(point)
    else:
        other = fp2.reload_like(right, index, like), fp2.reload_like(right, index, like, 1)
        point, line = _chord(point, other, _STEPS[step, 1], _STEPS[step, 2])
    _store(running, index, point)
    return line


@inner
def _step(f, places, right, running, step, like):
    """One step of the loops of all pairs."""
    if _STEPS[step, 0] == _DOUBLE:
        fp12.spill(f, 0, fp12.square(fp12.reload_like(f, 0, like)))
    for i in range(places.shape[0]):
        line = _advance(running, right, i, step, like)
        place = fp2.reload_like(places, i, like)
        fp12.spill(f, 0, lines.multiply(fp12.reload_like(f, 0, like), line, place))


@inner
def _start(right, running, f, like):
    """Every running point at its point of G2, and f[0] = 1."""
    for i in range(right.shape[0]):
        x, y = fp2.reload_like(right, i, like), fp2.reload_like(right, i, like, 1)
        _store(running, i, (x, y, fp2.one(like)))
    fp12.spill(f, 0, fp12.one(like))


@kernel
def _prepare(right, prepared):
    """prepared[i, step] = the prepared line of point i of G2 in each step of the loop."""
    running, unused = np.empty((right.shape[0], 3, 2, 4), np.uint64), np.empty((1, 6, 2, 4), np.uint64)
    _start(right, running, unused, fp2.ONE)
    for i in range(right.shape[0]):
        for step in range(_STEPS.shape[0]):
            l1, l3 = lines.prepare(_advance(running, right, i, step, fp2.ONE))
            fp2.store(prepared[i, step], 0, l1)
            fp2.store(prepared[i, step], 1, l3)


@inner
def _places(points):
    """(x / y, 1 / y) of affine points of G1, (0, 0) for the identity, with one inversion.  5 mul for each."""
    places = np.empty_like(points)
    product = fp.ONE
    for i in range(points.shape[0]):
        memory.store(places, i, product)
        y = memory.load(points, i, 1)
        if not fp.is_zero(y):
            product = fp.mul(product, y)
    inverse = fp.inverse(product)
    for i in range(points.shape[0] - 1, -1, -1):
        x, y = weierstrass.load(points, i)
        one_inverse = fp.ZERO
        if not fp.is_zero(y):
            one_inverse = fp.mul(inverse, memory.load(places, i))
            inverse = fp.mul(inverse, y)
        weierstrass.store(places, i, (fp.mul(x, one_inverse), one_inverse))
    return places


@kernel
def _miller(left, right, fixed_left, prepared, f):
    """f[0] = the product of the Miller loops of the pairs (left[i], right[i]), and of those of fixed_left[i] with the
    point of G2 that prepared[i] was made from.  An identity on the left contributes nothing."""
    running = np.empty((right.shape[0], 3, 2, 4), np.uint64)
    places, fixed = _places(left), _places(fixed_left)
    _start(right, running, f, fp2.ONE)
    for step in range(_STEPS.shape[0]):
        _step(f, places, right, running, step, fp2.ONE)
        for i in range(fixed.shape[0]):
            line = fp2.load(prepared[i, step], 0), fp2.load(prepared[i, step], 1)
            fp12.spill(f, 0, lines.multiply_prepared(fp12.reload_like(f, 0, fp2.ONE), line, weierstrass.load(fixed, i)))


@inner
def _fold(f, value):
    """value[0] = the product over the lanes of f[0]."""
    rows = np.empty((LANES, 6, 2, 4), np.uint64)
    for i in range(6):
        fp2.store_lanes(rows, 0, 1, fp2.canonical(fp2.reload(f, 0, i)), i)
    product = fp12.reload_like(rows, 0, fp2.ONE)
    for i in range(1, LANES):
        product = fp12.mul(product, fp12.reload_like(rows, i, fp2.ONE))
    fp12.spill(value, 0, product)


@inner
def _place(point):
    """(x / y, 1 / y) of an affine point of G1, (0, 0) for the identity."""
    inverse = fp.inverse(point[1])
    return fp.mul(point[0], inverse), inverse


@kernel
def _miller_in_lanes(left, right, value):
    """value[0] = the product of the Miller loops of the pairs (left[i], right[i]), a multiple of LANES."""
    count = left.shape[0] // LANES
    places = np.empty((count, 2, memory.SCRATCH_WORDS), np.uint64)
    others = np.empty((count, 2, 2, memory.SCRATCH_WORDS), np.uint64)
    for i in range(count):
        fp2.spill(places, i, _place(fp2.load_lanes(left, i * LANES, 1)))
        fp2.spill(others, i, fp2.load_lanes(right, i * LANES, 1, 0), 0)
        fp2.spill(others, i, fp2.load_lanes(right, i * LANES, 1, 1), 1)
    running = np.empty((count, 3, 2, memory.SCRATCH_WORDS), np.uint64)
    f = np.empty((1, 6, 2, memory.SCRATCH_WORDS), np.uint64)
    like = fp2.load_lanes(left, 0, 1)
    _start(others, running, f, like)
    for step in range(_STEPS.shape[0]):
        _step(f, places, others, running, step, like)
    _fold(f, value)


def prepare(right: np.ndarray) -> np.ndarray:
    """The lines of points of G2, (n, steps, 2, 2, 4): 11 KiB for each point."""
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


def millers(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """As `miller` for many pairs, in lanes and on the pool: (n, 6, 2, 4), values whose product is the one wanted."""
    padding = -len(left) % LANES
    left = np.concatenate((left, np.zeros((padding, *g1.SHAPE), np.uint64)))
    right = np.concatenate((right, *[g2.GENERATOR] * padding))
    vectors = len(left) // LANES
    tasks = min(vectors, parallel.threads())
    ends = [LANES * (vectors * i // tasks) for i in range(tasks + 1)]
    values = np.empty((tasks, 6, 2, 4), np.uint64)
    parts = [(left[a:b], right[a:b], values[i : i + 1]) for i, (a, b) in enumerate(pairwise(ends))]
    parallel.map(lambda part: _miller_in_lanes(*part), parts)
    return values


def exponentiated(values: np.ndarray) -> np.ndarray:
    """Π e(P, Q), (6, 2, 4) words, from an array of values that `miller` gave."""
    registers = np.empty((cyclotomic.REGISTERS, 6, 2, 4), np.uint64)
    cyclotomic.final_exponentiation(values, registers)
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
