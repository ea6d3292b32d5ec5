"""R1CS: sparse rows, and the first constraint a witness violates, against dense matrices in plain Python."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zk.r1cs import r1cs
from zk.r1cs.r1cs import R1CS

P = 31


def system(a, b, c, num_wires, num_public=0):
    return R1CS(P, num_wires, num_public, *(r1cs.matrix(rows) for rows in (a, b, c)))


def test_rows_come_back_unchanged_even_empty_ones():
    rows = [[(0, 3), (2, 5)], [], [(1, 30)], []]
    matrix = r1cs.matrix(rows)
    assert list(matrix.rows()) == rows
    assert [matrix.row(i) for i in range(4)] == rows
    assert matrix.starts.tolist() == [0, 2, 2, 3, 3]


def test_a_multiplication_holds_for_the_product_only():
    product = system([[(1, 1)]], [[(2, 1)]], [[(3, 1)]], num_wires=4)
    for x in range(P):
        for z in range(P):
            expected = None if z == 3 * x % P else 0
            assert r1cs.first_unsatisfied(product, [1, x, 3, z]) == expected


@pytest.mark.parametrize("witness", [[0, 1, 1, 1], [2, 1, 1, 1], [1, 1, 1], [1, 1, 1, 1, 1], []])
def test_a_witness_of_another_length_or_first_value_is_refused(witness):
    with pytest.raises(ValueError, match="one value for each wire"):
        r1cs.first_unsatisfied(system([[(1, 1)]], [[(2, 1)]], [[(3, 1)]], num_wires=4), witness)


entries = st.integers(0, P - 1)
matrices = st.lists(st.lists(entries, min_size=3, max_size=3), min_size=4, max_size=4)


@given(matrices, matrices, matrices, st.lists(entries, min_size=2, max_size=2))
def test_first_unsatisfied_agrees_with_dense_matrices(a, b, c, rest):
    witness = [1, *rest]

    def dot(row):
        return sum(x * y for x, y in zip(row, witness, strict=True))

    wrong = [i for i in range(4) if (dot(a[i]) * dot(b[i]) - dot(c[i])) % P]
    sparse = ([[(wire, value) for wire, value in enumerate(row) if value] for row in m] for m in (a, b, c))
    assert r1cs.first_unsatisfied(system(*sparse, num_wires=3), witness) == (wrong[0] if wrong else None)
