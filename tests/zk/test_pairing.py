"""The pairing agrees with py_ecc and with Ethereum's vectors, and is bilinear."""

import json
import random
from pathlib import Path

import pytest

from tests.reference import field
from tests.reference import pairing as reference
from tests.reference.bn254 import twist_points
from zk import pairing
from zk.curves import bn254
from zk.curves.bn254 import G1, G2
from zk.errors import FormatError
from zk.fields.prime import R

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "go-ethereum" / "bn256Pairing.json"


def multiples(seed, count):
    generator = random.Random(seed)
    for _ in range(count):
        yield bn254.multiply(generator.randrange(1, R), G1), bn254.multiply(generator.randrange(1, R), G2)


def value(pairs):
    """The product in the form of the reference."""
    coefficients = pairing.product(pairs)
    return field.from_pairs(zip(coefficients[::2], coefficients[1::2], strict=True))


def test_the_empty_product_is_one():
    assert pairing.product_is_one([])


def test_the_value_agrees_with_py_ecc():
    for pairs in ([(G1, G2)], list(multiples(1, 1)), list(multiples(2, 3))):
        assert value(pairs) == reference.product([((p.x, p.y), (q.x, q.y)) for p, q in pairs])


def test_the_pairing_is_bilinear():
    [(p, q)] = multiples(3, 1)
    for k in (1, 2, 3, R - 1, 2**64 + 1):
        left, right = bn254.multiply(k, p), bn254.multiply(k, q)
        assert value([(left, q)]) == value([(p, right)]) == field.power(value([(p, q)]), k)


def test_the_pairing_of_the_generators_has_order_r():
    one = value([(G1, G2)])
    assert one != field.ONE and field.power(one, R) == field.ONE


@pytest.mark.parametrize("count", [1, 2, 4, 9])
def test_a_product_is_one_only_when_it_cancels_exactly(count):
    pairs = [pair for p, q in multiples(count, count) for pair in ((p, q), (bn254.negate(p), q))]
    random.Random(4).shuffle(pairs)
    assert pairing.product_is_one(pairs)
    (p, q), *rest = pairs
    assert not pairing.product_is_one(rest)
    assert not pairing.product_is_one([(bn254.add(p, G1), q), *rest])
    assert not pairing.product_is_one([(p, bn254.add(q, G2)), *rest])
    assert not pairing.product_is_one([(bn254.negate(p), q), *rest])


def test_pairings_with_one_point_of_g2_are_a_pairing_with_the_sum_of_the_others():
    points = [bn254.multiply(k, G1) for k in (3, 5, 11)]
    assert value([(p, G2) for p in points]) == value([(bn254.multiply(19, G1), G2)])


def vectors():
    """Ethereum's cases for the precompile at 0x08: EIP-197."""
    return json.loads(VECTORS.read_text()) if VECTORS.exists() else []


def decoded(data):
    """The pairs in an input, without those with an identity, which EIP-197 allows."""
    for i in range(0, len(data), 192):
        left, right = data[i : i + 64], data[i + 64 : i + 192]
        if any(left):
            bn254.decode_g1(left, "P")
        if any(right):
            bn254.decode_g2(right, "Q")
        if any(left) and any(right):
            yield bn254.decode_g1(left, "P"), bn254.decode_g2(right, "Q")


@pytest.mark.skipif(not VECTORS.exists(), reason="shared/vectors/go-ethereum is missing")
@pytest.mark.parametrize("case", vectors(), ids=lambda case: case["Name"])
def test_verdicts_agree_with_ethereums_vectors(case):
    expected = int(case["Expected"], 16) == 1
    assert pairing.product_is_one(list(decoded(bytes.fromhex(case["Input"])))) == expected


def test_a_pair_outside_the_subgroup_never_reaches_the_pairing():
    [(x, y)] = twist_points(1)
    with pytest.raises(FormatError, match="subgroup"):
        bn254.g2(x, y, "Q")
