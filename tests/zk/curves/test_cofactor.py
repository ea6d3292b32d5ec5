"""The pairing that tells points of the subgroup agrees with multiplying by its order, on small curves everywhere."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import babyjubjub as slow
from zk.curves import babyjubjub, cofactor, edwards
from zk.curves.babyjubjub import BASE8, COFACTOR, GENERATOR, IDENTITY, ORDER
from zk.fields.prime import R

TOYS = [(17, 4, 6), (41, 5, 6), (73, 6, 5), (89, 8, 3), (113, 7, 20), (137, 8, 12)]
TORSION = slow.multiply(ORDER, GENERATOR)


@cache
def points(modulus, a, d):
    return [
        (x, y) for x in range(modulus) for y in range(modulus)
        if (a * x * x + y * y - 1 - d * x * x * y * y) % modulus == 0
    ]  # fmt: skip


@pytest.mark.parametrize("toy", TOYS)
def test_every_point_of_a_small_curve_is_told_apart(toy):
    curve, everywhere = edwards.Edwards(*toy), points(*toy)
    order = len(everywhere) // COFACTOR
    assert len(everywhere) % 16 == 8
    torsion = {slow.multiply(order, point, *toy) for point in everywhere}
    assert len(torsion) == COFACTOR
    generators = [point for point in torsion if slow.multiply(4, point, *toy) != IDENTITY]
    assert len(generators) == 4
    for generator in generators:
        lines = cofactor.lines(curve, generator)
        for point in everywhere:
            is_inside = slow.multiply(order, point, *toy) == IDENTITY
            assert cofactor.is_eighth_multiple(lines, point) == is_inside, (generator, point)


def test_a_point_of_smaller_order_makes_no_lines():
    for times in (0, 2, 4):
        with pytest.raises(AssertionError):
            cofactor.lines(babyjubjub.CURVE, slow.multiply(times, TORSION))


@settings(max_examples=25)
@given(st.integers(0, ORDER - 1), st.integers(0, COFACTOR - 1))
def test_a_point_with_a_part_of_small_order_is_outside(scalar, times):
    point = slow.add(slow.multiply(scalar, BASE8), slow.multiply(times, TORSION))
    assert babyjubjub.is_in_subgroup(point) == (times == 0) == (slow.multiply(ORDER, point) == IDENTITY)


def test_coordinates_need_not_be_reduced_and_must_satisfy_the_equation():
    assert babyjubjub.is_in_subgroup((R, 1)) and babyjubjub.is_in_subgroup((BASE8[0] - R, BASE8[1] + R))
    assert not babyjubjub.is_in_subgroup((TORSION[0] + R, TORSION[1]))
    assert not babyjubjub.is_in_subgroup((BASE8[0], BASE8[1] + 1)) and not babyjubjub.is_in_subgroup((1, 1))
