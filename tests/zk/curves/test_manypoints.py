"""The checks of many points in kernels agree with those of one point in Python, on points of every kind."""

import pytest

from tests.reference import babyjubjub as slow
from tests.reference import bn254 as reference
from zk.curves import babyjubjub, bn254, g1, g2, jacobian, manypoints, rows
from zk.curves.babyjubjub import BASE8, GENERATOR, IDENTITY, ORDER
from zk.curves.bn254 import G1, G2, G1Point, G2Point
from zk.errors import FormatError
from zk.fields import array
from zk.fields.prime import FP, FR, P, R
from zk.groth16 import keys, manyproofs
from zk.groth16.keys import Proof

COFACTOR = 2 * P - R
TORSION = slow.multiply(ORDER, GENERATOR)
PROOF = Proof(bn254.multiply(5, G1), bn254.multiply(6, G2), bn254.multiply(7, G1))


def in_any_company(check, good, points, verdicts):
    """The same verdicts alone, among good points, and in a number that fills no lanes."""
    for point, verdict in zip(points, verdicts, strict=True):
        assert check([point]) == [verdict]
        assert check([good] * 9 + [point] + [good] * 3) == [True] * 9 + [verdict] + [True] * 3
    assert check(points) == verdicts


def raises_nothing(decode, *arguments):
    try:
        decode(*arguments)
    except FormatError:
        return False
    return True


def test_g1_has_the_points_of_its_curve_but_the_identity():
    points = [G1Point(0, 0), G1Point(1, 2), G1Point(1, P - 2), G1Point(2, 1), G1Point(1, 3), bn254.multiply(R - 5, G1)]
    verdicts = [raises_nothing(bn254.g1, point.x, point.y, "") for point in points]
    assert verdicts == [False, True, True, False, False, True]
    in_any_company(lambda some: manypoints.are_in_g1(g1.encode(some)).tolist(), G1, points, verdicts)


def multiple(point, factor):
    x_y = jacobian.affine(jacobian.FP2, jacobian.multiply(jacobian.FP2, factor, (*point, jacobian.FP2.one)))
    if x_y is None:
        return None
    (x0, x1), (y0, y1) = x_y
    return G2Point((int(x0), int(x1)), (int(y0), int(y1)))


def test_g2_has_the_points_of_the_twist_whose_order_is_r():
    divisors = [d for d in range(2, 20_000) if COFACTOR % d == 0]
    factors = [1, R, COFACTOR, R * (COFACTOR // divisors[0]), COFACTOR // divisors[0], COFACTOR // divisors[-1]]
    points = [multiple(point, factor) for point in reference.twist_points(3) for factor in factors]
    points = [point for point in points if point is not None]
    points += [bn254.multiply(scalar, G2) for scalar in (1, 2, 3, R - 1, 2**64, 0xC0FFEE << 200)]
    points += [G2Point((0, 0), (0, 0)), G2Point(G2.x, (G2.y[0] + 1, G2.y[1])), G2Point(G2.y, G2.x)]
    points += [G2Point(G2.x, (0, 0))]
    verdicts = [raises_nothing(bn254.g2, point.x, point.y, "") for point in points]
    assert verdicts.count(True) == 9 and verdicts.count(False) > 12
    in_any_company(lambda some: manypoints.are_in_g2(g2.encode(some)).tolist(), G2, points, verdicts)


def test_no_sum_in_the_check_of_g2_is_exceptional_on_a_point_of_g2():
    x = bn254.BN_X
    left, right = (x + 1, x * P + x * P * P), (x * P, x * P * P)
    for first, second in (left, right, (x, 1)):
        assert (first - second) % R and (first + second) % R and first % R and second % R
    assert sum(left) % R == 2 * x * P**3 % R != 0


def test_baby_jubjub_has_the_points_of_the_subgroup_but_the_identity():
    small = [slow.multiply(times, TORSION) for times in range(8)]
    points = [*small, *(slow.add(BASE8, part) for part in small), slow.multiply(ORDER - 1, BASE8), GENERATOR]
    points += [(0, 0), (1, 1), (BASE8[0], R - BASE8[1]), (BASE8[1], BASE8[0]), (R - BASE8[0], BASE8[1])]
    verdicts = [raises_nothing(babyjubjub.point, *point, "") for point in points]
    assert verdicts.count(True) == 3 and not raises_nothing(babyjubjub.point, *IDENTITY, "")

    def check(some):
        numbers = array.encode(FR, [coordinate for point in some for coordinate in point]).reshape(-1, 2, 4)
        return manypoints.are_on_baby_jubjub(numbers).tolist()

    in_any_company(check, BASE8, points, verdicts)


@pytest.mark.parametrize("prime", [FP, FR])
def test_numbers_are_read_and_told_from_those_that_are_not_reduced(prime):
    p = prime.modulus
    values = [0, 1, p - 1, p, p + 1, p - 2**64, p + 2**64, p - 2**192, p + 2**192, p ^ 1, 2**256 - 1, 2**255]
    numbers, are_reduced = rows.from_bytes(prime, b"".join(value.to_bytes(32, "big") for value in values))
    assert are_reduced.tolist() == [value < p for value in values]
    assert array.decode(prime, numbers) == [value if value < p else 0 for value in values]


def test_points_become_the_rows_of_their_encoding():
    in_g1, in_g2 = [bn254.multiply(k, G1) for k in (1, 2, R - 1)], [bn254.multiply(k, G2) for k in (1, 2, R - 1)]
    assert (rows.of_g1(in_g1) == g1.encode(in_g1)).all() and rows.of_g1([]).shape == (0, 2, 4)
    assert (rows.of_g2(in_g2) == g2.encode(in_g2)).all() and rows.of_g2([]).shape == (0, 2, 2, 4)


def test_no_points_are_all_sound():
    assert manyproofs.are_sound([]).tolist() == []
    assert not len(manypoints.are_on_baby_jubjub(array.encode(FR, []).reshape(-1, 2, 4)))


def test_bytes_are_a_proof_exactly_when_they_are_decoded():
    good = keys.encode_proof(PROOF)
    outside = bn254.encode_g2(G2Point(*reference.twist_points(1)[0]))
    damaged = [good, good[:64] + outside + good[192:], bytes(64) + good[64:], good[:64] + bytes(128) + good[192:],
               good[:192] + bytes(64), good[192:] + good[64:192] + good[:64]]  # fmt: skip
    for at in range(0, keys.PROOF_BYTES, 32):
        coordinate = int.from_bytes(good[at : at + 32], "big")
        damaged += [
            good[:at] + changed.to_bytes(32, "big") + good[at + 32 :]
            for changed in (coordinate + 1, coordinate + P, P - coordinate, 2**256 - 1)
        ]
    verdicts = [raises_nothing(keys.decode_proof, data) for data in damaged]
    assert verdicts.count(True) == 4, "the good one, A and C exchanged, and -A and -C"
    assert manyproofs.are_sound(damaged).tolist() == verdicts
    assert keys.read_proof_unchecked(good) == PROOF
