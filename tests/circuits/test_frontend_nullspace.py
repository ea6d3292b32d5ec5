"""Supports of null spaces of sparse matrices, against galois over random small fields."""

import random

import galois
import numpy as np
import pytest

from circuits.frontend import nullspace
from zk.fields.prime import R


def sparse(matrix):
    return [{column: value for column, value in enumerate(row) if value} for row in matrix]


@pytest.mark.parametrize("seed", range(60))
def test_the_support_equals_the_one_galois_computes(seed):
    source = random.Random(seed)
    p = source.choice([3, 5, 31])
    rows, columns = source.randrange(1, 9), source.randrange(1, 9)
    density = source.choice([0.15, 0.4, 0.9])
    matrix = [
        [source.randrange(1, p) if source.random() < density else 0 for _ in range(columns)] for _ in range(rows)
    ]
    basis = np.array(galois.GF(p)(matrix).null_space())
    expected = {column for column in range(columns) if np.any(basis[:, column])}
    assert nullspace.support(sparse(matrix), columns, p) == expected


def test_without_rows_every_column_is_free():
    assert nullspace.support([], 3, 31) == {0, 1, 2}
    assert nullspace.support([{}, {}], 0, 31) == frozenset()


def test_it_is_exact_over_the_scalar_field():
    rows = [{0: 1, 1: R - 1, 2: 5}, {0: 2, 1: R - 2, 2: 10}, {2: R - 3, 3: 7}]
    assert nullspace.support(rows, 5, R) == {0, 1, 2, 3, 4}
    assert nullspace.support([*rows, {0: 1, 1: R - 1}], 5, R) == {0, 1, 4}


def test_a_long_chain_is_followed_without_recursion():
    rows = [{i: 3, i + 1: R - 1} for i in range(20_000)]
    assert nullspace.support(rows, 20_001, R) == set(range(20_001))
    assert nullspace.support([*rows, {20_000: 1}], 20_001, R) == frozenset()
