"""A key whose last inputs are fixed gives the verdicts of the whole key, and costs a batch no more than one key."""

import random
from dataclasses import replace

import pytest

from tests.reference.bn254 import R
from tests.zk.groth16 import known
from zk import pairing
from zk.curves import bn254
from zk.curves.bn254 import G1
from zk.errors import FormatError, InvalidProof
from zk.groth16 import second_opinion, verifier

INPUTS = 5
PUBLIC = [3, R - 1, 2**64 - 1, 0, 77]
OTHER = [1, 2**64 - 1, 0, 78]


@pytest.fixture(scope="module")
def key():
    return known.key(INPUTS)


@pytest.mark.parametrize("kept", range(INPUTS + 1))
def test_a_proof_verifies_under_a_fixed_key_exactly_when_it_does_under_the_whole_one(key, kept):
    fixed, proof = verifier.fix(key, PUBLIC[kept:]), known.proof(PUBLIC)
    assert fixed.num_public == kept
    verifier.verify(key, PUBLIC, proof)
    verifier.verify(fixed, PUBLIC[:kept], proof)
    for lie in (replace(proof, c=bn254.add(proof.c, G1)), known.proof([*PUBLIC[:-1], 78])):
        for either, public in ((key, PUBLIC), (fixed, PUBLIC[:kept])):
            with pytest.raises(InvalidProof, match="does not verify"):
                verifier.verify(either, public, lie)


@pytest.mark.parametrize("kept", range(INPUTS))
def test_a_key_with_other_inputs_fixed_refuses(key, kept):
    proof = known.proof(PUBLIC)
    for place in range(kept, INPUTS):
        other = [*PUBLIC[:place], (PUBLIC[place] + 1) % R, *PUBLIC[place + 1 :]]
        with pytest.raises(InvalidProof, match="does not verify"):
            verifier.verify(verifier.fix(key, other[kept:]), PUBLIC[:kept], proof)


def test_py_ecc_agrees(key):
    fixed, proof = verifier.fix(key, PUBLIC[1:]), known.proof(PUBLIC)
    second_opinion.verify(fixed, PUBLIC[:1], proof)
    with pytest.raises(InvalidProof, match="does not verify"):
        second_opinion.verify(verifier.fix(key, OTHER), PUBLIC[:1], proof)


def test_inputs_fixed_one_after_the_other_make_the_same_key(key):
    assert verifier.fix(verifier.fix(key, PUBLIC[3:]), PUBLIC[1:3]) == verifier.fix(key, PUBLIC[1:])
    assert verifier.fix(key, []) == key


def test_hundreds_of_fixed_inputs_are_the_sum_of_the_textbook():
    key, chance = known.key(600), random.Random(3)
    suffix = [chance.choice([0, 1, 2**64 - 1, R - 1, chance.randrange(R)]) for _ in range(590)]
    fixed = verifier.fix(key, suffix)
    logarithm = known.logarithm(0) + sum(known.logarithm(j) * x for j, x in enumerate(suffix, 11))
    assert fixed.ic == (bn254.multiply(logarithm % R, G1), *key.ic[1:11])
    rest = [chance.randrange(R) for _ in range(10)]
    verifier.verify(fixed, rest, known.proof([*rest, *suffix]))


@pytest.mark.parametrize("value", [R, PUBLIC[4] + R, -1, 2**256, True, "3", 3.0, None])
def test_a_fixed_input_has_one_representation(key, value):
    with pytest.raises(InvalidProof, match="public input 4 is not an integer below the modulus"):
        verifier.fix(key, [*PUBLIC[2:4], value])


def test_more_inputs_than_the_key_has_are_refused(key):
    with pytest.raises(InvalidProof, match="the key is for 5 public inputs, and 6 are fixed"):
        verifier.fix(key, [1] * 6)


def test_the_inputs_that_are_left_are_checked_as_ever(key):
    fixed, proof = verifier.fix(key, PUBLIC[2:]), known.proof(PUBLIC)
    for public, why in (
        (PUBLIC, "the key is for 2 public inputs, and there are 5"),
        (PUBLIC[:1], "the key is for 2 public inputs, and there are 1"),
        ([3, R - 1 + R], "public input 1 is not an integer below the modulus"),
    ):
        with pytest.raises(InvalidProof, match=why):
            verifier.verify(fixed, public, proof)


def test_inputs_that_make_ic_0_the_identity_are_refused(key):
    x = -known.logarithm(0) * pow(known.logarithm(5), -1, R) % R
    with pytest.raises(FormatError, match="ic 0 would be the identity"):
        verifier.fix(key, [x])


@pytest.fixture(scope="module")
def claims(key):
    """Claims under the key with two choices of fixed inputs, under the whole key, and under a stranger."""
    made = []
    for index in range(16):
        suffix = PUBLIC[1:] if index % 2 else OTHER
        public = [index, *suffix]
        whole = index % 5 == 0
        proof = known.proof(public, a=index + 2, b=index + 3)
        made.append((key, public, proof) if whole else (verifier.fix(key, suffix), [index], proof))
    return [*made, (known.key(2, 9), [5, 6], known.proof([5, 6], salt=9))]


def test_a_batch_mixes_fixed_and_whole_keys(claims):
    verifier.verify_batch(claims)


@pytest.mark.parametrize("where", [0, 1, 2, 15, 16])
def test_a_batch_names_the_member_that_is_false(claims, where):
    key, public, proof = claims[where]
    for lie in (
        (key, [public[0] + 1, *public[1:]], proof),
        (key, public, replace(proof, c=bn254.negate(proof.c))),
        (claims[where - 1][0], public, proof),
    ):
        with pytest.raises(InvalidProof, match=f"proof {where}") as caught:
            verifier.verify_batch([*claims[:where], lie, *claims[where + 1 :]])
        assert caught.value.index == where


def test_lies_that_cancel_across_keys_with_other_inputs_fixed_are_found(claims):
    """C + D under one key and C - D under another, whose sums of C are one point of the batch."""
    shift, members = bn254.multiply(99, G1), list(claims)
    for where, moved in ((1, shift), (2, bn254.negate(shift))):
        key, public, proof = members[where]
        members[where] = key, public, replace(proof, c=bn254.add(proof.c, moved))
    assert members[1][0] != members[2][0]
    with pytest.raises(InvalidProof) as caught:
        verifier.verify_batch(members)
    assert caught.value.index == 1


@pytest.mark.parametrize("count", [2, 9])
def test_keys_that_differ_in_fixed_inputs_only_cost_a_batch_three_loops_together(key, monkeypatch, count):
    loops, loop = [], pairing.miller_loops
    monkeypatch.setattr(pairing, "miller_loops", lambda left, right: loops.append(len(left)) or loop(left, right))
    publics = [[index, *(PUBLIC[1:] if index % 2 else OTHER)] for index in range(count)]
    verifier.verify_batch([(verifier.fix(key, x[1:]), x[:1], known.proof(x)) for x in publics])
    assert loops == [count + 3]
