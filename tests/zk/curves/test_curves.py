"""The group law of the kernels, sums of groups and multiples of the generators agree with the textbook."""

import random
from types import SimpleNamespace

import numpy as np
import pytest

from zk.curves import bn254, g1, g2, weierstrass
from zk.fields import array
from zk.fields.prime import R
from zk.msm import fixed_base, group_sums
from zk.runtime.jit import kernel

ADD, DOUBLE, ADD_AFFINE = range(3)

GROUPS = [
    SimpleNamespace(arrays=g1, generator=bn254.G1, multiples=fixed_base.g1),
    SimpleNamespace(arrays=g2, generator=bn254.G2, multiples=fixed_base.g2),
]
BOTH = pytest.mark.parametrize("group", GROUPS, ids=["G1", "G2"])


@kernel
def run(operation, left, right, result):
    """result[i] = left[i] operation right[i] in XYZZ form, with a ZZ that is not one where it can be."""
    for i in range(left.shape[0]):
        a, b = weierstrass.load(left, i), weierstrass.load(right, i)
        wide_a, wide_b = weierstrass.from_affine(a), weierstrass.from_affine(b)
        if operation == ADD:  # (2a + b) - a, so that a general point is on the left
            negative = weierstrass.from_affine((a[0], weierstrass.coordinates.neg(a[1])))
            doubled = weierstrass.add(weierstrass.double(wide_a), wide_b)
            wide = weierstrass.add(doubled, negative)
        elif operation == DOUBLE:
            wide = weierstrass.double(wide_a)
        else:
            inverse = weierstrass.coordinates.inverse(weierstrass.denominator(a, b))
            wide = weierstrass.from_affine(weierstrass.add_affine(a, b, inverse))
        weierstrass.store_xyzz(result, i, wide)


def sample(group, count, seed=1):
    """`count` points: small and large multiples of the generator, repeated, negated, and the identity."""
    generator = random.Random(seed)
    multiples = [0, 1, 1, R - 1, 2, R - 2, 3, *(generator.randrange(R) for _ in range(5))]
    points = [bn254.multiply(k, group.generator) for k in multiples]
    return [generator.choice(points) for _ in range(count)]


def affine(wide, shape):
    """XYZZ points as affine points."""
    result = np.empty((len(wide), *shape), np.uint64)
    weierstrass.normalise(wide, result)
    return result


@BOTH
def test_addition_is_right_for_every_pair_of_special_points(group):
    points = [None, *(bn254.multiply(k, group.generator) for k in (1, R - 1, 2, R - 2, 3, 5))]
    pairs = [(a, b) for a in points for b in points]
    left, right = (group.arrays.encode(side) for side in zip(*pairs, strict=True))
    wide = np.empty((len(pairs), 4, *left.shape[2:]), np.uint64)
    for operation in (ADD, ADD_AFFINE, DOUBLE):
        run(operation, left, right, wide)
        expected = [bn254.add(a, a if operation == DOUBLE else b) for a, b in pairs]
        assert group.arrays.decode(affine(wide, group.arrays.SHAPE)) == expected


@BOTH
def test_decoding_arrays_inverts_encoding(group):
    points = [*sample(group, 20), None]
    encoded = group.arrays.encode(points)
    assert encoded.shape == (21, *group.arrays.SHAPE) and not encoded[20].any()
    assert group.arrays.decode(encoded) == points
    assert group.arrays.decode(group.arrays.GENERATOR) == [group.generator]


@BOTH
@pytest.mark.parametrize("sizes", [[0], [1], [0, 0, 3], [1, 1, 1], [2, 0, 70, 1, 5], [8, 64, 1, 0], [2100]])
def test_the_sum_of_each_group_is_right(group, sizes):
    points = sample(group, sum(sizes), seed=len(sizes))
    signs = [random.Random(i).randrange(2) for i in range(len(points))]
    order = random.Random(7).sample(range(len(points)), len(points))
    entries = np.array([2 * i + signs[i] for i in order], np.int32)
    starts = np.array([0, *np.cumsum(sizes)], np.int64)
    sums = group.arrays.decode(group_sums.sum_groups(group.arrays.encode(points), entries, starts))
    for g, total in enumerate(sums):
        expected = None
        for i in order[starts[g] : starts[g + 1]]:
            expected = bn254.add(expected, bn254.negate(points[i]) if signs[i] else points[i])
        assert total == expected


@BOTH
def test_multiples_of_the_generator_are_right(group):
    scalars = [0, 1, 2, 127, 128, 129, 255, 256, R // 2, R // 2 + 1, R - 2, R - 1, 2**253, *range(3, 9)]
    multiples = group.multiples(array.plain(scalars))
    assert group.arrays.decode(multiples) == [bn254.multiply(k, group.generator) for k in scalars]
    assert group.multiples(array.plain([])).shape == (0, *group.arrays.SHAPE)


@BOTH
def test_multiples_from_several_tasks_come_back_in_order(group):
    expected = None
    for point in group.arrays.decode(group.multiples(array.plain(range(2500)))):
        assert point == expected
        expected = bn254.add(expected, group.generator)


@BOTH
def test_an_unreduced_scalar_is_refused(group):
    for bad in (R, R + 1, 2**255, 2**256 - 1):
        with pytest.raises(ValueError, match="not below r"):
            group.multiples(array.plain([1, bad]))


def test_an_unreduced_scalar_is_refused_in_combinations():
    table = fixed_base.table(g1.GENERATOR, 8)
    with pytest.raises(ValueError, match="a scalar is not below r"):
        fixed_base.combinations(table, array.plain([1, R]))
