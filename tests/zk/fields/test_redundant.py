"""The redundant form agrees with Python's integers at the extremes of every bound in zk/fields/redundant.py."""

import itertools

import numpy as np
import pytest

from tests.zk.fields import lanes
from tests.zk.fields.edges import corpus
from zk.fields import limbs52, memory, shoup, simd
from zk.fields.prime import MONTGOMERY, R
from zk.runtime.jit import kernel

pytestmark = lanes.NEEDED

LANES, LIMBS = simd.LANES, limbs52.LIMBS
SPAN = 1 << 260
LIMIT = 84 * R
TINY = 1 << 206


@kernel
def run(left, right, factor_rows, products, sums, differences, reduced):
    """Every operation on numbers in redundant form, row by row; factors come from canonical elements."""
    for i in range(left.shape[0]):
        a, b = memory.reload(left, i), memory.reload(right, i)
        memory.spill(products, i, shoup.mul(a, shoup.precompute(memory.reload(factor_rows, i))))
        memory.spill(sums, i, shoup.add(a, b))
        memory.spill(differences, i, shoup.sub_sum(a, b))
        memory.spill(reduced, i, shoup.reduce_partial(a))


@kernel
def run_final(left, reduced, normalized):
    """What is written to memory: from numbers below 2p, and from numbers below 2^256."""
    for i in range(left.shape[0]):
        memory.spill(reduced, i, shoup.reduce(memory.reload(left, i)))
        memory.spill(normalized, i, shoup.normalize(memory.reload(left, i)))


@kernel
def run_precompute(rows, result):
    """Eight factors from each row."""
    for i in range(rows.shape[0]):
        memory.spill(result, i, shoup.precompute(memory.reload(rows, i)))


@kernel
def run_transpose(rows):
    """Every eight rows transposed."""
    for i in range(0, rows.shape[0], LANES):
        memory.transpose(rows, i)


def spread(rows: np.ndarray, amounts: tuple[int, ...]) -> np.ndarray:
    """The same numbers in other columns: amounts[i] units of column i + 1 move down to column i."""
    signed = rows.view(np.int64).reshape(-1, LIMBS, LANES).copy()
    for i, amount in enumerate(amounts):
        signed[:, i] += amount << limbs52.LIMB_BITS
        signed[:, i + 1] -= amount
    return signed.reshape(rows.shape).view(np.uint64)


