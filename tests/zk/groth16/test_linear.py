"""A proof from the sums of a near witness is the proof from nothing, whichever witness that was."""

import gc
import weakref

import pytest

from tests.reference import qap
from tests.reference.qap import R
from tests.zk.fields import cubic
from zk.errors import InvalidProof
from zk.fields import array
from zk.fields.prime import FR
from zk.groth16 import generator, prover, second_opinion, verifier

WITNESS, OTHER, THIRD = (qap.cubic_witness(x, y) for x, y in ((3, 11), (3, 12), (R - 5, 2**200)))
BLINDING = (31, R - 41)
FALSE = [1, *(R - 1 - value for value in WITNESS[1:])]


@pytest.fixture(scope="module")
def key():
    return generator.generate(cubic.system())


def proved(key, witness, near=None):
    words = cubic.words(witness)
    return prover.prove(key, words, sums=prover.begin(key, words, near), insecure_blinding=BLINDING)


@pytest.mark.parametrize("near", [WITNESS, OTHER, THIRD, FALSE, [1, *[0] * 6]])
def test_it_is_the_same_proof_whatever_it_began_with(key, near):
    sums = prover.begin(key, cubic.words(near))
    proof = proved(key, WITNESS, sums)
    assert proof == prover.prove(key, cubic.words(WITNESS), insecure_blinding=BLINDING)
    second_opinion.verify(key.verifying, WITNESS[1:3], proof)


def test_a_chain_of_near_witnesses_may_be_unfinished_and_is_not_kept(key):
    first = prover.begin(key, cubic.words(THIRD))
    second = prover.begin(key, cubic.words(OTHER), first)
    watched = weakref.ref(first)
    assert proved(key, WITNESS, second) == proved(key, WITNESS)
    del first
    gc.collect()
    assert watched() is None


def test_a_false_witness_has_no_valid_proof_beside_a_true_one(key):
    sums = prover.begin(key, cubic.words(WITNESS))
    for wire in range(1, 7):
        lie = list(WITNESS)
        lie[wire] = (lie[wire] + 1) % R
        with pytest.raises(InvalidProof):
            verifier.verify(key.verifying, lie[1:3], proved(key, lie, sums))


def test_sums_are_of_one_key_and_one_witness(key):
    words = cubic.words(WITNESS)
    sums = prover.begin(key, words)
    with pytest.raises(AssertionError, match="of another key"):
        prover.begin(generator.generate(cubic.system()), words, sums)
    with pytest.raises(AssertionError, match="of another witness"):
        prover.prove(key, cubic.words(OTHER), sums=sums)
    with pytest.raises(ValueError, match="must begin with one"):
        prover.begin(key, array.encode(FR, [2, *WITNESS[1:]]))
    assert repr(sums) == "Sums"
