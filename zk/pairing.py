"""The optimal ate pairing of BN254, and products of pairings with one final exponentiation.

e(P, Q) = (f · l_{T,ψ(Q)}(P) · l_{T',-ψ²(Q)}(P)) ^ ((p^12 - 1) / r), with f from the Miller loop of length 6x + 2 over
Q, T = (6x + 2) Q and T' = T + ψ(Q).  In a product all loops share their squarings.  The lines depend on the point of G2
only, so for a fixed point they are computed once, which leaves a third of its loop.

Sources: Vercauteren, "Optimal pairings" (IEEE Transactions on Information Theory 56, 2010), section IV.A; Costello,
Stebila, "Fixed argument pairings" (LATINCRYPT 2010), section 3, for the lines of fixed points.
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
    """The loop as rows (operation, power of ψ, sign); the last two describe the point to add to a running point."""
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
    """The running point of one pair, or of eight pairs."""
    x, y = fp2.reload_like(running, index, like), fp2.reload_like(running, index, like, 1)
    return x, y, fp2.reload_like(running, index, like, 2)


@inner
def _store(running, index, point):
    """Writes the running point of one pair, or of eight pairs."""
    fp2.spill(running, index, point[0], 0)
    fp2.spill(running, index, point[1], 1)
    fp2.spill(running, index, point[2], 2)


@inner
def _chord(point, other, power, sign):
    """point + sign·ψ^power(other) and the chord."""
    for _ in range(power):
        other = lines.frobenius(other)
    if sign < 0:
        other = other[0], fp2.neg(other[1])
    return lines.add(point, other)


@inner
def _advance(running, right, index, step, like):
    """Advances the running point of one pair, or of eight pairs, by one step; returns the line."""
    point = _load(running, index, like)
    if _STEPS[step, 0] == _DOUBLE:
        point, line = lines.double(point)
    else:
        other = fp2.reload_like(right, index, like), fp2.reload_like(right, index, like, 1)
        point, line = _chord(point, other, _STEPS[step, 1], _STEPS[step, 2])
    _store(running, index, point)
    return line


@inner
def _step(f, scaled, right, running, step, like):
    """Advances the loops of all pairs by one step."""
    if _STEPS[step, 0] == _DOUBLE:
        fp12.spill(f, 0, fp12.square(fp12.reload_like(f, 0, like)))
    for i in range(scaled.shape[0]):
        line = _advance(running, right, i, step, like)
        point = fp2.reload_like(scaled, i, like)
        fp12.spill(f, 0, lines.multiply(fp12.reload_like(f, 0, like), line, point))


@inner
def _start(right, running, f, like):
    """Sets every running point to its point of G2, and f[0] = 1."""
    for i in range(right.shape[0]):
        x, y = fp2.reload_like(right, i, like), fp2.reload_like(right, i, like, 1)
        _store(running, i, (x, y, fp2.one(like)))
    fp12.spill(f, 0, fp12.one(like))


@kernel
def _line_coefficients(right: np.ndarray, coefficients: np.ndarray) -> None:
    """coefficients[i, step] = the line of point i of G2 in this step, divided by l0."""
    running, unused = np.empty((right.shape[0], 3, 2, 4), np.uint64), np.empty((1, 6, 2, 4), np.uint64)
    _start(right, running, unused, fp2.ONE)
    for i in range(right.shape[0]):
        for step in range(_STEPS.shape[0]):
            l1, l3 = lines.normalise(_advance(running, right, i, step, fp2.ONE))
            fp2.store(coefficients[i, step], 0, l1)
            fp2.store(coefficients[i, step], 1, l3)


@inner
def _scaled_points(points):
    """(x / y, 1 / y) of affine points of G1 with one inversion; (0, 0) for the identity.  5 mul for each point."""
    scaled = np.empty_like(points)
    product = fp.ONE
    for i in range(points.shape[0]):
        memory.store(scaled, i, product)
        y = memory.load(points, i, 1)
        if not fp.is_zero(y):
            product = fp.mul(product, y)
    inverse = fp.inverse(product)
    for i in range(points.shape[0] - 1, -1, -1):
        x, y = weierstrass.load(points, i)
        one_inverse = fp.ZERO
        if not fp.is_zero(y):
            one_inverse = fp.mul(inverse, memory.load(scaled, i))
            inverse = fp.mul(inverse, y)
        weierstrass.store(scaled, i, (fp.mul(x, one_inverse), one_inverse))
    return scaled


@kernel
def _miller_loop(
    left: np.ndarray, right: np.ndarray, fixed_left: np.ndarray, coefficients: np.ndarray, f: np.ndarray
) -> None:
    """f[0] = the product of the Miller loops of (left[i], right[i]) and (fixed_left[i], the point of coefficients[i]).

    An identity on the left contributes nothing.
    """
    running = np.empty((right.shape[0], 3, 2, 4), np.uint64)
    scaled, fixed = _scaled_points(left), _scaled_points(fixed_left)
    _start(right, running, f, fp2.ONE)
    for step in range(_STEPS.shape[0]):
        _step(f, scaled, right, running, step, fp2.ONE)
        for i in range(fixed.shape[0]):
            line = fp2.load(coefficients[i, step], 0), fp2.load(coefficients[i, step], 1)
            point = weierstrass.load(fixed, i)
            fp12.spill(f, 0, lines.multiply_normalised(fp12.reload_like(f, 0, fp2.ONE), line, point))


@inner
def _multiply_lanes(f, value):
    """value[0] = the product of the lanes of f[0]."""
    rows = np.empty((LANES, 6, 2, 4), np.uint64)
    for i in range(6):
        fp2.store_lanes(rows, 0, 1, fp2.canonical(fp2.reload(f, 0, i)), i)
    product = fp12.reload_like(rows, 0, fp2.ONE)
    for i in range(1, LANES):
        product = fp12.mul(product, fp12.reload_like(rows, i, fp2.ONE))
    fp12.spill(value, 0, product)


@inner
def _scaled_point(point):
    """(x / y, 1 / y) of an affine point of G1; (0, 0) for the identity."""
    inverse = fp.inverse(point[1])
    return fp.mul(point[0], inverse), inverse


@kernel
def _miller_loop_in_lanes(left: np.ndarray, right: np.ndarray, value: np.ndarray) -> None:
    """value[0] = the product of the Miller loops of (left[i], right[i]), for a multiple of LANES pairs."""
    count = left.shape[0] // LANES
    scaled = np.empty((count, 2, memory.SCRATCH_WORDS), np.uint64)
    others = np.empty((count, 2, 2, memory.SCRATCH_WORDS), np.uint64)
    for i in range(count):
        fp2.spill(scaled, i, _scaled_point(fp2.load_lanes(left, i * LANES, 1)))
        fp2.spill(others, i, fp2.load_lanes(right, i * LANES, 1, 0), 0)
        fp2.spill(others, i, fp2.load_lanes(right, i * LANES, 1, 1), 1)
    running = np.empty((count, 3, 2, memory.SCRATCH_WORDS), np.uint64)
    f = np.empty((1, 6, 2, memory.SCRATCH_WORDS), np.uint64)
    like = fp2.load_lanes(left, 0, 1)
    _start(others, running, f, like)
    for step in range(_STEPS.shape[0]):
        _step(f, scaled, others, running, step, like)
    _multiply_lanes(f, value)


def line_coefficients(right: np.ndarray) -> np.ndarray:
    """The line coefficients of points of G2 in every step, (n, steps, 2, 2, 4): 11 KiB for each point."""
    coefficients = np.empty((len(right), *_NO_LINES.shape[1:]), np.uint64)
    _line_coefficients(right, coefficients)
    return coefficients


def miller_loop(
    left: np.ndarray, right: np.ndarray, fixed: np.ndarray = _NO_POINTS, coefficients: np.ndarray = _NO_LINES
) -> np.ndarray:
    """The product of the Miller loops of (left[i], right[i]) and of (fixed[i], the point of coefficients[i]).

    Points are affine Montgomery words of G1 and G2; the identity, allowed in G1 only, contributes nothing.  The
    result, (6, 2, 4) words, is unique only after `final_exponentiation`.
    """
    value = np.empty((1, 6, 2, 4), np.uint64)
    _miller_loop(left, right, fixed, coefficients, value)
    return value[0]


def miller_loops(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """As `miller_loop` for many pairs, in lanes and on the pool: (n, 6, 2, 4) values, the factors of the product."""
    padding = -len(left) % LANES
    left = np.concatenate((left, np.zeros((padding, *g1.SHAPE), np.uint64)))
    right = np.concatenate((right, *[g2.GENERATOR] * padding))
    vectors = len(left) // LANES
    tasks = min(vectors, parallel.threads())
    ends = [LANES * (vectors * i // tasks) for i in range(tasks + 1)]
    values = np.empty((tasks, 6, 2, 4), np.uint64)
    parts = [(left[a:b], right[a:b], values[i : i + 1]) for i, (a, b) in enumerate(pairwise(ends))]
    parallel.map(lambda part: _miller_loop_in_lanes(*part), parts)
    return values


def final_exponentiation(values: np.ndarray) -> np.ndarray:
    """Π e(P, Q), (6, 2, 4) words, from an array of results of `miller_loop`."""
    registers = np.empty((cyclotomic.REGISTERS, 6, 2, 4), np.uint64)
    cyclotomic.final_exponentiation(values, registers)
    return registers[0]


def is_one(values: np.ndarray) -> bool:
    """Whether Π e(P, Q) = 1, from an array of results of `miller_loop`."""
    return np.array_equal(final_exponentiation(values), _ONE)


def product(pairs: list[tuple[G1Point, G2Point]]) -> tuple[int, ...]:
    """Π e(P, Q) as twelve canonical ints: c0 and c1 of the coefficients of w^0 to w^5."""
    return tuple(array.decode(FP, final_exponentiation(_miller_loop_of(pairs)).reshape(12, 4)))


def product_is_one(pairs: list[tuple[G1Point, G2Point]]) -> bool:
    """Whether Π e(P, Q) = 1."""
    return is_one(_miller_loop_of(pairs))


def _miller_loop_of(pairs: list[tuple[G1Point, G2Point]]) -> np.ndarray:
    return miller_loop(g1.encode(pair[0] for pair in pairs), g2.encode(pair[1] for pair in pairs))[None]