def values(rows: np.ndarray, count: int, limit: int) -> list[int]:
    """The numbers in rows (n, 40) of signed columns, each below `limit` in magnitude."""
    signed = rows.view(np.int64).reshape(-1, LIMBS, LANES)
    assert (np.abs(signed) < limit).all()
    places = ((i // LANES, i % LANES) for i in range(count))
    return [sum(int(c) << (limbs52.LIMB_BITS * k) for k, c in enumerate(signed[row, :, lane])) for row, lane in places]


def near(limit: int) -> list[int]:
    """Multiples of p below a limit and their neighbours, and where the highest limb or all limbs change."""
    multiples = [k * R + d for k in range(85) for d in (-1, 0, 1, TINY)]
    tops = [(k * R >> 208 << 208) + d for k in range(1, 85) for d in (-1, 0)]
    return [x for x in {*multiples, *tops, *corpus(R), (1 << 256) - 1, limit - 1} if 0 <= x < limit]


NUMBERS = near(LIMIT)
SPREADS = [(0, 0, 0, 0), (500, -500, 500, -500), (-500, 500, -500, 500), (500,) * 4, (-500,) * 4]


def results(numbers, others, factor_list, amounts):
    rows = spread(lanes.pack(numbers), amounts), spread(lanes.pack(others), amounts[::-1])
    outputs = [np.empty_like(rows[0]) for _ in range(4)]
    run(*rows, lanes.pack([w * MONTGOMERY % R for w in factor_list]), *outputs)
    return outputs


@pytest.mark.parametrize("amounts", SPREADS)
@pytest.mark.parametrize("factor", [0, 1, 2, R // 2, R - 2, R - 1, (1 << 252) - 1, R >> 52 << 52])
def test_mul_is_below_2p_for_any_columns(factor, amounts):
    products = results(NUMBERS, NUMBERS, [factor] * len(NUMBERS), amounts)[0]
    for a, result in zip(NUMBERS, values(products, len(NUMBERS), 1 << 57), strict=True):
        assert (result - a * factor) % R == 0 and 0 <= result < 2 * R + TINY
        assert a >= 40 * R or result < 3 * R // 2


def test_mul_takes_any_number_of_five_limbs():
    numbers = [SPAN - 1, SPAN - 2, SPAN - (1 << 208), sum(((1 << 52) - 1) << (104 * i) for i in range(3))]
    for factor in (1, R - 1, R // 3):
        products = results(numbers, numbers, [factor] * len(numbers), SPREADS[0])[0]
        for a, result in zip(numbers, values(products, len(numbers), 1 << 57), strict=True):
            assert (result - a * factor) % R == 0 and 0 <= result < 2 * R + TINY


@pytest.mark.parametrize("amounts", SPREADS)
def test_add_and_sub_sum_work_column_by_column(amounts):
    small = [x for x in NUMBERS if x < 16 * R]
    a, b = map(list, zip(*itertools.product(small[::5], small[::5]), strict=True))
    _, sums, differences, _ = results(a, b, [1] * len(a), amounts)
    assert values(sums, len(a), 1 << 63) == [x + y for x, y in zip(a, b, strict=True)]
    assert values(differences, len(a), 1 << 63) == [x - y + 16 * R for x, y in zip(a, b, strict=True)]


@pytest.mark.parametrize("amounts", SPREADS)
def test_reduce_partial_leaves_less_than_1_65_p(amounts):
    reduced = results(NUMBERS, NUMBERS, [1] * len(NUMBERS), amounts)[3]
    for a, result in zip(NUMBERS, values(reduced, len(NUMBERS), 1 << 54), strict=True):
        assert (result - a) % R == 0 and 0 <= 100 * result < 165 * R


@pytest.mark.parametrize("amounts", SPREADS)
def test_reduce_and_normalize_leave_limbs_that_memory_can_hold(amounts):
    for numbers, place, claim in (
        ([x for x in NUMBERS if x < 2 * R], 0, lambda x: x % R),
        ([x for x in NUMBERS if x < 1 << 256], 1, lambda x: x),
    ):
        rows = spread(lanes.pack(numbers), amounts)
        outputs = np.empty_like(rows), np.empty_like(rows)
        run_final(rows, *outputs)
        assert lanes.unpack(outputs[place], len(numbers)) == [claim(x) for x in numbers]


def test_a_factor_carries_its_precomputed_quotient():
    plain = [x for x in {*corpus(R), R // 3, R - 7, 1 << 253} if x < R]
    rows = lanes.pack([w * MONTGOMERY % R for w in plain])
    factors = np.empty((len(rows), 2 * LIMBS * LANES), np.uint64)
    run_precompute(rows, factors)
    halves = factors.reshape(len(rows), 2, LIMBS * LANES)
    assert lanes.unpack(np.ascontiguousarray(halves[:, 0]), len(plain)) == plain
    assert lanes.unpack(np.ascontiguousarray(halves[:, 1]), len(plain)) == [w * SPAN // R for w in plain]


def test_transpose_swaps_rows_and_lanes_and_is_its_own_inverse():
    numbers = [(i << 208) + (7 * i << 104) + i for i in range(2 * LANES * LANES)]
    rows = lanes.pack(numbers)
    before = rows.copy()
    run_transpose(rows)
    grid = np.arange(2 * LANES * LANES).reshape(2, LANES, LANES).transpose(0, 2, 1).ravel()
    assert lanes.unpack(rows, len(numbers)) == [numbers[i] for i in grid]
    run_transpose(rows)
    assert (rows == before).all()
