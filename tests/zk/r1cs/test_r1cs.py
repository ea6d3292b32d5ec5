"""R1CS: sparse rows and the constraint a witness violates first, against dense matrices in plain Python."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zk.r1cs import r1cs
from zk.r1cs.r1cs import R1CS

P = 31


def system(a, b, c, wires, public=0):
    return R1CS(P, wires, public, *(r1cs.matrix(rows) for rows in (a, b, c)))


def test_rows_come_back_as_they_were_given_empty_ones_too():
    rows = [[(0, 3), (2, 5)], [], [(1, 30)], []]
    matrix = r1cs.matrix(rows)
    assert list(matrix.rows()) == rows
    assert [matrix.row(i) for i in range(4)] == rows
    assert matrix.starts.tolist() == [0, 2, 2, 3, 3]


def test_a_product_holds_exactly_for_the_product():
    product = system([[(1, 1)]], [[(2, 1)]], [[(3, 1)]], wires=4)
    for x in range(P):
        for z in range(P):
            expected = None if z == 3 * x % P else 0
            assert r1cs.first_unsatisfied(product, [1, x, 3, z]) == expected


@pytest.mark.parametrize("witness", [[0, 1, 1, 1], [2, 1, 1, 1], [1, 1, 1], [1, 1, 1, 1, 1], []])
def test_a_witness_has_the_right_length_and_begins_with_one(witness):
    with pytest.raises(ValueError):
        r1cs.first_unsatisfied(system([[(1, 1)]], [[(2, 1)]], [[(3, 1)]], wires=4), witness)


entries = st.integers(0, P - 1)
matrices = st.lists(st.lists(entries, min_size=3, max_size=3), min_size=4, max_size=4)


@given(matrices, matrices, matrices, st.lists(entries, min_size=2, max_size=2))
def test_first_unsatisfied_is_what_the_dense_matrices_say(a, b, c, rest):
    witness = [1, *rest]

    def dot(row):
        return sum(x * y for x, y in zip(row, witness))

    wrong = [i for i in range(4) if (dot(a[i]) * dot(b[i]) - dot(c[i])) % P]
    sparse = ([[(wire, value) for wire, value in enumerate(row) if value] for row in m] for m in (a, b, c))
    assert r1cs.first_unsatisfied(system(*sparse, wires=3), witness) == (wrong[0] if wrong else None)
