"""Sums of products with one reduction: right on random numbers, and where every number is as large as it may be."""

import itertools
import random

import numpy as np
import pytest

from tests.zk.fields.edges import corpus
from zk.fields import accumulator, array, fr, limbs52, memory, simd
from zk.fields.prime import MONTGOMERY, R
from zk.runtime import cpu
from zk.runtime.jit import kernel

LAZY = 2 * R + 2**210  # what a lazy lane is below
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
    """As `run_one`, on eight elements kept in a row; the constants are the same for all."""
    like = memory.reload(elements, 0)
    total = accumulator.start(memory.load(start, 0), like)
    for i in range(count):
        total = accumulator.add(total, memory.load(constants, i), memory.reload_like(elements, i, like))
    memory.spill(result, 0, accumulator.total(total))


def kept_row(numbers):
    """Eight numbers as `keep` writes them."""
    return np.array([limbs52.limbs(number) for number in numbers], np.uint64).T.ravel()


def numbers_kept(row):
    """The eight numbers, and that their limbs have no more than 52 bits."""
    limbs = row.reshape(limbs52.LIMBS, simd.LANES).T.tolist()
    assert all(limb < 1 << limbs52.LIMB_BITS for number in limbs for limb in number)
    return [sum(limb << (limbs52.LIMB_BITS * i) for i, limb in enumerate(number)) for number in limbs]


def cases(largest):
    """Pairs of up to seven constants and elements: all as large as they may be, edges, random."""
    chance = random.Random(11)
    for count in range(accumulator.MAX_PRODUCTS + 1):
        yield [R - 1] * count, [largest] * count
        yield [chance.choice(corpus(R)) for _ in range(count)], [chance.choice(corpus(R)) for _ in range(count)]
        for _ in range(10):
            yield [chance.randrange(R) for _ in range(count)], [chance.randrange(largest + 1) for _ in range(count)]


def test_a_sum_of_one_element_is_canonical_and_right():
    for (constants, elements), start in itertools.product(cases(R - 1), (0, R - 1, 2**190 + 3)):
        result = np.empty((1, 4), np.uint64)
        run_one(array.plain([start]), array.plain(constants), array.plain(elements), len(constants), result)
        assert array.from_plain(result) == [(start + sum(map(int.__mul__, constants, elements))) * INVERSE % R]


@needs_lanes
def test_a_sum_of_eight_elements_is_lazy_and_right_in_every_lane():
    chance = random.Random(12)
    for (constants, elements), start in itertools.product(cases(LAZY - 1), (0, R - 1, 2**190 + 3)):
        lanes = [[element, LAZY - 1, 0, *(chance.randrange(LAZY) for _ in range(5))] for element in elements]
        kept, result = np.zeros((8, memory.SCRATCH_WORDS), np.uint64), np.empty((1, memory.SCRATCH_WORDS), np.uint64)
        for i, numbers in enumerate(lanes):
            kept[i] = kept_row(numbers)
        run_eight(array.plain([start]), array.plain(constants), kept, len(constants), result)
        for lane, found in enumerate(numbers_kept(result[0])):
            expected = start + sum(constant * numbers[lane] for constant, numbers in zip(constants, lanes))
            assert found % R == expected * INVERSE % R and found < LAZY


def test_one_product_more_than_may_be_is_noticed_by_these_cases():
    """The bound is not idle: with many more of the largest products, what one element is reduced from is too large."""
    most = 2**512 // (R - 1) ** 2
    assert most > accumulator.MAX_PRODUCTS
    constants = [R - 1] * (most + 1)
    result = np.empty((1, 4), np.uint64)
    run_one(array.plain([0]), array.plain(constants), array.plain(constants), most + 1, result)
    assert array.from_plain(result) != [(most + 1) * (R - 1) ** 2 * INVERSE % R]
