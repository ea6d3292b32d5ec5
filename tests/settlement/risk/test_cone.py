"""Cones: what lies in one is found, what does not is not, in integers of any size."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settlement.risk import cone
from tests.reference import portfolios

NUMBERS = st.integers(-20, 20)
VECTORS = st.lists(st.lists(NUMBERS, min_size=4, max_size=4), min_size=1, max_size=7)


def test_a_quadrant_has_what_is_not_negative():
    quadrant = [[1, 0], [0, 1]]
    assert cone.contains(quadrant, [[0, 0], [5, 7], [0, 1]])
    assert not cone.contains(quadrant, [[5, 7], [-1, 3]])
    assert not cone.contains(quadrant, [[3, -1], [5, 7]])


def test_a_ray_is_hit_exactly_or_not_at_all():
    big = 2**63
    assert cone.contains([[big, big - 1]], [[3 * big, 3 * (big - 1)], [0, 0]])
    assert not cone.contains([[big, big - 1]], [[3 * big, 3 * (big - 1) + 1]])
    assert not cone.contains([[big, big - 1]], [[-big, 1 - big]])


def test_a_coordinate_that_no_generator_has_must_be_zero():
    assert cone.contains([[1, 0, 2], [2, 0, 1]], [[1, 0, 1]])
    assert not cone.contains([[1, 0, 2], [2, 0, 1]], [[1, 0, 1], [1, 1, 1]])


def test_dependent_coordinates_must_agree():
    assert cone.contains([[1, 3, 1], [2, 6, 5]], [[3, 9, 6]])
    assert not cone.contains([[1, 3, 1], [2, 6, 5]], [[3, 10, 6]])


@given(VECTORS, st.lists(st.lists(st.integers(0, 9), min_size=7, max_size=7), min_size=1, max_size=4))
@settings(max_examples=100)
def test_every_sum_with_coefficients_that_are_not_negative_is_found(generators, weights):
    sums = [[sum(w * g[i] for w, g in zip(each, generators, strict=False)) for i in range(4)] for each in weights]
    assert cone.contains(generators, sums)


@pytest.mark.parametrize("patience", [0, cone.PATIENCE])
@given(generators=VECTORS, target=st.lists(NUMBERS, min_size=4, max_size=4))
@settings(max_examples=100)
def test_what_is_outside_is_cut_off_by_a_plane_and_what_is_inside_is_not(patience, generators, target):
    """Farkas: a plane that has every generator on one side and the target on the other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cone, "PATIENCE", patience)
        found = cone.contains(generators, [target])
    least, plane = portfolios.worst(generators, target)
    assert found == (least > -1e-6)
    if not found:
        exact = [Fraction(value).limit_denominator(10**6) for value in plane]
        assert sum(a * b for a, b in zip(exact, target, strict=True)) < 0
        assert all(sum(a * b for a, b in zip(exact, row, strict=True)) >= 0 for row in generators)
