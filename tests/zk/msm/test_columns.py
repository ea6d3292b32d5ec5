"""Sums by the columns of a sparse matrix, against sums of logarithms."""

import random

import numpy as np
import pytest

from tests.zk.fields import edges
from zk.fields import array
from zk.fields.prime import R
from zk.msm import columns, fixed_base

GROUPS = pytest.mark.parametrize("make", [fixed_base.g1, fixed_base.g2], ids=["G1", "G2"])
ROWS, COLUMNS = 6, 5  # the last column stays empty
LOGARITHMS = [pow(5, i + 100, R) for i in range(ROWS - 1)] + [0]
HALF = (R - 1) // 2

Term = tuple[int, int, int]


def matrix(terms: list[Term]) -> columns.Terms:
    rows, places, values = zip(*terms, strict=True)
    return columns.terms(ROWS, np.array(rows), np.array(places), array.plain(values))


def check(make, terms: list[Term]) -> None:
    """The sum of every column of the matrix with terms (row, column, coefficient) is right."""
    sparse = matrix(terms)
    points = columns.with_multiples(sparse, make(array.plain(LOGARITHMS)))
    sums_of_points = columns.sums(points, sparse.columns, sparse.entries, COLUMNS)
    sums = [sum(LOGARITHMS[i] * value for i, column, value in terms if column == j) % R for j in range(COLUMNS)]
    assert np.array_equal(sums_of_points, make(array.plain(sums)))


@GROUPS
def test_columns_are_summed_for_any_coefficients(make):
    draw = random.Random(4)
    values = [v for v in edges.corpus(R) if v < R] + [HALF, HALF + 1, *(draw.randrange(R) for _ in range(20))]
    check(make, [(draw.randrange(ROWS), draw.randrange(COLUMNS - 1), value) for value in values * 2])


def test_terms_that_cancel_leave_the_identity():
    check(fixed_base.g1, [(0, 0, 7), (0, 0, R - 7), (1, 1, 1), (1, 1, R - 1), (2, 2, 0)])


def test_each_row_and_coefficient_up_to_sign_is_multiplied_once_and_ones_never():
    sparse = matrix([(0, 0, 9), (0, 1, R - 9), (0, 2, 9), (1, 0, 9), (2, 0, 1), (2, 1, R - 1), (3, 0, 0)])
    assert sorted(zip(sparse.bases.tolist(), array.from_plain(sparse.scalars), strict=True)) == [(0, 9), (1, 9)]
    sparse = matrix([(0, 0, HALF), (0, 1, HALF + 1)])
    assert array.from_plain(sparse.scalars) == [HALF]


def test_long_columns_are_split_between_tasks_and_the_last_may_be_empty(monkeypatch):
    monkeypatch.setattr(columns, "_TASK_TERMS", 3)
    draw = random.Random(5)
    check(fixed_base.g1, [(draw.randrange(ROWS), draw.choice([0, 2, 2, 2, 3]), 1) for _ in range(60)])
    check(fixed_base.g1, [(0, 0, 0)])


def test_colliding_hashes_are_noticed(monkeypatch):
    lengths = []

    def hashed(rows: np.ndarray) -> np.ndarray:
        lengths.append(len(rows))
        return np.zeros(len(rows), np.uint64) if len(lengths) == 1 else np.arange(len(rows), dtype=np.uint64)

    monkeypatch.setattr(columns, "_hashed", hashed)
    check(fixed_base.g1, [(0, 0, 7), (0, 0, 8), (1, 0, 7)])
    assert lengths == [3, 3]
