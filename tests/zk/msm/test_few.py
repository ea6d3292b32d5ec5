"""Sums of few points are those of py_ecc's integers, for points that are equal, opposite and the identity too."""

import numpy as np
import pytest
from py_ecc import optimized_bn128 as py_ecc

from tests.reference.qap import R
from zk.curves import bn254, g1, g2
from zk.fields import array
from zk.msm import few

GROUPS = {"G1": (bn254.G1, g1, py_ecc.G1), "G2": (bn254.G2, g2, py_ecc.G2)}
CASES = [(0,), (5,), (0, 0), (3, 3), (3, R - 3), (0, 7), (7, 0), (1, 2, 3, 4, R - 10), (R - 1, R - 1, 2), (9, 0, R - 9)]


def points(group, logarithms) -> list[np.ndarray]:
    """Multiples of the generator, one array each, in turns affine and in XYZZ form with a ZZ that is not 1."""
    generator, codec, _ = GROUPS[group]
    affine = [codec.encode([bn254.multiply(k, generator) if k else None]) for k in logarithms]
    return [scaled(point) if i % 2 else point for i, point in enumerate(affine)]


def scaled(point: np.ndarray) -> np.ndarray:
    """The same point as a sum of two others."""
    if not point.any():
        return few.total(point, point)
    like = g1 if point.ndim == 3 else g2
    (decoded,) = like.decode(point)
    part = bn254.multiply(77, bn254.G1 if like is g1 else bn254.G2)
    return few.total(like.encode([part]), like.encode([bn254.add(decoded, bn254.negate(part))]))


def expected(group, k):
    """k times the generator as py_ecc has it, in the form of ours."""
    point = py_ecc.normalize(py_ecc.multiply(GROUPS[group][2], k % R)) if k % R else None
    if point is None:
        return None
    if group == "G1":
        return bn254.G1Point(*map(int, point))
    return bn254.G2Point(*(tuple(map(int, c.coeffs)) for c in point))


def decoded(group, *sums) -> list:
    return GROUPS[group][1].decode(few.affine(*sums))


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("logarithms", CASES)
def test_the_sum_of_any_points(group, logarithms):
    assert decoded(group, few.total(*points(group, logarithms))) == [expected(group, sum(logarithms))]


def test_one_inversion_serves_points_of_which_some_are_the_identity():
    sums = [few.total(*points("G1", (k, R - 4))) for k in (1, 4, 6)]
    assert decoded("G1", *sums) == [expected("G1", k - 4) for k in (1, 4, 6)]


SCALARS = [0, 1, 15, 16, R - 1, 2**64 - 1, 2**64, 2**252 + 15, 2**128 + 2**60, 0x123456789ABCDEF << 180]


@pytest.mark.parametrize("logarithms", [(3, 5), (3, 3), (3, R - 3), (0, 5), (5, 0), (0, 0)])
@pytest.mark.parametrize("start", [0, 11])
def test_multiples_are_added_to_what_stands_there(logarithms, start):
    for s, t in zip(SCALARS, SCALARS[3:] + SCALARS[:3], strict=True):
        both = np.concatenate([few.total(point) for point in points("G1", logarithms)])
        result = few.total(*points("G1", (start,)))
        few.add_multiples(both, array.plain([s, t]), result)
        assert decoded("G1", result) == [expected("G1", start + s * logarithms[0] + t * logarithms[1])]


def test_a_sum_that_returns_to_the_identity_on_its_way():
    """s = -t times the same point, and what stands there is the opposite of the rest."""
    both = np.concatenate([few.total(point) for point in points("G1", (3, 3))])
    result = few.total(*points("G1", (R - 6,)))
    few.add_multiples(both, array.plain([R - 4, 6]), result)
    assert decoded("G1", result) == [None]
