"""Multi-scalar multiplication agrees with the sum of single multiplications for all kinds of points and scalars."""

import random
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings, strategies

from tests.zk.fields.edges import elements
from zk.curves import bn254, g1, g2
from zk.fields import array
from zk.fields.prime import R
from zk.msm import endomorphism, pippenger, window_tables

GROUPS = [
    SimpleNamespace(arrays=g1, generator=bn254.G1, run=pippenger.g1, start=pippenger.start_g1),
    SimpleNamespace(arrays=g2, generator=bn254.G2, run=pippenger.g2, start=pippenger.start_g2),
]
BOTH = pytest.mark.parametrize("group", GROUPS, ids=["G1", "G2"])

LOGARITHMS = [0, 1, 1, R - 1, 2, 3, R - 3, *(random.Random(5).randrange(R) for _ in range(9))]
POINTS = {id(group): [bn254.multiply(k, group.generator) for k in LOGARITHMS] for group in GROUPS}


def check(group, choices, scalars):
    """Checks that Σ scalar·point is the generator times Σ scalar·logarithm."""
    points = group.arrays.encode(POINTS[id(group)][i] for i in choices)
    total = sum(s * LOGARITHMS[i] for s, i in zip(scalars, choices, strict=True))
    expected = bn254.multiply(total % R, group.generator)
    assert group.run(points, array.plain(scalars)) == expected
    table = window_tables.table(points)
    assert group.start(table, array.plain(scalars)).result() == expected


@BOTH
def test_every_small_size_is_right(group):
    generator = random.Random(1)
    for count in range(71):
        choices = [generator.randrange(len(LOGARITHMS)) for _ in range(count)]
        check(group, choices, [generator.randrange(R) for _ in range(count)])


@BOTH
def test_sizes_with_a_task_for_each_window_are_right(group):
    generator = random.Random(2)
    for count in (511, 512, 513, 2000):
        choices = [generator.randrange(len(LOGARITHMS)) for _ in range(count)]
        check(group, choices, [generator.randrange(R) for _ in range(count)])


