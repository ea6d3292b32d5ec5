import numpy as np
import pytest

from tests.zk.formats import test_snarkjs
from zk.curves import bn254, g1, g2, jacobian
from zk.errors import FormatError
from zk.fields import array
from zk.fields.prime import P, R
from zk.msm import membership, pippenger

SMALLEST_FACTOR = 10069
COFACTOR = 2 * P - R

G1_POINTS = [bn254.multiply(k, bn254.G1) for k in (1, 2, R - 1, 12345)]
G2_POINTS = [bn254.multiply(k, bn254.G2) for k in (1, 2, R - 1, 12345)]


def outside(order: int) -> bn254.G2Point:
    """A point of the curve of G2 of this order, which divides the cofactor."""
    x, y, _ = test_snarkjs.outside_the_subgroup()
    point = tuple(map(int, x)), tuple(map(int, y)), jacobian.FP2.one
    affine = jacobian.affine(jacobian.FP2, jacobian.multiply(jacobian.FP2, R * (COFACTOR // order), point))
    return bn254.G2Point(*affine)


@pytest.mark.parametrize("count", [1, 3, 4, 700])
def test_points_of_the_groups_and_identities_are_accepted(count):
    membership.check_g1(g1.encode([*(G1_POINTS * count)[:count], None]), "points")
    membership.check_g2(g2.encode([None, *(G2_POINTS * count)[:count]]), "points")
    membership.check_g1(g1.encode([]), "points")
    membership.check_g2(g2.encode([]), "points")


def test_the_first_point_off_its_curve_is_named():
    in_g1, in_g2 = g1.encode(G1_POINTS), g2.encode(G2_POINTS)
    for points, check in ((in_g1, membership.check_g1), (in_g2, membership.check_g2)):
        for row in (2, 3):
            bad = points.copy()
            bad[row:] = points[row:, ::-1]  # x and y exchanged
            with pytest.raises(FormatError, match=f"the points: point {row} is not on the curve"):
                check(bad, "the points")


@pytest.mark.parametrize("place", [(0, 0), (1, 1)])
def test_a_point_with_one_zero_coordinate_is_not_the_identity(place):
    bad = g1.encode(G1_POINTS[:2])
    bad[place] = 0
    with pytest.raises(FormatError, match=f"point {place[0]} is not on the curve"):
        membership.check_g1(bad, "the points")


def test_a_coordinate_above_the_modulus_is_refused_even_on_the_curve():
    bad = g1.encode(G1_POINTS)
    bad[1, 0] = array.plain([array.from_plain(bad[1, :1])[0] + P])[0]
    with pytest.raises(FormatError, match="has a coordinate that is not below the modulus"):
        membership.check_g1(bad, "the points")


@pytest.mark.parametrize("order", [SMALLEST_FACTOR, COFACTOR], ids=["smallest", "largest"])
def test_one_point_with_a_component_outside_the_subgroup_is_found_among_many(order):
    point = outside(order)
    lifted = [(tuple(p.x), tuple(p.y), jacobian.FP2.one) for p in (point, bn254.G2)]
    shifted = bn254.G2Point(*jacobian.affine(jacobian.FP2, jacobian.add(jacobian.FP2, *lifted)))
    for bad in (point, shifted):
        with pytest.raises(FormatError, match="a sum of the points is not in the subgroup"):
            membership.check_g2(g2.encode([*G2_POINTS * 150, bad]), "the points")


def test_the_subgroup_is_checked_on_four_sums_with_fresh_exponents_of_16_bits(monkeypatch):
    """A point outside passes one sum with probability up to 1 / SMALLEST_FACTOR, so all four with less than 2^-52."""
    summed, multiply = [], pippenger.g2
    monkeypatch.setattr(pippenger, "g2", lambda points, scalars: summed.append(scalars) or multiply(points, scalars))
    membership.check_g2(g2.encode(G2_POINTS * 32), "points")
    assert len(summed) == 4 and len({scalars.tobytes() for scalars in summed}) == 4
    drawn = np.concatenate(summed)
    assert np.bitwise_or.reduce(drawn[:, 0]) == 2**16 - 1 and not drawn[:, 1:].any()
    assert SMALLEST_FACTOR**4 > 2**52


def test_the_cofactor_has_no_smaller_factor():
    assert [n for n in range(2, SMALLEST_FACTOR + 1) if COFACTOR % n == 0] == [SMALLEST_FACTOR]


def test_points_of_another_shape_raise_a_ValueError():
    with pytest.raises(ValueError, match="points must be an array"):
        membership.check_g2(g1.encode(G1_POINTS), "the points")
    with pytest.raises(ValueError, match="points must be an array"):
        membership.check_g1(g1.encode(G1_POINTS).astype(np.int64), "the points")
