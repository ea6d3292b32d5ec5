"""Sums of multiples on Baby Jubjub agree with double-and-add, for every kind of scalar and of point."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import babyjubjub as slow
from zk.curves.babyjubjub import BASE8, GENERATOR, IDENTITY, ORDER
from zk.fields import array
from zk.fields.prime import FR
from zk.msm import interleaved, side_by_side

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "circomlibjs.json").read_text())["babyjubjub"]
TORSION = slow.multiply(ORDER, GENERATOR)
NEGATIVE = slow.multiply(ORDER - 1, BASE8)
POINTS = [IDENTITY, BASE8, GENERATOR, TORSION, slow.multiply(4, TORSION), slow.add(BASE8, TORSION), NEGATIVE]
EDGES = [0, 1, 2, 15, 16, 17, 31, 32, 33, 2**64 - 1, 2**64, 2**128, ORDER - 1, ORDER, 2**251 - 1, 2**254, 2**255 - 1]


def rows_of(points):
    return array.encode(FR, [coordinate for point in points for coordinate in point])


WAYS = {
    "one at a time": interleaved.sum_of_multiples,
    "side by side": lambda points, scalars: side_by_side._in_lanes(rows_of(points), scalars),
    "as the CPU can": side_by_side.sum_of_multiples,
}


@pytest.fixture(params=WAYS)
def sum_of_multiples(request):
    return WAYS[request.param]


def slow_sum(terms):
    total = IDENTITY
    for point, scalar in terms:
        total = slow.add(total, slow.multiply(scalar, point))
    return total


def test_multiples_agree_with_circomlib(sum_of_multiples):
    for vector in VECTORS:
        expected = tuple(map(int, vector["point"]))
        assert sum_of_multiples([BASE8], [int(vector["scalar"])]) == expected


@pytest.mark.parametrize("scalar", EDGES)
def test_every_point_of_small_order_or_not_is_multiplied_by_every_edge(sum_of_multiples, scalar):
    for point in POINTS:
        assert sum_of_multiples([point], [scalar]) == slow.multiply(scalar, point)


SCALARS = st.sampled_from(EDGES) | st.integers(0, 2**255 - 1) | st.integers(0, 2**128)


TERMS = st.lists(st.tuples(st.sampled_from(POINTS), SCALARS), max_size=20)


@settings(max_examples=25)
@given(TERMS, st.sampled_from(sorted(WAYS)))
def test_any_sum_agrees_with_the_sum_of_its_terms(terms, way):
    points, scalars = [point for point, _ in terms], [scalar for _, scalar in terms]
    assert WAYS[way](points, scalars) == slow_sum(terms)


def test_terms_that_cancel_leave_the_identity(sum_of_multiples):
    opposite = slow.multiply(8 * ORDER - 1, GENERATOR)
    assert sum_of_multiples([GENERATOR, opposite], [12345, 12345]) == IDENTITY
    assert sum_of_multiples([BASE8], [ORDER]) == IDENTITY == sum_of_multiples([], [])


def test_too_many_points_are_refused(monkeypatch, sum_of_multiples):
    monkeypatch.setattr(interleaved, "MAX_POINTS", 1)
    with pytest.raises(AssertionError):
        sum_of_multiples([BASE8, GENERATOR], [1, 1])
