"""Points on the host agree with the textbook, and only points of the groups are decoded."""

import json
import random
from pathlib import Path

import pytest

from tests.reference import bn254 as reference
from zk.curves import bn254, jacobian
from zk.curves.bn254 import G1, G2, G1Point, G2Point
from zk.errors import FormatError
from zk.fields.prime import P, R

VECTORS = Path(__file__).parents[4] / "shared" / "vectors" / "go-ethereum"
SCALARS = [0, 1, 2, 3, 15, 16, 17, 2**64 - 1, R - 1, R, R + 1, 2**254 + 12345, -1, -7]


def textbook(point):
    """A point in the form of the reference."""
    if isinstance(point, G1Point):
        return (point.x, 0), (point.y, 0)
    return point and (point.x, point.y)


BOTH = pytest.mark.parametrize("generator", [G1, G2], ids=["G1", "G2"])


@BOTH
@pytest.mark.parametrize("scalar", SCALARS)
def test_multiples_agree_with_the_textbook(generator, scalar):
    point = textbook(generator)
    expected = (
        reference.multiply(scalar, point) if scalar >= 0 else reference.negate(reference.multiply(-scalar, point))
    )
    assert textbook(bn254.multiply(scalar, generator)) == expected


@BOTH
def test_sums_agree_with_the_textbook(generator):
    points = [None] + [bn254.multiply(k, generator) for k in (1, 2, 5, R - 1, R - 2, 77)]
    for left in points:
        for right in points:
            expected = reference.add(textbook(left), textbook(right))
            assert textbook(bn254.add(left, right)) == expected


@BOTH
def test_a_point_and_its_negative_cancel(generator):
    point = bn254.multiply(12345, generator)
    assert bn254.add(point, bn254.negate(point)) is None
    assert bn254.negate(bn254.negate(point)) == point != bn254.negate(point)
    assert bn254.negate(None) is None and bn254.multiply(5, None) is None


def test_decoding_inverts_encoding():
    generator = random.Random(1)
    for _ in range(5):
        k = generator.randrange(1, R)
        left, right = bn254.multiply(k, G1), bn254.multiply(k, G2)
        assert bn254.decode_g1(bn254.encode_g1(left), "P") == left
        assert bn254.decode_g2(bn254.encode_g2(right), "Q") == right


def test_bytes_are_in_the_order_of_eip_197():
    assert bn254.encode_g1(G1) == (1).to_bytes(32, "big") + (2).to_bytes(32, "big")
    assert bn254.encode_g2(G2)[:32] == G2.x[1].to_bytes(32, "big")
    assert bn254.encode_g2(G2)[96:] == G2.y[0].to_bytes(32, "big")


@pytest.mark.parametrize(
    ("x", "y", "why"),
    [
        (0, 0, "the identity"),
        (1, 3, "not on the curve"),
        (0, 1, "not on the curve"),
        (P + 1, 2, "not below the modulus"),
        (1, P + 2, "not below the modulus"),
        (-1, 2, "not below the modulus"),
        (P, P, "not below the modulus"),
    ],
)
def test_coordinates_that_are_not_a_point_of_g1_are_refused_by_name(x, y, why):
    with pytest.raises(FormatError, match=f"alpha .*{why}"):
        bn254.g1(x, y, "alpha")


@pytest.mark.parametrize(
    ("x", "y", "why"),
    [
        ((0, 0), (0, 0), "the identity"),
        (G2.x, (G2.y[1], G2.y[0]), "not on the curve"),
        ((G2.x[1], G2.x[0]), G2.y, "not on the curve"),
        ((G2.x[0] + P, G2.x[1]), G2.y, "not below the modulus"),
        (G2.x, (G2.y[0], G2.y[1] + P), "not below the modulus"),
        (G2.x, (-G2.y[0], G2.y[1]), "not below the modulus"),
    ],
)
def test_coordinates_that_are_not_a_point_of_g2_are_refused_by_name(x, y, why):
    with pytest.raises(FormatError, match=f"beta .*{why}"):
        bn254.g2(x, y, "beta")


