"""Elements move between memory and lanes unchanged, for any order, stride and type of indices.

zk/fields/memory.py goes by `cpu.LANES`, so these tests run the path of this process: one lane or eight.
"""

import itertools
import random

import numpy as np
import pytest

from tests.zk.fields.edges import corpus
from zk.fields import array, fp2, memory, views
from zk.fields.prime import FP
from zk.runtime import cpu
from zk.runtime.jit import kernel

LANES, ROWS = cpu.LANES, 40
VALUES = [*corpus(FP.modulus), *map(random.Random(1).randrange, [FP.modulus] * ROWS)][:ROWS]


@kernel
def copy(rows, index, step, result, to, to_step):
    """result[to + k·to_step] = rows[index + k·step] for every lane k."""
    memory.store_lanes(result, to, to_step, memory.load_lanes(rows, index, step))


@kernel
def permute(rows, places, first, shift, result, targets, at):
    """result[targets[at + k]] = rows[places[first + k] >> shift] for every lane k."""
    memory.scatter(result, targets, at, memory.gather(rows, places, first, shift))


@kernel
def permute_pairs(rows, places, shift, scratch, targets, result):
    """As `permute`, for Fp2, through `spill` and `reload`."""
    fp2.spill(scratch, 1, fp2.gather(rows, places, 0, shift))
    fp2.scatter(result, targets, 0, fp2.reload(scratch, 1))


@kernel
def copy_pairs(rows, index, step, result):
    """As `copy`, for Fp2, to the same rows."""
    fp2.store_lanes(result, index, step, fp2.load_lanes(rows, index, step))


@kernel
def move_parts(rows, places, part, to_part, scratch, targets, result):
    """Part `to_part` of result[targets[k]] = part `part` of rows[places[k] >> 1], through views and scratch."""
    rows, places = views.borrow(rows), views.borrow(places)
    scratch, result = views.borrow(scratch), views.borrow(result)
    memory.spill(scratch, 1, memory.gather(rows, places, 0, 1, part), part)
    memory.scatter(result, views.borrow(targets), 0, memory.reload(scratch, 1, part), to_part)
    memory.store_lanes(result, 0, 1, memory.load_lanes(rows, 0, 1, part), to_part)


@kernel
def odd(places, first):
    """The mask of the odd indices."""
    return views.odd_lanes(places, first)


def table() -> np.ndarray:
    """Forty distinct rows."""
    return array.plain(VALUES)


def test_the_rows_are_all_different():
    assert len(set(VALUES)) == ROWS


@pytest.mark.parametrize("step", [1, 2, 3, 5, -1])
@pytest.mark.parametrize("to_step", [1, 4])
def test_rows_at_any_stride_are_copied(step, to_step):
    reach = (LANES - 1) * step
    for index in range(max(0, -reach), ROWS - max(0, reach)):
        rows, result = table(), np.zeros((ROWS, 4), np.uint64)
        copy(rows, index, step, result, 2, to_step)
        expected = np.zeros((ROWS, 4), np.uint64)
        for k in range(LANES):
            expected[2 + k * to_step] = rows[index + k * step]
        assert (result == expected).all(), "the rows, and nothing beside them"


def test_the_last_rows_are_copied_and_nothing_beyond_them_is_touched():
    whole = np.concatenate((table(), np.full((1, 4), 2**64 - 1, np.uint64)))
    rows = whole[:ROWS]
    copy(table(), ROWS - LANES, 1, rows, 0, 1)
    copy(table(), 0, 1, rows, ROWS - LANES, 1)
    assert (rows[:LANES] == table()[-LANES:]).all() and (rows[-LANES:] == table()[:LANES]).all()
    assert (rows[LANES:-LANES] == table()[LANES:-LANES]).all() and (whole[ROWS] == 2**64 - 1).all()


