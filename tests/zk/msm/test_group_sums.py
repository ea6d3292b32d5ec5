"""Sums of groups are right for groups with every exceptional case, in every lane, and around every batch boundary.

Points come from `fixed_base` and their logarithms; the expected sum is the generator times the sum of the logarithms.
"""

import itertools
import random
from types import SimpleNamespace

import numpy as np
import pytest

from zk.curves import g1, g2
from zk.fields import array
from zk.fields.prime import R
from zk.msm import batch_affine, fixed_base, group_sums, lanepoints, pieces

GROUPS = [
    SimpleNamespace(name="G1", arrays=g1, make=fixed_base.g1),
    SimpleNamespace(name="G2", arrays=g2, make=fixed_base.g2),
]
BOTH = pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)

STEP, BATCH = 2 * lanepoints.LANES, batch_affine._BATCH * lanepoints.LANES


def check(group, groups: list[list[int]]) -> None:
    """Checks the sum of each group of logarithms.  Every second point is stored negated, and negated by its entry."""
    logarithms = [k for each in groups for k in each]
    points = group.make(array.plain([(-k if i % 2 else k) % R for i, k in enumerate(logarithms)]))
    entries = np.array([2 * i + i % 2 for i in range(len(logarithms))], np.int32)
    starts = np.array([0, *itertools.accumulate(map(len, groups))], np.int64)
    expected = group.make(array.plain([sum(each) % R for each in groups]))
    assert (group_sums.sum_groups(points, entries, starts) == expected).all()


def distinct(count: int) -> list[int]:
    """Logarithms that are neither equal nor opposite nor small."""
    return [pow(5, i + 100, R) for i in range(count)]


@BOTH
@pytest.mark.parametrize("count", sorted({n * STEP + d for n in (0, 1, 2, 3) for d in (-1, 0, 1) if n * STEP + d >= 0}))
def test_sums_are_right_for_any_number_of_pairs_around_a_step(group, count):
    logarithms = distinct(2 * count)
    check(group, [logarithms[2 * i : 2 * i + 2] for i in range(count)])


@pytest.mark.parametrize("count", [BATCH - 1, BATCH, BATCH + 1, 2 * BATCH + 1])
def test_sums_are_right_for_any_number_of_pairs_around_a_batch(count):
    check(GROUPS[0], [[3 * i + 1, 5 * i + 2] for i in range(count)])


EXCEPTIONS = {
    "a point twice": (7, 7),
    "a point and its opposite": (7, -7),
    "the identity first": (0, 7),
    "the identity last": (7, 0),
    "two identities": (0, 0),
}


@BOTH
@pytest.mark.parametrize("exception", EXCEPTIONS)
def test_an_exceptional_pair_in_any_lane_does_not_affect_the_others(group, exception):
    logarithms = distinct(4 * STEP)
    ordinary = [logarithms[2 * i : 2 * i + 2] for i in range(2 * STEP)]
    for lane in range(2 * STEP):
        check(group, [*ordinary[:lane], list(EXCEPTIONS[exception]), *ordinary[lane + 1 :]])
    check(group, [list(EXCEPTIONS[exception])] * (2 * STEP))


@BOTH
def test_exceptional_pairs_side_by_side_in_any_order_are_right(group):
    generator = random.Random(4)
    for _ in range(20):
        check(group, [list(generator.choice([*EXCEPTIONS.values(), (3, 4)])) for _ in range(3 * STEP + 1)])


@BOTH
@pytest.mark.parametrize("pattern", [(1,), (1, -1), (1, 1, -1, -1), (0,), (0, 1), (1, 2, 3, 4, -10)])
def test_groups_that_double_or_cancel_in_every_round_are_right_at_every_size(group, pattern):
    sizes = [*range(71), 127, 128, 129, 255, 256, 257]
    check(group, [list(itertools.islice(itertools.cycle(pattern), size)) for size in sizes])


@BOTH
def test_groups_of_every_size_at_once_are_right(group):
    generator = random.Random(5)
    for _ in range(5):
        sizes = [generator.choice((0, 1, 2, 3, generator.randrange(40))) for _ in range(60)]
        check(group, [[generator.randrange(R) for _ in range(size)] for size in sizes])


@BOTH
@pytest.mark.parametrize("size", [d + n * pieces.LONGEST for n in (1, 2, 3) for d in (-1, 0, 1)])
def test_groups_that_are_cut_are_right_beside_those_that_are_not(group, size):
    generator = random.Random(size)
    check(group, [[generator.randrange(R) for _ in range(n)] for n in (1, size, 0, size, 2, 5)])
    check(group, [[7] * size, [7, -7] * size, [0] * size, [1, 2, 3] * (size // 2), [4]])


def test_the_pieces_of_a_group_may_be_so_many_that_they_are_cut_again():
    size = pieces.LONGEST**2 + 1
    check(GROUPS[0], [[3, 4], list(range(1, size + 1)), [], [5] * size])


@pytest.mark.parametrize("beyond", [-1, 0, 1])
def test_groups_that_fill_a_chunk_to_the_last_row_are_right(beyond):
    """In G1, whose points are 64 bytes: a row of sums for each two entries of LANES groups."""
    rows = group_sums._CHUNK_BYTES // (64 * lanepoints.LANES)
    many, rest = [list(range(1, 61))] * (rows // 30 * lanepoints.LANES), list(range(9, 9 + 2 * (rows % 30 + beyond)))
    check(GROUPS[0], [*many, *[rest] * lanepoints.LANES, [5, 6], [], [7]])
