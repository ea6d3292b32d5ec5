"""Sparse matrices times a vector are that row by row in integers, and equal rows are computed once."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference.ntt import reversed_bits
from tests.reference.qap import R
from tests.zk.fields.edges import corpus
from zk.fields import accumulator, array
from zk.fields.prime import FR
from zk.r1cs import sparse

VECTOR = [1, R - 1, 3, 0, R // 2]
COEFFICIENTS = [1, R - 1, 7, R - 5]
Rows = list[list[tuple[int, int]]]  # (wire, index of a coefficient)


def matrix(rows: Rows) -> sparse.Matrix:
    terms = np.array([term for row in rows for term in row], np.int32).reshape(-1, 2)
    return np.cumsum([0, *map(len, rows)]), terms


def products(matrices: list[Rows], coefficients: list[int], vector: list[int], bits: int) -> list[list[int]]:
    """What the kernels find, in the order of the rows, with what lies beyond the last one."""
    prepared = sparse.prepare(list(map(matrix, matrices)), array.encode(FR, coefficients), bits)
    columns = np.empty((len(matrices), 1 << bits, 4), np.uint64)
    sparse.times_vector(prepared, array.encode(FR, vector), columns)
    assert array.is_canonical(FR, columns.reshape(-1, 4))
    found = [array.decode(FR, column) for column in columns]
    return [[column[reversed_bits(i, bits)] for i in range(1 << bits)] for column in found]


def expected(rows: Rows, coefficients: list[int], vector: list[int], bits: int) -> list[int]:
    sums = [sum(coefficients[place] * vector[wire] for wire, place in row) % R for row in rows]
    return sums + [0] * ((1 << bits) - len(rows))


ROWS = st.lists(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=3), max_size=16)


@settings(max_examples=30)
@given(ROWS, ROWS)
def test_two_matrices_times_a_vector_are_that_row_by_row(a, b):
    """With rows of no term, of one term of every kind, and of more; beyond the last row there is zero."""
    found = products([a, b, a], COEFFICIENTS, VECTOR, 4)
    assert found == [expected(rows, COEFFICIENTS, VECTOR, 4) for rows in (a, b, a)]


@pytest.mark.parametrize("bits", range(3))
def test_columns_may_have_fewer_rows_than_there_are_lanes(bits):
    rows = [[(i, 3), (4, 2)] for i in range(1 << bits)]
    assert products([rows], COEFFICIENTS, VECTOR, bits) == [expected(rows, COEFFICIENTS, VECTOR, bits)]


def test_rows_may_be_longer_than_a_sum_without_reduction_and_all_numbers_as_large_as_they_get():
    """The words of the largest number are those of r - 1."""
    largest, chance = (R - 1) * pow(1 << 256, -1, R) % R, random.Random(5)
    many = accumulator.MANY
    lengths = [0, 1, 6, 7, 8, 127, 128, 129, many, many + 1, 2 * many, 2 * many + 1, 300, 40]
    rows = [[(0, 0)] * length for length in lengths]
    assert products([rows], [largest], [largest], 4) == [expected(rows, [largest], [largest], 4)]
    drawn = [[(chance.randrange(20), chance.randrange(20)) for _ in range(length)] for length in lengths]
    coefficients, vector = ([chance.choice(corpus(R)) % R for _ in range(20)] for _ in range(2))
    assert products([drawn], coefficients, vector, 4) == [expected(drawn, coefficients, vector, 4)]


def test_equal_rows_are_computed_once_wherever_they_stand_and_others_are_not_taken_for_them():
    rows = [[(0, 0), (1, 2)], [(1, 2), (0, 0)], [(0, 0)], [(0, 0), (1, 2)], [(0, 0), (1, 3)], [(2, 0), (1, 2)]]
    prepared = sparse.prepare([matrix(rows), matrix(rows[::-1])], array.encode(FR, COEFFICIENTS), 3)
    a, b = ([int(place) for place in sources] for sources in prepared.sources)
    order = [reversed_bits(i, 3) for i in range(8)]
    in_a, in_b = [a[order[i]] for i in range(6)], [b[order[i]] for i in range(6)]
    assert in_a == in_b[::-1] and in_a[0] == in_a[3] and len(set(in_a)) == 5
    assert len({a[order[6]], a[order[7]], b[order[6]], b[order[7]]}) == 1  # the empty row
    assert prepared.terms == 9
    assert np.diff(prepared.steps).tolist() == sorted(np.diff(prepared.steps), reverse=True)


def test_where_many_rows_meet_in_the_table_some_are_computed_again_and_none_is_lost():
    """400 rows, each twice, in a table with fewer places."""
    rows = [[(i % 5, i % 4)] * (1 + i // 20) for i in range(400)] * 2
    assert products([rows], COEFFICIENTS, VECTOR, 10) == [expected(rows, COEFFICIENTS, VECTOR, 10)]
    starts, terms = matrix(rows)
    first, table = np.empty(len(rows), np.int64), np.full(64, -1, np.int32)
    sparse._find_equal(starts, terms, table, first)
    assert all(rows[place] == row for row, place in zip(rows, first, strict=True))
    assert (table >= 0).all() and len(set(first)) > 64