@BOTH
@pytest.mark.parametrize("count", [1, 9, 600])
def test_scalars_most_of_which_are_zero_are_right(group, count):
    generator = random.Random(count)
    for filled in {0, 1, count // 2 - 1, count // 2, count // 2 + 1} & set(range(count + 1)):
        choices = [generator.randrange(len(LOGARITHMS)) for _ in range(count)]
        places = set(generator.sample(range(count), filled))
        check(group, choices, [generator.randrange(1, R) if i in places else 0 for i in range(count)])


@BOTH
@settings(max_examples=25)
@given(data=strategies.data())
def test_any_mixture_of_points_and_scalars_is_right(group, data):
    terms = data.draw(strategies.lists(strategies.tuples(strategies.integers(0, len(LOGARITHMS) - 1), elements(R))))
    check(group, [i for i, _ in terms], [s for _, s in terms])


@BOTH
@pytest.mark.parametrize("scalar", [0, 1, 2, R - 1, R - 2, R // 2, R // 2 + 1, 2**64, 2**253])
@pytest.mark.parametrize("count", [1, 2, 33, 600])
def test_one_scalar_for_all_points_and_one_point_for_all_scalars_are_right(group, scalar, count):
    check(group, [7] * count, [scalar] * count)


@BOTH
def test_points_that_cancel_leave_the_identity(group):
    for scalars in ([5, 5], [R - 1, R - 1], [1, 1] * 300):
        check(group, [1, 3] * (len(scalars) // 2), scalars)
        points = group.arrays.encode([POINTS[id(group)][i] for i in (1, 3)] * (len(scalars) // 2))
        assert group.run(points, array.plain(scalars)) is None


@BOTH
def test_identity_points_contribute_nothing(group):
    check(group, [0] * 5, [1, 2, 3, R - 1, 0])
    check(group, [0, 7, 0, 8], [R - 1, 2, 3, R - 5])


@BOTH
def test_concurrent_multiplications_do_not_interfere(group):
    generator = random.Random(3)
    pending, expected = [], []
    for count in (700, 3, 600, 0):
        choices = [generator.randrange(len(LOGARITHMS)) for _ in range(count)]
        scalars = [generator.randrange(R) for _ in range(count)]
        points = group.arrays.encode(POINTS[id(group)][i] for i in choices)
        pending.append(group.start(window_tables.table(points), array.plain(scalars)))
        expected.append(sum(s * LOGARITHMS[i] for s, i in zip(scalars, choices, strict=True)) % R)
    assert [p.result() for p in pending] == [bn254.multiply(k, group.generator) for k in expected]


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 100, 600])
@pytest.mark.parametrize("has_multiples", [True, False], ids=["tables", "points alone"])
def test_the_same_scalars_over_both_groups_are_right_at_once(count, has_multiples):
    """Neither group's points are at the same place as the other's, and some are the identity in one group alone."""
    generator = random.Random(count)
    choices = [[generator.randrange(len(LOGARITHMS)) for _ in range(count)] for _ in GROUPS]
    scalars = [generator.choice((0, 1, R - 1, generator.randrange(R))) for _ in range(count)]
    points = [group.arrays.encode(POINTS[id(group)][i] for i in of) for group, of in zip(GROUPS, choices, strict=True)]
    in_g1, in_g2 = (window_tables.table(each) if has_multiples else each[np.newaxis] for each in points)
    pending_g2, pending_g1 = pippenger.start_both(in_g2, in_g1, array.plain(scalars))
    for group, of, pending in zip(GROUPS, choices, (pending_g1, pending_g2), strict=True):
        total = sum(scalar * LOGARITHMS[i] for scalar, i in zip(scalars, of, strict=True)) % R
        assert pending.result() == bn254.multiply(total, group.generator)


def test_both_groups_at_once_are_right_when_only_one_has_tables():
    points_g1, points_g2 = (group.arrays.encode(POINTS[id(group)]) for group in GROUPS)
    scalars = [R // 3 - i for i in range(len(LOGARITHMS))]
    total = sum(s * k for s, k in zip(scalars, LOGARITHMS, strict=True)) % R
    for tables in ((window_tables.table(points_g2), points_g1[np.newaxis]),
                   (points_g2[np.newaxis], window_tables.table(points_g1))):  # fmt: skip
        in_g2, in_g1 = (pending.result() for pending in pippenger.start_both(*tables, array.plain(scalars)))
        assert (in_g1, in_g2) == (bn254.multiply(total, bn254.G1), bn254.multiply(total, bn254.G2))


def test_both_groups_at_once_refuse_what_each_refuses_alone():
    one_g1, one_g2 = (group.arrays.encode([group.generator]) for group in GROUPS)
    tables = window_tables.table(one_g2), window_tables.table(one_g1)
    for g2_table, g1_table in (tables, (one_g2[np.newaxis], one_g1[np.newaxis])):
        with pytest.raises(ValueError, match="not below r"):
            pippenger.start_both(g2_table, g1_table, array.plain([R]))
        with pytest.raises(ValueError, match="one scalar for each point"):
            pippenger.start_both(g2_table, g1_table, array.plain([1, 2]))
    two_g1 = window_tables.table(GROUPS[0].arrays.encode([GROUPS[0].generator] * 2))
    with pytest.raises(ValueError, match="one scalar for each point"):
        pippenger.start_both(tables[0], two_g1, array.plain([1]))


@BOTH
def test_read_only_arrays_are_accepted(group):
    points, scalars = group.arrays.encode(POINTS[id(group)]), array.plain(range(len(LOGARITHMS)))
    expected = group.run(points, scalars)
    points.flags.writeable = scalars.flags.writeable = False
    assert group.run(points, scalars) == expected


@BOTH
def test_an_unreduced_scalar_is_refused(group):
    points = group.arrays.encode([group.generator])
    for bad in (R, R + 1, 2**255, 2**256 - 1):
        with pytest.raises(ValueError, match="not below r"):
            group.run(points, array.plain([bad]))


@BOTH
def test_another_number_of_scalars_than_points_is_refused(group):
    points = group.arrays.encode([group.generator] * 3)
    for count in (0, 2, 4):
        with pytest.raises(ValueError, match="one scalar for each point"):
            group.run(points, array.plain(range(count)))


@BOTH
def test_a_table_has_the_multiples_of_each_point(group):
    points = POINTS[id(group)]
    table = window_tables.table(group.arrays.encode(points))
    assert table.shape == (window_tables.LEVELS, len(points), *group.arrays.SHAPE)
    for level, row in enumerate(table):
        assert group.arrays.decode(row) == [bn254.multiply(2 ** (64 * level), point) for point in points]


@BOTH
def test_a_table_with_another_number_of_levels_is_refused(group):
    points = group.arrays.encode([group.generator])
    with pytest.raises(ValueError, match="one scalar for each point"):
        group.start(np.stack([points, points]), array.plain([1]))


EDGE_SCALARS = [0, 1, 2, R - 1, R - 2, R // 2, R // 2 + 1, 2**253, 2**127, endomorphism.LAMBDA, R - endomorphism.LAMBDA]


@BOTH
def test_images_are_multiples_by_lambda(group):
    points = POINTS[id(group)]
    images = group.arrays.decode(endomorphism.images(group.arrays.encode(points)))
    assert images == [bn254.multiply(endomorphism.LAMBDA, point) for point in points]


def signed(value):
    return (2**255 - value) if value >> 255 else value


@settings(max_examples=50)
@given(strategies.lists(elements(R), min_size=1))
def test_halves_are_short_and_combine_to_the_scalar(scalars):
    scalars = scalars + EDGE_SCALARS
    halves = [signed(value) for value in array.from_plain(endomorphism.split(array.plain(scalars)))]
    assert max(map(abs, halves)) < 2**endomorphism.HALF_BITS
    for scalar, first, second in zip(scalars, halves[: len(scalars)], halves[len(scalars) :], strict=True):
        assert (first + endomorphism.LAMBDA * second - scalar) % R == 0
