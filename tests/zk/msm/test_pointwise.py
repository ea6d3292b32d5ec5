"""Pointwise multiplication and the Lagrange basis of points, against logarithms and against py_ecc."""

import random

import numpy as np
import pytest
from py_ecc import optimized_bn128

from tests.zk.fields import edges
from zk.curves import g1, g2
from zk.fields import array
from zk.fields.prime import FR, R
from zk.msm import endomorphism, fixed_base, lagrange_basis, pointwise
from zk.ntt import polynomial
from zk.runtime.cpu import LANES

GROUPS = pytest.mark.parametrize("make", [fixed_base.g1, fixed_base.g2], ids=["G1", "G2"])


def points(make, logarithms):
    return make(array.plain([k % R for k in logarithms]))


def check(make, logarithms, scalars):
    products = pointwise.multiply(points(make, logarithms), array.plain(scalars))
    assert np.array_equal(products, points(make, [a * b for a, b in zip(logarithms, scalars, strict=True)]))


def around_the_lattice() -> list[int]:
    """Scalars whose halves are as long as possible, or nearly zero."""
    (a1, b1), (a2, b2) = endomorphism._short_basis()
    halfway = [((a1 * i + a2 * j) // 2, (b1 * i + b2 * j) // 2) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    near = [(a + d, b + e) for a, b in halfway for d in (-1, 0, 1) for e in (-1, 0, 1)]
    return [(a + endomorphism.LAMBDA * b) % R for a, b in near]


@GROUPS
def test_every_scalar_of_the_corpus_and_around_the_lattice_is_right(make):
    scalars = [*edges.corpus(R), *range(3, 40), *(R - k for k in range(3, 40)), *around_the_lattice()]
    check(make, [7 + i * i for i in range(len(scalars))], scalars)


@GROUPS
def test_small_multiples_of_a_point_do_not_collide_with_its_table(make):
    check(make, [1] * 200, list(range(200)))


@pytest.mark.parametrize("count", [0, 1, LANES - 1, LANES, LANES + 1, pointwise._CHUNK - 1, pointwise._CHUNK + 1])
def test_any_number_of_points_is_right(count):
    draw = random.Random(count)
    check(fixed_base.g1, [draw.randrange(R) for _ in range(count)], [draw.randrange(R) for _ in range(count)])


@GROUPS
def test_the_identity_and_the_scalar_zero_give_the_identity_in_any_lane(make):
    logarithms, scalars = list(range(1, 3 * LANES + 1)), [5] * (3 * LANES)
    logarithms[1] = logarithms[LANES] = scalars[3 % LANES] = scalars[-1] = 0
    check(make, logarithms, scalars)


def test_products_agree_with_py_ecc():
    scalars = [random.Random(3).randrange(R) for _ in range(3)]
    products = g1.decode(pointwise.multiply(np.repeat(g1.GENERATOR, 3, axis=0), array.plain(scalars)))
    for point, scalar in zip(products, scalars, strict=True):
        expected = optimized_bn128.normalize(optimized_bn128.multiply(optimized_bn128.G1, scalar))
        assert (point.x, point.y) == tuple(int(c) for c in expected)
    (point,) = g2.decode(pointwise.multiply(g2.GENERATOR, array.plain(scalars[:1])))
    x, y = optimized_bn128.normalize(optimized_bn128.multiply(optimized_bn128.G2, scalars[0]))
    assert (point.x, point.y) == (tuple(map(int, x.coeffs)), tuple(map(int, y.coeffs)))


def test_progress_ends_at_the_number_of_points():
    seen = []
    count = 3 * pointwise._CHUNK
    pointwise.multiply(np.repeat(g1.GENERATOR, count, axis=0), array.plain([3] * count), lambda *at: seen.append(at))
    assert seen[-1] == (count, count) and seen == sorted(seen)


def test_another_number_of_scalars_than_points_is_refused():
    with pytest.raises(ValueError, match="as many scalars as points"):
        pointwise.multiply(g1.GENERATOR, array.plain([1, 2]))


@GROUPS
@pytest.mark.parametrize("log_size", range(6))
def test_powers_become_lagrange_points(make, log_size):
    tau = 123456789
    powers = points(make, [pow(tau, j, R) for j in range(1 << log_size)])
    lagrange = array.decode(FR, polynomial.lagrange(log_size, tau))
    assert np.array_equal(lagrange_basis.lagrange(powers), points(make, lagrange))


def test_powers_of_one_become_the_first_lagrange_point_and_identities():
    basis = lagrange_basis.lagrange(np.repeat(g1.GENERATOR, 8, axis=0))
    assert np.array_equal(basis[0], g1.GENERATOR[0]) and not basis[1:].any()


def test_a_number_of_points_other_than_a_power_of_two_is_refused():
    with pytest.raises(ValueError, match="power of two"):
        lagrange_basis.lagrange(np.repeat(g1.GENERATOR, 3, axis=0))


def test_progress_counts_the_points_that_the_transform_multiplies():
    seen = []
    lagrange_basis.lagrange(np.repeat(g1.GENERATOR, 16, axis=0), lambda *at: seen.append(at))
    assert seen[-1] == (lagrange_basis.multiplications(4), lagrange_basis.multiplications(4))
