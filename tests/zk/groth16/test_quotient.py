import galois
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import qap
from tests.reference.ntt import reversed_bits
from tests.reference.qap import R
from tests.zk.fields import cubic
from zk.fields import array, conversion
from zk.fields.prime import FR
from zk.groth16 import generator, quotient
from zk.ntt import ntt, polynomial

FIELD = galois.GF(R, primitive_element=5, verify=False)
N = 8


@pytest.fixture(scope="module")
def key():
    return generator.generate(cubic.system())


def odd_nodes() -> list[int]:
    return [pow(FR.root_of_unity(4), 2 * k + 1, R) for k in range(N)]


def row_values(rows: list[qap.Row], witness: list[int]) -> list[int]:
    values = [sum(c * witness[wire] for wire, c in row.items()) % R for row in rows]
    return values + [0] * (N - len(values))


def test_galois_divides_to_the_same_quotient(key):
    witness = qap.cubic_witness(R - 7, 12345)
    scalars = array.from_plain(quotient.evaluate(key, cubic.words(witness)))
    extended = qap.with_public_rows(qap.CUBIC)
    nodes = FIELD([pow(FR.root_of_unity(3), i, R) for i in range(N)])
    a, b, c = (
        galois.lagrange_poly(nodes, FIELD(row_values(rows, witness))) for rows in (extended.a, extended.b, extended.c)
    )
    quotient_polynomial, rest = divmod(a * b - c, galois.Poly.Degrees([N, 0], [1, R - 1], field=FIELD))
    assert rest == 0
    assert scalars == [int(FIELD(R - 2) * quotient_polynomial(FIELD(x))) for x in odd_nodes()]


def test_a_witness_that_satisfies_nothing_gives_no_quotient(key):
    """Its scalars are those of no polynomial of the degree that a quotient has."""
    witness = qap.cubic_witness(3, 4)
    witness[3] += 1
    scalars = array.from_plain(quotient.evaluate(key, cubic.words(witness)))
    extended = qap.with_public_rows(qap.CUBIC)
    columns = [qap.combination(qap.columns(rows, 7, N), witness) for rows in (extended.a, extended.b, extended.c)]
    difference = [x - y for x, y in zip(qap.product(*columns[:2]), columns[2] + [0] * N, strict=False)]
    _, rest = qap.divide_by_vanishing([x % R for x in difference], N)
    assert any(rest)
    assert scalars != [qap.value(difference, x) for x in odd_nodes()]


@settings(max_examples=20)
@given(st.integers(0, 4), st.integers(1, R - 1))
def test_lagrange_polynomials_at_a_point_are_those_of_the_definition(bits, point):
    n, double = 1 << bits, 2 << bits
    if pow(point, double, R) == 1:
        return
    values = array.decode(FR, polynomial.lagrange(bits, point))
    nodes = [pow(qap.root(n), i, R) for i in range(n)]
    assert values == [qap.value(qap.interpolate(nodes, [int(i == k) for i in range(n)]), point) for k in range(n)]
    odd = array.decode(FR, polynomial.lagrange(bits, point, is_odd=True))
    nodes = [pow(qap.root(double), i, R) for i in range(double)]
    ones = [[int(i == 2 * k + 1) for i in range(double)] for k in range(n)]
    assert odd == [qap.value(qap.interpolate(nodes, one), point) for one in ones]


@pytest.mark.parametrize("point", [1, R - 1, pow(5, (R - 1) // 8, R)])
def test_a_root_of_unity_is_no_point_for_lagrange_polynomials(point):
    with pytest.raises(ValueError, match="root of unity"):
        polynomial.lagrange(3, point)


@pytest.mark.parametrize("bits", range(9))
def test_the_difference_is_of_columns_times_n_in_reversed_order(bits):
    """For few rows and many, and with every value as large as it gets."""
    size, spread = 1 << bits, np.random.default_rng(bits).integers(0, 1 << 60, 3 << bits).tolist()
    drawn = [[pow(x, 5, R) for x in spread[k::3]] for k in range(3)]
    largest = [[R - pow(size << 256, -1, R)] * size for _ in range(3)]  # the words of N times these are r - 1
    for a, b, c in (drawn, largest, [largest[0], largest[1], [0] * size], [[0] * size, [0] * size, largest[2]]):
        columns = [
            array.encode(FR, [size * column[reversed_bits(i, bits)] for i in range(size)]) for column in (a, b, c)
        ]
        plain = polynomial.difference(ntt.domain(bits), *columns)
        assert array.from_plain(plain) == [(x * y - z) % R for x, y, z in zip(a, b, c, strict=True)]


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 300])
def test_products_and_plain_words_of_any_number_of_rows(count):
    a, b = [R - 1 - i for i in range(count)], [R - 1 - i * i for i in range(count)]
    columns, result = [array.encode(FR, values) for values in (a, b)], np.empty((count, 4), np.uint64)
    polynomial.product(*columns, result)
    assert array.is_canonical(FR, result)
    assert array.from_plain(conversion.to_plain(FR, result)) == [x * y % R for x, y in zip(a, b, strict=True)]


def test_columns_combine_with_weights():
    columns = np.stack([array.encode(FR, [1, 2, R - 1]), array.encode(FR, [5, 0, 7])])
    assert array.from_plain(polynomial.combine(columns, [3, R - 2])) == [(3 - 10) % R, 6, (-3 - 14) % R]
    assert array.from_plain(conversion.to_plain(FR, columns[1])) == [5, 0, 7]
