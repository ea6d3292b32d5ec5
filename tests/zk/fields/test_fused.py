"""Products in lanes that are settled together with what is subtracted from them (zk/fields/limbs52.py).

Values are the numbers that lanes hold, not Montgomery forms of others; a product is a·b / 2^256.
"""

import random

import numpy as np
import pytest

from tests.zk.fields import lanes
from tests.zk.fields.test_lanes import EXCESS, UNIT, extremes, near
from zk.fields import fp, fp2, limbs52, memory
from zk.fields.limbs52 import Constant, Element, operation
from zk.fields.prime import MONTGOMERY, P
from zk.runtime.jit import kernel

pytestmark = lanes.NEEDED

LARGEST = 2 * P + (1 << 211)  # below which `settle` leaves a number, in Fp
OVER = pow(MONTGOMERY, -1, P)
_P = limbs52.limbs(P)


@operation(Element, Element, Constant)
def _settle_any(emit, columns, p):
    return limbs52.settle(emit, columns, p, may_be_below=True, may_be_above=True)


@operation(Element, Element, Constant)
def _settle_below(emit, columns, p):
    return limbs52.settle(emit, columns, p, may_be_below=True)


@operation(Element, Element, Constant)
def _settle_negative(emit, columns, p):
    return limbs52.settle(emit, columns, p)


@operation(Element, Element, Constant)
def _settle_above(emit, columns, p):
    return limbs52.settle(emit, columns, p, may_be_negative=False, may_be_above=True)


@kernel
def run_settle(kind, columns, result):
    for i in range(columns.shape[0]):
        a = memory.reload(columns, i)
        if kind == 0:
            a = _settle_any(a, _P)
        elif kind == 1:
            a = _settle_below(a, _P)
        elif kind == 2:
            a = _settle_negative(a, _P)
        else:
            a = _settle_above(a, _P)
        memory.spill(result, i, a)