def test_points_of_the_twist_outside_the_subgroup_are_refused():
    for x, y in reference.twist_points(8):
        assert reference.multiply(R, (x, y)) is not None
        with pytest.raises(FormatError, match="beta is not in the subgroup"):
            bn254.g2(x, y, "beta")


def lift(point):
    return point[0], point[1], jacobian.FP2.one


def test_the_subgroup_check_agrees_with_multiplication_by_the_order():
    """Multiples of points of the twist, which has order r (2p - r): both criteria agree in and out of the subgroup."""
    cofactor = 2 * P - R
    divisors = [d for d in range(2, 20_000) if cofactor % d == 0]
    assert divisors, "small subgroups are where a wrong criterion would fail"
    for point in reference.twist_points(2):
        for k in (1, R, cofactor, cofactor // divisors[0], cofactor // divisors[-1], R * (cofactor // divisors[0])):
            multiple = jacobian.multiply(jacobian.FP2, k, lift(point))
            expected = jacobian.affine(jacobian.FP2, jacobian.multiply(jacobian.FP2, R, multiple)) is None
            assert bn254.is_in_subgroup(multiple) == expected == (k % cofactor == 0 or k == R * cofactor)


@pytest.mark.parametrize("length", [0, 63, 65, 128])
def test_g1_points_of_another_length_are_refused(length):
    with pytest.raises(FormatError, match=f"{length} bytes instead of 64"):
        bn254.decode_g1(bytes(length), "P")


@pytest.mark.parametrize("length", [0, 64, 127, 129])
def test_g2_points_of_another_length_are_refused(length):
    with pytest.raises(FormatError, match=f"{length} bytes instead of 128"):
        bn254.decode_g2(bytes(length), "Q")


def test_a_point_with_a_flipped_bit_is_refused():
    point, other = bn254.encode_g1(bn254.multiply(3, G1)), bn254.encode_g2(bn254.multiply(3, G2))
    for bit in range(0, 512, 7):
        flipped = (int.from_bytes(point, "big") ^ 1 << bit).to_bytes(64, "big")
        with pytest.raises(FormatError):
            bn254.decode_g1(flipped, "P")
    for bit in range(0, 1024, 13):
        flipped = (int.from_bytes(other, "big") ^ 1 << bit).to_bytes(128, "big")
        with pytest.raises(FormatError):
            bn254.decode_g2(flipped, "Q")


def test_the_generator_of_g2_is_in_the_subgroup():
    assert bn254.g2(G2.x, G2.y, "G2") == G2Point(G2.x, G2.y)


def vectors(name):
    """Ethereum's cases for a precompile of EIP-196."""
    path = VECTORS / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else []


def of_ethereum(data):
    """The point in 64 bytes, all zero for the identity."""
    return bn254.decode_g1(data, "P") if any(data) else None


def to_ethereum(point):
    return bn254.encode_g1(point) if point else bytes(64)


HAS_VECTORS = pytest.mark.skipif(not VECTORS.exists(), reason="shared/vectors/go-ethereum is missing")


@HAS_VECTORS
@pytest.mark.parametrize("case", vectors("bn256Add"), ids=lambda case: case["Name"])
def test_sums_agree_with_ethereums_vectors(case):
    data = bytes.fromhex(case["Input"])[:128].ljust(128, b"\0")
    total = bn254.add(of_ethereum(data[:64]), of_ethereum(data[64:]))
    assert to_ethereum(total).hex() == case["Expected"]


@HAS_VECTORS
@pytest.mark.parametrize("case", vectors("bn256ScalarMul"), ids=lambda case: case["Name"])
def test_multiples_agree_with_ethereums_vectors(case):
    data = bytes.fromhex(case["Input"])[:96].ljust(96, b"\0")
    multiple = bn254.multiply(int.from_bytes(data[64:], "big"), of_ethereum(data[:64]))
    assert to_ethereum(multiple).hex() == case["Expected"]
