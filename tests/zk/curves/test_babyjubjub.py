"""Baby Jubjub: circomlib's points and packed form, the group laws, and every reason to refuse a point from outside."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import babyjubjub as slow
from zk.curves import babyjubjub, edwards
from zk.curves.babyjubjub import BASE8, COFACTOR, GENERATOR, IDENTITY, ORDER
from zk.errors import FormatError
from zk.fields.prime import R

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "circomlibjs.json").read_text())["babyjubjub"]
SCALARS = st.one_of(st.sampled_from([0, 1, 2, 15, 16, ORDER - 1, ORDER, ORDER + 1]), st.integers(0, ORDER))
ORDER_TWO = (0, R - 1)


def ints(pair):
    return int(pair[0]), int(pair[1])


def test_the_constants_have_the_orders_that_their_names_say():
    assert babyjubjub.multiply(COFACTOR, GENERATOR) == BASE8
    assert babyjubjub.multiply(ORDER, BASE8) == IDENTITY
    assert babyjubjub.multiply(COFACTOR * ORDER, GENERATOR) == IDENTITY
    assert babyjubjub.multiply(ORDER, GENERATOR) != IDENTITY
    assert pow(babyjubjub.A, (R - 1) // 2, R) == 1 and pow(babyjubjub.D, (R - 1) // 2, R) == R - 1


def test_points_and_their_packed_form_agree_with_circomlib():
    for vector in VECTORS:
        point = babyjubjub.multiply(int(vector["scalar"]), BASE8)
        assert point == ints(vector["point"])
        assert babyjubjub.add(point, ints(vector["other"])) == ints(vector["sum"])
        assert babyjubjub.pack(point).hex() == vector["packed"]
        assert babyjubjub.unpack(bytes.fromhex(vector["packed"]), "point") == point


@settings(max_examples=20)
@given(SCALARS, SCALARS)
def test_multiplication_agrees_with_double_and_add_and_distributes(left, right):
    product = babyjubjub.multiply(left, BASE8)
    assert product == slow.multiply(left, BASE8)
    assert babyjubjub.add(product, babyjubjub.multiply(right, BASE8)) == babyjubjub.multiply(left + right, BASE8)
    assert babyjubjub.multiply(-left, BASE8) == babyjubjub.negate(product)
    assert babyjubjub.add(product, babyjubjub.negate(product)) == IDENTITY


@settings(max_examples=20)
@given(SCALARS, st.sampled_from([1, 2, ORDER - 1, 12345]))
def test_multiplication_of_a_base_that_is_used_often_agrees(scalar, of):
    base = slow.multiply(of, BASE8)
    assert babyjubjub.multiply_base(scalar, base) == slow.multiply(scalar, base)
    assert babyjubjub.multiply_base(-scalar, base) == slow.multiply(ORDER - scalar % ORDER, base)


@pytest.mark.parametrize("bits, columns", [(1, 1), (6, 1), (7, 2)])
def test_a_comb_takes_every_scalar_of_its_bits_and_no_other(bits, columns):
    curve = edwards.Edwards(13, 1, 2)
    points = [(x, y) for x in range(13) for y in range(13) if edwards.is_on_curve(curve, (x, y))]
    for base in points[:: 4 if columns > 1 else 1]:
        comb, multiple = edwards.comb(curve, base, bits), IDENTITY
        assert comb.columns == columns
        for scalar in range(64**columns):
            assert edwards.multiply_comb(comb, scalar) == multiple
            multiple = edwards.add(curve, multiple, base)
        for scalar in (-1, 64**columns):
            with pytest.raises(AssertionError):
                edwards.multiply_comb(comb, scalar)


def test_the_formula_holds_for_every_pair_of_points_of_a_toy_curve():
    curve = edwards.Edwards(13, 1, 2)
    points = [(x, y) for x in range(13) for y in range(13) if edwards.is_on_curve(curve, (x, y))]
    for left in points:
        for right in points:
            total = edwards.add(curve, left, right)
            assert total in points and total == slow.add(left, right, 13, 1, 2)
        for scalar in range(20):
            assert edwards.multiply(curve, scalar, left) == slow.multiply(scalar, left, 13, 1, 2)


def test_a_point_of_the_subgroup_is_accepted():
    assert babyjubjub.point(*BASE8, "key") == BASE8
    assert babyjubjub.is_in_subgroup(BASE8) and babyjubjub.is_in_subgroup(IDENTITY)


@pytest.mark.parametrize(
    "point, why",
    [
        ((BASE8[0] + R, BASE8[1]), "below the modulus"),
        ((BASE8[0], BASE8[1] + R), "below the modulus"),
        ((-1, BASE8[1]), "below the modulus"),
        ((BASE8[0], BASE8[1] + 1), "not on"),
        ((0, 0), "not on"),
        (IDENTITY, "identity"),
        (ORDER_TWO, "subgroup"),
        (GENERATOR, "subgroup"),
        (babyjubjub.add(BASE8, ORDER_TWO), "subgroup"),
    ],
)
def test_a_bad_point_is_refused_by_name(point, why):
    with pytest.raises(FormatError, match=f"^key .*{why}"):
        babyjubjub.point(*point, "key")


PACKED = babyjubjub.pack(BASE8)


def no_such_y():
    """The smallest y above 1 that no point has, packed."""
    y = next(y for y in range(2, 99) if pow((1 - y * y) * pow(slow.A - slow.D * y * y, -1, R), (R - 1) // 2, R) != 1)
    return y.to_bytes(32, "little")


@pytest.mark.parametrize(
    "data, why",
    [
        (PACKED[:-1], "31 bytes"),
        (PACKED + b"\0", "33 bytes"),
        ((R + 1).to_bytes(32, "little"), "packed point"),
        (R.to_bytes(32, "little"), "packed point"),
        (no_such_y(), "packed point"),
        (babyjubjub.pack(IDENTITY), "identity"),
        (b"\x01" + bytes(30) + b"\x80", "packed point"),
        (babyjubjub.pack(ORDER_TWO), "subgroup"),
        (babyjubjub.pack(GENERATOR), "subgroup"),
        (PACKED[:-1] + bytes([PACKED[-1] | 0x40]), "packed point"),
    ],
)
def test_bytes_that_are_not_a_packed_point_of_the_subgroup_are_refused(data, why):
    with pytest.raises(FormatError, match=why):
        babyjubjub.unpack(data, "key")


@settings(max_examples=20)
@given(st.integers(1, ORDER - 1))
def test_unpacking_undoes_packing(scalar):
    point = babyjubjub.multiply(scalar, BASE8)
    for p in (point, babyjubjub.negate(point)):
        assert babyjubjub.unpack(babyjubjub.pack(p), "point") == p


def slow_hash_to_curve(label):
    """(sign, y, x²) by the rule of `hash_to_curve`, with Euler's criterion."""
    for counter in range(99):
        digest = hashlib.sha256(b"zksettle/babyjubjub/hash-to-curve" + label + counter.to_bytes(4, "big")).digest()
        number = int.from_bytes(digest, "little")
        sign, y = number >> 255, number & ((1 << 254) - 1)
        xx = (1 - y * y) * pow(slow.A - slow.D * y * y, -1, R) % R
        if y < R and pow(xx, (R - 1) // 2, R) == 1:
            return sign, y, xx
    raise AssertionError


@pytest.mark.parametrize("label", [b"", b"a", b"zksettle/value/asset/0", bytes(100)])
def test_hash_to_curve_follows_its_documented_rule(label):
    sign, y, xx = slow_hash_to_curve(label)
    point = babyjubjub.hash_to_curve(label)
    candidates = [(x, y) for x in _roots(xx) if (x > (R - 1) // 2) == bool(sign)]
    assert [slow.multiply(8, c) for c in candidates] == [point]
    assert babyjubjub.point(*point, "base") == point
    assert point != babyjubjub.hash_to_curve(label + b"b")


def _roots(square):
    """Both square roots mod r, by Cipolla's method: (a + sqrt(a^2 - n))^((r+1)/2)."""
    a = next(a for a in range(99) if pow(a * a - square, (R - 1) // 2, R) == R - 1)
    w = (a * a - square) % R
    total, power, n = (1, 0), (a, 1), (R + 1) // 2
    while n:
        if n & 1:
            total = _multiply_pairs(total, power, w)
        power, n = _multiply_pairs(power, power, w), n >> 1
    assert total[1] == 0 and total[0] * total[0] % R == square
    return total[0], R - total[0]


def _multiply_pairs(left, right, w):
    return (left[0] * right[0] + left[1] * right[1] * w) % R, (left[0] * right[1] + left[1] * right[0]) % R
