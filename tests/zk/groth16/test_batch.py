"""Batches in lanes: random multiples, loops of many pairs, and batches of every length around a vector."""

import random
from dataclasses import replace

import numpy as np
import pytest

from tests.reference.bn254 import R
from tests.zk.groth16 import known
from zk import pairing
from zk.curves import bn254, g1, g2
from zk.curves.bn254 import G1, G2
from zk.errors import InvalidProof
from zk.fields import array
from zk.fields.prime import FP
from zk.groth16 import verifier
from zk.msm import small_exponents

INPUTS = 2


def multiples(generator, seed, count):
    chance = random.Random(seed)
    return [bn254.multiply(chance.randrange(1, R), generator) for _ in range(count)]


@pytest.mark.parametrize("count", [1, 7, 8, 9, 17])
@pytest.mark.parametrize("tasks", [1, 2, 5])
def test_the_miller_loops_of_many_pairs_have_the_product_of_single_ones(monkeypatch, count, tasks):
    monkeypatch.setenv("ZKSETTLE_THREADS", str(tasks))
    left, right = multiples(G1, count, count), multiples(G2, count + 1, count)
    values = pairing.miller_loops(g1.encode(left), g2.encode(right))
    expected = pairing.product(list(zip(left, right, strict=True)))
    assert tuple(array.decode(FP, pairing.final_exponentiation(values).reshape(12, 4))) == expected


@pytest.mark.parametrize("where", range(9))
def test_the_identity_in_any_lane_contributes_nothing(where):
    left, right = multiples(G1, 3, 9), multiples(G2, 4, 9)
    left[where] = None
    values = pairing.miller_loops(g1.encode(left), g2.encode(right))
    rest = [pair for pair in zip(left, right, strict=True) if pair[0] is not None]
    assert tuple(array.decode(FP, pairing.final_exponentiation(values).reshape(12, 4))) == pairing.product(rest)


@pytest.fixture(scope="module")
def items():
    """65 valid claims under two keys, with inputs of every kind of size."""
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


def test_every_proof_has_128_fresh_random_bits_and_a_and_c_the_same_ones(items, monkeypatch):
    """Fewer bits, or the same ones twice, would let lies cancel more often than once in 2^128."""
    used = {"scalars": [], "multiply": []}
    monkeypatch.setattr(small_exponents, "scalars", spy(small_exponents.scalars, used["scalars"]))
    monkeypatch.setattr(small_exponents, "multiply", spy(small_exponents.multiply, used["multiply"]))
    for _ in range(2):
        verifier.verify_batch(items[:64])
    (first, second), multiplied = used["scalars"], used["multiply"]
    assert [signs.shape for signs in (first, second)] == [(64, 16)] * 2 and len(multiplied) == 4
    assert [signs.tobytes() for signs in multiplied] == [s.tobytes() for s in (first, first, second, second)]
    rows = np.concatenate((first, second))
    assert len({row.tobytes() for row in rows}) == 128
    assert (np.bitwise_or.reduce(rows) == 255).all() and (np.bitwise_and.reduce(rows) == 0).all()


def spy(function, calls):
    """The function, appending the last argument of every call to `calls`."""

    def spied(*arguments):
        calls.append(arguments[-1])
        return function(*arguments)

    return spied
