"""Null spaces of sparse matrices, against galois over random small fields."""

import random

import galois
import numpy as np
import pytest

from circuits.frontend import nullspace
from zk.fields.prime import R


def sparse(matrix):
    return [{column: value for column, value in enumerate(row) if value} for row in matrix]


@pytest.mark.parametrize("seed", range(60))
def test_dimension_and_support_are_those_of_galois(seed):
    source = random.Random(seed)
    p = source.choice([3, 5, 31])
    rows, columns = source.randrange(1, 9), source.randrange(1, 9)
    density = source.choice([0.15, 0.4, 0.9])
    matrix = [
        [source.randrange(1, p) if source.random() < density else 0 for _ in range(columns)] for _ in range(rows)
    ]
    basis = galois.GF(p)(matrix).null_space()
    found = nullspace.of(sparse(matrix), columns, p)
    assert found.dimension == len(basis)
    assert found.support == {column for column in range(columns) if np.any(np.array(basis)[:, column])}


def test_a_matrix_without_rows_lets_every_column_be_anything():
    assert nullspace.of([], 3, 31) == nullspace.Nullspace(3, frozenset({0, 1, 2}))
    assert nullspace.of([{}, {}], 0, 31) == nullspace.Nullspace(0, frozenset())


def test_it_is_exact_over_the_field_of_scalars():
    rows = [{0: 1, 1: R - 1, 2: 5}, {0: 2, 1: R - 2, 2: 10}, {2: R - 3, 3: 7}]
    assert nullspace.of(rows, 5, R).dimension == 3
    assert nullspace.of(rows, 5, R).support == {0, 1, 2, 3, 4}
    assert nullspace.of([*rows, {0: 1, 1: R - 1}], 5, R).support == {0, 1, 4}


def test_a_long_chain_is_followed_without_recursion():
    rows = [{i: 3, i + 1: R - 1} for i in range(20_000)]
    assert nullspace.of(rows, 20_001, R).dimension == 1
    assert nullspace.of([*rows, {20_000: 1}], 20_001, R).dimension == 0
