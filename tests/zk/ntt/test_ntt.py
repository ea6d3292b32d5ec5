"""The number-theoretic transform agrees with its definition, at every size and with extreme values."""

import galois
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import ntt as reference
from tests.reference.qap import R
from zk.fields import array
from zk.fields.prime import FR
from zk.ntt import blocked, ntt
from zk.runtime.jit import kernel

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


@kernel
def reverse_all(bits, result):
    """result[i] = i with its bits reversed."""
    for i in range(result.shape[0]):
        result[i] = ntt.reverse_bits(i, bits)


@pytest.mark.parametrize("bits", [0, 1, 2, 3, 8, 13])
def test_the_bits_of_an_index_are_reversed(bits):
    result = np.empty(1 << bits, np.int64)
    reverse_all(bits, result)
    assert result.tolist() == [reference.reversed_bits(i, bits) for i in range(1 << bits)]


@settings(max_examples=40)
@given(columns)
def test_a_transform_gives_the_values_of_the_definition(column):
    bits = bits_of(column)
    assert transformed(ntt.forward, bits, column) == reference.values(column, bits)
    assert transformed(ntt.forward_coset, bits, column) == reference.odd_values(column, bits)


@settings(max_examples=40)
@given(columns)
def test_the_inverse_transform_inverts_the_transform(column):
    bits = bits_of(column)
    assert transformed(ntt.inverse, bits, transformed(ntt.forward, bits, column)) == column


SIZES = range(14)
STEPS = (ntt.forward, ntt.inverse, ntt.forward_coset, ntt.to_coset)
EXTREMES = {  # Montgomery words, by the index of the row and the size of the column
    "all r - 1": lambda i, size: R - 1,
    "alternating r - 1 and 0": lambda i, size: (R - 1) * (i & 1),
    "alternating 0 and r - 1": lambda i, size: (R - 1) * (1 - i & 1),
    "r - 1 in the lower half": lambda i, size: (R - 1) * (2 * i < size),
    "r - 1 in the upper half": lambda i, size: (R - 1) * (2 * i >= size),
    "r - 1 in the last row only": lambda i, size: (R - 1) * (i == size - 1),
    "all 0": lambda i, size: 0,
}


def every_way(bits: int, words: np.ndarray) -> dict[str, np.ndarray]:
    """The result of each transform on a column, by name."""
    results = {}
    for step in STEPS:
        column = words.copy()
        step(ntt.domain(bits), column)
        assert array.is_canonical(FR, column)
        results[step.__name__] = column
    return results


def check_against_reference(bits: int, words: np.ndarray) -> None:
    size, before, results = 1 << bits, array.decode(FR, words), every_way(bits, words)
    after = {name: array.decode(FR, column) for name, column in results.items()}
    assert after["forward"] == reference.values_by_halves(before, bits)
    assert after["forward_coset"] == reference.odd_values_by_halves(before, bits)
    assert reference.values_by_halves(after["inverse"], bits) == before
    assert after["to_coset"] == [size * x % R for x in reference.odd_values_by_halves(after["inverse"], bits)]


@pytest.mark.parametrize("bits", SIZES)
def test_every_size_agrees_with_the_reference(bits):
    values = np.random.default_rng(bits).integers(0, 1 << 62, (1 << bits, 4), dtype=np.uint64)
    values[:, 3] >>= np.uint64(1)  # below 2^253, which is below r
    check_against_reference(bits, values)


@pytest.mark.parametrize("bits", [3, 6, 7, 8, 10])
@pytest.mark.parametrize("extreme", EXTREMES)
def test_columns_with_the_largest_possible_sums_agree_with_the_reference(bits, extreme):
    size = 1 << bits
    check_against_reference(bits, array.plain(EXTREMES[extreme](i, size) for i in range(size)))


@pytest.mark.parametrize("log_block", [6, 7, 10])
def test_columns_longer_than_a_block_agree_with_one_block(log_block, monkeypatch):
    """Including columns with more blocks than rows in a block."""
    for bits in range(log_block + 1, 14):
        for make in EXTREMES["all r - 1"], lambda i, size: i * i * 2**200 % R:
            words = array.plain(make(i, 1 << bits) for i in range(1 << bits))
            monkeypatch.setattr(blocked, "LOG_BLOCK", 14)
            whole = every_way(bits, words)
            monkeypatch.setattr(blocked, "LOG_BLOCK", log_block)
            for name, column in every_way(bits, words).items():
                assert np.array_equal(column, whole[name]), name


def test_the_fast_reference_agrees_with_the_definition():
    for bits in range(7):
        column = [pow(7, i + bits, R) for i in range(1 << bits)]
        assert reference.values_by_halves(column, bits) == reference.values(column, bits)
        assert reference.odd_values_by_halves(column, bits) == reference.odd_values(column, bits)


def test_galois_interpolates_the_same_polynomial():
    bits, values = 3, [3, 1, 4, 1, 5, R - 9, 2, 6]
    nodes = [pow(FR.root_of_unity(bits), reference.reversed_bits(i, bits), R) for i in range(1 << bits)]
    polynomial = galois.lagrange_poly(FIELD(nodes), FIELD(values))
    coefficients = transformed(ntt.inverse, bits, values)
    assert [int(c) for c in polynomial.coefficients(size=8, order="asc")] == coefficients
    odd = [FIELD(pow(FR.root_of_unity(bits + 1), 2 * reference.reversed_bits(i, bits) + 1, R)) for i in range(8)]
    assert [int(polynomial(x)) for x in odd] == transformed(ntt.forward_coset, bits, coefficients)


@pytest.mark.parametrize("log_size", [-1, 28, 64])
def test_a_domain_without_an_odd_coset_is_refused(log_size):
    with pytest.raises(ValueError, match="a domain must have 2"):
        ntt.domain(log_size)


@pytest.mark.parametrize(
    "column",
    [
        np.zeros((4, 4), np.uint64),
        np.zeros((8, 3), np.uint64),
        np.zeros((8, 4), np.int64),
        np.zeros((8, 4), np.uint64, order="F"),
    ],
)
def test_a_column_of_another_shape_is_refused_before_a_kernel_sees_it(column):
    for step in STEPS:
        with pytest.raises(ValueError, match="8 rows of 4 words"):
            step(ntt.domain(3), column)
