"""Dot products with one reduction are right on random numbers and where every number is as large as allowed."""

import itertools
import random

import numpy as np
import pytest

from tests.zk.fields.edges import corpus
from zk.fields import accumulator, array, fr, limbs52, memory, simd
from zk.fields.prime import MONTGOMERY, R
from zk.runtime import cpu
from zk.runtime.jit import kernel

LAZY = 2 * R + 2**210  # the bound of a lazy lane
INVERSE = pow(MONTGOMERY, -1, R)

needs_lanes = pytest.mark.skipif(cpu.LANES == 1, reason="this run has one lane")


@kernel
def run_one(start, constants, elements, count, result):
    """result = start[0] + Σ constants[i]·elements[i] for i < count, divided by 2^256."""
    total = accumulator.start(memory.load(start, 0), fr.ZERO)
    for i in range(count):
        total = accumulator.add(total, memory.load(constants, i), memory.load(elements, i))
    memory.store(result, 0, accumulator.total(total))


@kernel
def run_eight(start, constants, elements, count, result):
    """As `run_one`, on eight elements spilled to a row; the constants are the same for all."""
    like = memory.reload(elements, 0)
    total = accumulator.start(memory.load(start, 0), like)
    for i in range(count):
        total = accumulator.add(total, memory.load(constants, i), memory.reload_like(elements, i, like))
    memory.spill(result, 0, accumulator.total(total))


def spilled(numbers):
    """Eight numbers as `memory.spill` writes them."""
    return np.array([limbs52.limbs(number) for number in numbers], np.uint64).T.ravel()


def numbers_in(row):
    """The eight numbers in a row; their limbs must have no more than 52 bits."""
    limbs = row.reshape(limbs52.LIMBS, simd.LANES).T.tolist()
    assert all(limb < 1 << limbs52.LIMB_BITS for number in limbs for limb in number)
    return [sum(limb << (limbs52.LIMB_BITS * i) for i, limb in enumerate(number)) for number in limbs]


def cases(largest):
    """Up to seven pairs of a constant and an element: all as large as allowed, edge values, random ones."""
    chance = random.Random(11)
    for count in range(accumulator.MAX_PRODUCTS + 1):
        yield [R - 1] * count, [largest] * count
        yield [chance.choice(corpus(R)) for _ in range(count)], [chance.choice(corpus(R)) for _ in range(count)]
        for _ in range(10):
            yield [chance.randrange(R) for _ in range(count)], [chance.randrange(largest + 1) for _ in range(count)]


def test_the_dot_product_of_one_element_is_right_and_canonical():
    for (constants, elements), start in itertools.product(cases(R - 1), (0, R - 1, 2**190 + 3)):
        result = np.empty((1, 4), np.uint64)
        run_one(array.plain([start]), array.plain(constants), array.plain(elements), len(constants), result)
        assert array.from_plain(result) == [(start + sum(map(int.__mul__, constants, elements))) * INVERSE % R]


@needs_lanes
def test_the_dot_product_of_eight_elements_is_right_and_lazy_in_every_lane():
    chance = random.Random(12)
    for (constants, elements), start in itertools.product(cases(LAZY - 1), (0, R - 1, 2**190 + 3)):
        lanes = [[element, LAZY - 1, 0, *(chance.randrange(LAZY) for _ in range(5))] for element in elements]
        rows, result = np.zeros((8, memory.SCRATCH_WORDS), np.uint64), np.empty((1, memory.SCRATCH_WORDS), np.uint64)
        for i, numbers in enumerate(lanes):
            rows[i] = spilled(numbers)
        run_eight(array.plain([start]), array.plain(constants), rows, len(constants), result)
        for lane, value in enumerate(numbers_in(result[0])):
            expected = start + sum(constant * numbers[lane] for constant, numbers in zip(constants, lanes, strict=True))
            assert value % R == expected * INVERSE % R and value < LAZY


@kernel
def run_pairs(left, right, count, result):
    """result = Σ left[i]·right[i] for i < count, divided by 2^256, in as many lanes as the CPU has."""
    like = memory.reload(left, 0)
    total = accumulator.start(fr.ZERO, like)
    for i in range(count):
        total = accumulator.add_product(total, memory.reload(left, i), memory.reload(right, i))
    memory.spill(result, 0, accumulator.total_of_many(total))


@needs_lanes
def test_many_products_of_two_elements_are_right_in_every_lane_up_to_the_largest():
    chance, most = random.Random(13), accumulator.MANY
    for count in (0, 1, 7, 8, 60, most):
        sides = [[R - 1, R - 1, 0, *(chance.randrange(R) for _ in range(3)), 1, R // 2] for _ in range(2 * count)]
        left, right = sides[:count], sides[count:]
        rows = np.zeros((2, most, memory.SCRATCH_WORDS), np.uint64)
        result = np.empty((1, memory.SCRATCH_WORDS), np.uint64)
        for i in range(count):
            rows[0, i], rows[1, i] = spilled(left[i]), spilled(right[i])
        run_pairs(rows[0], rows[1], count, result)
        for lane, value in enumerate(numbers_in(result[0])):
            total = sum(a[lane] * b[lane] for a, b in zip(left, right, strict=True))
            assert value % R == total * INVERSE % R and value < LAZY


def test_too_many_products_overflow_so_the_cases_reach_the_bound():
    """With many more of the largest products, the sum does not fit into eight words."""
    most = 2**512 // (R - 1) ** 2
    assert most > accumulator.MAX_PRODUCTS
    constants = [R - 1] * (most + 1)
    result = np.empty((1, 4), np.uint64)
    run_one(array.plain([0]), array.plain(constants), array.plain(constants), most + 1, result)
    assert array.from_plain(result) != [(most + 1) * (R - 1) ** 2 * INVERSE % R]
