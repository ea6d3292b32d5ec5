"""Sums of multiples on Baby Jubjub agree with double-and-add, for every kind of scalar and of point."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import babyjubjub as slow
from zk.curves.babyjubjub import BASE8, GENERATOR, IDENTITY, ORDER
from zk.msm import interleaved

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "circomlibjs.json").read_text())["babyjubjub"]
TORSION = slow.multiply(ORDER, GENERATOR)
NEGATIVE = slow.multiply(ORDER - 1, BASE8)
POINTS = [IDENTITY, BASE8, GENERATOR, TORSION, slow.multiply(4, TORSION), slow.add(BASE8, TORSION), NEGATIVE]
EDGES = [0, 1, 2, 15, 16, 17, 31, 32, 33, 2**64 - 1, 2**64, 2**128, ORDER - 1, ORDER, 2**251 - 1, 2**254, 2**255 - 1]


def slow_sum(terms):
    total = IDENTITY
    for point, scalar in terms.items():
        total = slow.add(total, slow.multiply(scalar, point))
    return total


def test_multiples_agree_with_circomlib():
    for vector in VECTORS:
        expected = tuple(map(int, vector["point"]))
        assert interleaved.sum_of_multiples({BASE8: int(vector["scalar"])}) == expected


@pytest.mark.parametrize("scalar", EDGES)
def test_every_point_of_small_order_or_not_is_multiplied_by_every_edge(scalar):
    for point in POINTS:
        assert interleaved.sum_of_multiples({point: scalar}) == slow.multiply(scalar, point)


SCALARS = st.sampled_from(EDGES) | st.integers(0, 2**255 - 1) | st.integers(0, 2**128)


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.sampled_from(POINTS), SCALARS))
def test_any_sum_agrees_with_the_sum_of_its_terms(terms):
    assert interleaved.sum_of_multiples(terms) == slow_sum(terms)


def test_terms_that_cancel_leave_the_identity():
    opposite = slow.multiply(8 * ORDER - 1, GENERATOR)
    assert interleaved.sum_of_multiples({GENERATOR: 12345, opposite: 12345}) == IDENTITY
    assert interleaved.sum_of_multiples({BASE8: ORDER}) == IDENTITY == interleaved.sum_of_multiples({})


def test_too_many_points_are_refused(monkeypatch):
    monkeypatch.setattr(interleaved, "MAX_POINTS", 1)
    with pytest.raises(AssertionError):
        interleaved.sum_of_multiples({BASE8: 1, GENERATOR: 1})
