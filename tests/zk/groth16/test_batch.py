"""Batches in lanes: random multiples, loops of many pairs, and batches of every length around a vector."""

import random
from dataclasses import replace

import numpy as np
import pytest

from tests.reference import bn254 as reference
from tests.reference.bn254 import R
from tests.zk.hashes import known
from zk import pairing
from zk.curves import bn254, g1, g2
from zk.curves.bn254 import G1, G2
from zk.errors import InvalidProof
from zk.fields import array
from zk.fields.prime import FP
from zk.groth16 import verifier
from zk.msm import endomorphism, small_exponents

INPUTS = 2


def multiples(generator, seed, count):
    chance = random.Random(seed)
    return [bn254.multiply(chance.randrange(1, R), generator) for _ in range(count)]


def textbook_weight(drawn):
    """Σ (s_i + λ z_i) 2^i, sign by sign."""
    signs = [1 if int(drawn[i // 8]) >> (i % 8) & 1 else -1 for i in range(128)]
    return sum((signs[i] + endomorphism.LAMBDA * signs[64 + i]) << i for i in range(64)) % R


def drawn_bytes(count):
    """Random bytes, the first rows being the extremes: all signs alike, each half by itself, and alternating."""
    rows = np.frombuffer(random.Random(1).randbytes(16 * (count + 6)), np.uint8).reshape(-1, 16).copy()
    for row, pattern in enumerate(
        ("00" * 16, "ff" * 16, "00" * 8 + "ff" * 8, "ff" * 8 + "00" * 8, "aa" * 16, "55" * 16)
    ):
        rows[row] = list(bytes.fromhex(pattern))
    return rows


def test_weights_are_the_sums_of_their_signs_and_all_different():
    drawn = drawn_bytes(40)
    found = small_exponents.scalars(drawn)
    assert found == [textbook_weight(row) for row in drawn]
    assert len(set(found)) == len(found) and 0 not in found


@pytest.mark.parametrize("count", [1, 7, 8, 9, 17])
def test_weighed_points_are_the_multiples_of_the_textbook(count):
    points = [G1, bn254.negate(G1), None, *multiples(G1, count, count)][:count]
    drawn = drawn_bytes(count)[:count]
    expected = []
    for point, weight in zip(points, small_exponents.scalars(drawn)):
        multiple = point and reference.multiply(weight, ((point.x, 0), (point.y, 0)))
        expected.append(multiple and bn254.G1Point(multiple[0][0], multiple[1][0]))
    words = small_exponents.multiply(g1.encode(points), drawn)
    assert g1.decode(words) == expected
    assert array.is_canonical(FP, words.reshape(-1, 4))


@pytest.mark.parametrize("count", [1, 7, 8, 9, 17])
@pytest.mark.parametrize("tasks", [1, 2, 5])
def test_the_loops_of_many_pairs_multiply_to_that_of_one_after_the_other(monkeypatch, count, tasks):
    monkeypatch.setenv("ZKSETTLE_THREADS", str(tasks))
    left, right = multiples(G1, count, count), multiples(G2, count + 1, count)
    values = pairing.millers(g1.encode(left), g2.encode(right))
    expected = pairing.product(list(zip(left, right)))
    assert tuple(array.decode(FP, pairing.exponentiated(values).reshape(12, 4))) == expected


@pytest.mark.parametrize("where", range(9))
def test_the_identity_in_any_lane_contributes_nothing(where):
    left, right = multiples(G1, 3, 9), multiples(G2, 4, 9)
    left[where] = None
    values = pairing.millers(g1.encode(left), g2.encode(right))
    rest = [pair for pair in zip(left, right) if pair[0] is not None]
    assert tuple(array.decode(FP, pairing.exponentiated(values).reshape(12, 4))) == pairing.product(rest)


@pytest.fixture(scope="module")
def items():
    """65 valid members under two keys, of every kind of size."""
    chance = random.Random(5)
    made = []
    for index in range(65):
        salt = index % 3 == 0
        public = [chance.choice([0, 1, R - 1, chance.randrange(R)]) for _ in range(INPUTS)]
        a, b = chance.randrange(1, R), chance.randrange(1, R)
        made.append((known.key(INPUTS, salt), public, known.proof(public, a, b, salt)))
    return made


def refuses(members, index):
    with pytest.raises(InvalidProof, match=f"proof {index}") as caught:
        verifier.verify_batch(members)
    assert caught.value.index == index


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 64, 65])
def test_a_batch_of_any_length_verifies_and_with_one_lie_at_either_end_does_not(items, count):
    verifier.verify_batch(items[:count])
    for where in {0, count // 2, count - 1} & set(range(count)):
        refuses(with_lie(items[:count], where, "c"), where)


@pytest.mark.parametrize("part", ["a", "b", "c", "public"])
@pytest.mark.parametrize("where", range(8))
def test_one_lie_in_any_lane_is_found(items, where, part):
    refuses(with_lie(items[:8], where, part), where)


def with_lie(members, where, part):
    key, public, proof = members[where]
    if part == "public":
        lie = key, [public[0], (public[1] + 1) % R], proof
    else:
        shifted = bn254.add(getattr(proof, part), G2 if part == "b" else G1)
        lie = key, public, replace(proof, **{part: shifted})
    return [*members[:where], lie, *members[where + 1 :]]


def test_the_first_of_two_lies_is_named(items):
    refuses(with_lie(with_lie(items[:20], 17, "a"), 9, "b"), 9)


def test_lies_that_cancel_without_weights_are_found(items):
    """C + D in one proof and C - D in another of the same key, in one lane of two vectors and in two of one."""
    shift = bn254.multiply(99, G1)
    for first, second in ((1, 2), (2, 10), (0, 63)):
        members = list(items[:64])
        for index, moved in ((first, shift), (second, bn254.negate(shift))):
            key, public, proof = members[index]
            members[index] = key, public, replace(proof, c=bn254.add(proof.c, moved))
        refuses(members, first)