def test_pairs_are_copied_as_elements_of_fp2():
    pairs = table().reshape(ROWS // 2, 2, 4)
    result = np.zeros_like(pairs)
    for index in range(0, ROWS // 2 - LANES + 1):
        result[:] = 0
        copy_pairs(pairs, index, 1, result)
        assert (result[index : index + LANES] == pairs[index : index + LANES]).all()
        assert np.count_nonzero(result.any(axis=(1, 2))) == LANES


@pytest.mark.parametrize("kind", [np.int32, np.int64])
@pytest.mark.parametrize("shift", [0, 1, 25])
def test_any_permutation_is_gathered_and_scattered(kind, shift):
    """Bits below the shift are ignored; with 25 of them, an index of 64 would reach the sign bit of an int32."""
    rows, generator = table(), random.Random(shift)
    for _ in range(40):
        chosen, targets = generator.sample(range(ROWS), ROWS), generator.sample(range(ROWS), ROWS)
        places = np.array([row << shift | generator.getrandbits(shift) for row in chosen], kind)
        first, at = generator.randrange(ROWS - LANES + 1), generator.randrange(ROWS - LANES + 1)
        result, expected = np.zeros((ROWS, 4), np.uint64), np.zeros((ROWS, 4), np.uint64)
        permute(rows, places, first, shift, result, np.array(targets, kind), at)
        for k in range(LANES):
            expected[targets[at + k]] = rows[chosen[first + k]]
        assert (result == expected).all()


def test_any_lane_can_gather_any_row():
    for lane, row in itertools.product(range(LANES), range(ROWS)):
        places = np.full(LANES, 7, np.int32)
        places[lane] = row
        result = np.zeros((LANES, 4), np.uint64)
        permute(table(), places, 0, 0, result, np.arange(LANES, dtype=np.int32), 0)
        assert (result == table()[places]).all()


def test_spilled_pairs_are_reloaded_unchanged():
    pairs, generator = table().reshape(ROWS // 2, 2, 4), random.Random(3)
    for _ in range(20):
        chosen, targets = generator.sample(range(ROWS // 2), LANES), generator.sample(range(ROWS // 2), LANES)
        places = np.array([2 * row + generator.randrange(2) for row in chosen], np.int32)
        scratch, result = np.zeros((3, 2, memory.SCRATCH_WORDS), np.uint64), np.zeros_like(pairs)
        permute_pairs(pairs, places, 1, scratch, np.array(targets, np.int32), result)
        assert (result[targets] == pairs[chosen]).all() and np.count_nonzero(result.any(axis=(1, 2))) == LANES
        assert not scratch[0].any() and not scratch[2].any()


@pytest.mark.parametrize("kind", [np.int32, np.int64])
def test_parts_of_rows_move_through_views_and_nothing_else_changes(kind):
    """Rows of two elements; the first LANES rows of the result are copied, and the others scattered to."""
    rows, generator = table().reshape(ROWS // 2, 2, 4), random.Random(6)
    for part, to_part in itertools.product(range(2), repeat=2):
        chosen, targets = generator.sample(range(ROWS // 2), LANES), generator.sample(range(LANES, ROWS // 2), LANES)
        places = np.array([2 * row + generator.randrange(2) for row in chosen], kind)
        scratch, result = np.zeros((3, 2, memory.SCRATCH_WORDS), np.uint64), np.zeros_like(rows)
        move_parts(rows, places, part, to_part, scratch, np.array(targets, kind), result)
        expected = np.zeros_like(rows)
        expected[:LANES, to_part], expected[targets, to_part] = rows[:LANES, part], rows[chosen, part]
        assert (result == expected).all()
        assert scratch[1, part].any() and not scratch[1, 1 - part].any()
        assert not scratch[0].any() and not scratch[2].any()


@pytest.mark.parametrize("kind", [np.int32, np.int64])
def test_every_pattern_of_odd_indices_gives_its_mask(kind):
    for mask in range(1 << LANES):
        places = [2 * (k * 1000 + mask) + (mask >> k & 1) for k in range(LANES)]
        assert odd(np.array([5, *places, 5], kind), 1) == mask
        assert odd(np.array([5, *(p - 2**31 for p in places), 5], kind), 1) == mask
