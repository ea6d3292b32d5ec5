import galois
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import ntt as reference
from tests.reference.qap import R
from zk import ntt
from zk.fields import array
from zk.fields.prime import FR

FIELD = galois.GF(R, primitive_element=5, verify=False)
EDGES = [0, 1, 2, R - 2, R - 1]
elements = st.one_of(st.sampled_from(EDGES), st.integers(0, R - 1))
columns = st.integers(0, 5).flatmap(lambda bits: st.lists(elements, min_size=1 << bits, max_size=1 << bits))


def transformed(step, bits: int, values: list[int]) -> list[int]:
    column = array.encode(FR, values)
    step(ntt.domain(bits), column)
    return array.decode(FR, column)


def bits_of(column: list[int]) -> int:
    return len(column).bit_length() - 1


@settings(max_examples=40, deadline=None)
@given(columns)
def test_a_transform_gives_every_value_by_definition(column):
    bits = bits_of(column)
    assert transformed(ntt.forward, bits, column) == reference.values(column, bits)
    assert transformed(ntt.forward_coset, bits, column) == reference.odd_values(column, bits)


@settings(max_examples=40, deadline=None)
@given(columns)
def test_the_inverse_undoes_the_transform_on_domain_and_coset(column):
    bits = bits_of(column)
    assert transformed(ntt.inverse, bits, transformed(ntt.forward, bits, column)) == column
    assert transformed(ntt.inverse_coset, bits, transformed(ntt.forward_coset, bits, column)) == column


def test_a_large_transform_comes_back():
    over = ntt.domain(14)
    column = np.random.default_rng(1).integers(0, 1 << 60, (over.size, 4), dtype=np.uint64)
    before = column.copy()
    ntt.forward(over, column)
    assert not np.array_equal(column, before)
    ntt.inverse(over, column)
    assert np.array_equal(column, before)


def test_galois_interpolates_the_same_polynomial():
    bits, values = 3, [3, 1, 4, 1, 5, R - 9, 2, 6]
    nodes = [pow(FR.root_of_unity(bits), reference.reversed_bits(i, bits), R) for i in range(1 << bits)]
    polynomial = galois.lagrange_poly(FIELD(nodes), FIELD(values))
    coefficients = transformed(ntt.inverse, bits, values)
    assert [int(c) for c in polynomial.coefficients(size=8, order="asc")] == coefficients
    odd = [FIELD(pow(FR.root_of_unity(bits + 1), 2 * reference.reversed_bits(i, bits) + 1, R)) for i in range(8)]
    assert [int(polynomial(x)) for x in odd] == transformed(ntt.forward_coset, bits, coefficients)


@pytest.mark.parametrize("log_size", [-1, 28, 64])
def test_a_domain_that_has_no_odd_coset_is_refused(log_size):
    with pytest.raises(ValueError, match="a domain has 2"):
        ntt.domain(log_size)


@pytest.mark.parametrize(
    "column", [np.zeros((4, 4), np.uint64), np.zeros((8, 3), np.uint64), np.zeros((8, 4), np.int64)]
)
def test_a_column_of_another_shape_is_refused_before_a_kernel_sees_it(column):
    for step in (ntt.forward, ntt.inverse, ntt.forward_coset, ntt.inverse_coset):
        with pytest.raises(ValueError, match="8 rows of 4 words"):
            step(ntt.domain(3), column)