def as_columns(values: list[int], generator: random.Random) -> np.ndarray:
    """The values as five signed columns of up to 2^61, with carries not propagated; eight to a row."""
    rows = np.zeros((-(-len(values) // 8), 5, 8), np.int64)
    for i, value in enumerate(values):
        most = generator.choice([0, 1, 1 << 51, (1 << 61) - 1])
        low = [generator.choice([-most, most, generator.randint(-most, most)]) for _ in range(4)]
        rest = value - sum(column << 52 * k for k, column in enumerate(low))
        low[0] += rest % (1 << 52)
        low[1] += (rest >> 52) % (1 << 52)
        low[2] += (rest >> 104) % (1 << 52)
        low[3] += (rest >> 156) % (1 << 52)
        rows[i // 8, :, i % 8] = [*low, rest >> 208]
    return rows.reshape(-1, 40).view(np.uint64)


@pytest.mark.parametrize(
    "kind, least, most",
    [(0, -4 * P - (1 << 242), 4 * P), (1, -4 * P - (1 << 242), 2 * P), (2, -2 * P, 2 * P), (3, 0, 4 * P)],
    ids=["below and above", "below", "negative", "above"],
)
def test_settle_leaves_an_equal_number_below_2p_whatever_the_carries(kind, least, most):
    generator = random.Random(kind)
    edges = near([k * P // 2 for k in range(-8, 9)] + [least, most])
    tops = [(k * P // UNIT + d) * UNIT + e for k in range(-4, 5) for d in range(-4, 5) for e in (-1, 0, 1)]
    values = [v for v in [*edges, *tops, *(generator.randrange(least, most) for _ in range(200))] if least < v < most]
    values = [v for v in values for _ in range(8)]
    columns = as_columns(values, generator)
    result = np.empty_like(columns)
    run_settle(kind, columns, result)
    for value, settled in zip(values, lanes.unpack(result, len(values)), strict=True):
        assert (settled - value) % P == 0 and 0 <= settled < LARGEST


@kernel
def run_fused(left, right, less, products, squares):
    for i in range(left.shape[0]):
        a, b, c = memory.reload(left, i), memory.reload(right, i), memory.reload(less, i)
        memory.spill(products, i, fp.mul_sub(a, b, c))
        memory.spill(squares, i, fp.square_sub(a, b, c))


def test_products_and_squares_less_something_are_right_for_all_lazy_numbers():
    generator = random.Random(5)
    lazy = extremes(P, 2 * P + EXCESS)
    triples = [(x, y, z) for x in (0, 1, P, 2 * P, lazy[-1]) for y in (0, P, 2 * P, lazy[-1]) for z in (0, P, lazy[-1])]
    triples += [tuple(generator.choice(lazy) for _ in range(3)) for _ in range(4000)]
    a, b, c = (list(column) for column in zip(*triples, strict=True))
    rows = [lanes.pack(column) for column in (a, b, c)]
    products, squares = np.empty_like(rows[0]), np.empty_like(rows[0])
    run_fused(*rows, products, squares)
    found = zip(triples, lanes.unpack(products, len(a)), lanes.unpack(squares, len(a)), strict=True)
    for (x, y, z), product, square in found:
        assert (product - (x * y * OVER - z)) % P == 0 and 0 <= product < LARGEST
        assert (square - (x * x * OVER - y - z)) % P == 0 and 0 <= square < LARGEST


@kernel
def run_fp2_lazily(left, right, less, result):
    for i in range(left.shape[0]):
        a = memory.reload(left, i, 0), memory.reload(left, i, 1)
        b = memory.reload(right, i, 0), memory.reload(right, i, 1)
        c = memory.reload(less, i, 0), memory.reload(less, i, 1)
        fp2.spill(result, i, fp2.mul_inlined(a, b), 0)
        fp2.spill(result, i, fp2.square_inlined(a), 1)
        fp2.spill(result, i, fp2.mul_sub(a, b, c), 2)
        fp2.spill(result, i, fp2.square_sub(a, b, c), 3)
        fp2.spill(result, i, fp2.mul(a, b), 4)
        fp2.spill(result, i, fp2.square(a), 5)


def _packed(pairs: list[tuple[int, int]]) -> np.ndarray:
    real, imaginary = zip(*pairs, strict=True)
    return np.ascontiguousarray(np.concatenate([lanes.pack(list(real)), lanes.pack(list(imaginary))], axis=1))


def test_products_and_squares_in_fp2_are_right_for_all_lazy_numbers():
    generator = random.Random(6)
    lazy = extremes(P, 2 * P + EXCESS)
    ends = [0, 1, P, 2 * P, lazy[-1]]
    pairs = [(x, y) for x in ends for y in ends]
    rows = [(a, b, generator.choice(pairs)) for a in pairs for b in pairs]
    rows += [tuple((generator.choice(lazy), generator.choice(lazy)) for _ in range(3)) for _ in range(1000)]
    left, right, less = (list(column) for column in zip(*rows, strict=True))
    packed = _packed(left), _packed(right), _packed(less)
    result = np.empty((len(packed[0]), 12 * 40), np.uint64)
    run_fp2_lazily(*packed, result)
    parts = [lanes.unpack(np.ascontiguousarray(result[:, 40 * k : 40 * (k + 1)]), len(rows)) for k in range(12)]
    for i, (a, b, c) in enumerate(rows):
        product = (a[0] * b[0] - a[1] * b[1]) * OVER, (a[0] * b[1] + a[1] * b[0]) * OVER
        square = (a[0] * a[0] - a[1] * a[1]) * OVER, 2 * a[0] * a[1] * OVER
        wanted = [*product, *square, product[0] - c[0], product[1] - c[1]]
        wanted += [square[0] - b[0] - c[0], square[1] - b[1] - c[1], *product, *square]
        for part, number in zip(parts, wanted, strict=True):
            assert (part[i] - number) % P == 0 and 0 <= part[i] < LARGEST
