"""Many proofs at once are the proofs one by one, and no more is computed when one of them is refused."""

import numpy as np
import pytest

from tests.reference import qap
from tests.reference.qap import R
from tests.zk.fields import cubic
from zk import entropy
from zk.groth16 import generator, prover, second_opinion, verifier

PAIRS = [(3, 11), (3, 12), (R - 5, 2**200), (0, 0), (R - 1, 1), (1, 0), (2, 7), (5, 9), (9, 5)]


@pytest.fixture(scope="module")
def key():
    return generator.generate(cubic.system())


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 9])
def test_each_witness_has_its_own_proof_in_its_place(key, monkeypatch, threads, count):
    monkeypatch.setenv("ZKSETTLE_THREADS", str(threads))
    witnesses = [qap.cubic_witness(x, y) for x, y in PAIRS[:count]]
    proofs = prover.prove_many(key, [cubic.words(witness) for witness in witnesses])
    assert len(proofs) == count
    for witness, proof in zip(witnesses, proofs, strict=True):
        verifier.verify(key.verifying, witness[1:3], proof)
    for witness, proof in list(zip(witnesses, proofs, strict=True))[-1:]:  # py_ecc takes a second for each
        second_opinion.verify(key.verifying, witness[1:3], proof)


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("from_nothing", [False, True])
def test_those_near_each_other_have_the_same_proofs_however_they_were_begun(key, monkeypatch, threads, from_nothing):
    monkeypatch.setenv("ZKSETTLE_THREADS", str(threads))
    begun, begin = [], prover.linear.start

    def beginning(key, witness, near=None, after_longest=None):
        begun.append(near)
        return begin(key, witness, near, after_longest)

    monkeypatch.setattr(prover.linear, "start", beginning)
    monkeypatch.setattr(entropy, "scalar", lambda modulus: modulus - 17)
    near = [cubic.words(qap.cubic_witness(x, y)) for x, y in [(3, 11), (3, 12), (5, 11), (3, 11), (3, 12), (3, 11)]]
    expected = [prover.prove(key, witness, insecure_blinding=(R - 17, R - 17)) for witness in near]
    begun.clear()
    assert prover.prove_many(key, near, from_nothing=from_nothing) == expected
    assert len(begun) == 6 and any(sums is not None for sums in begun) != from_nothing


def test_they_are_the_proofs_that_are_made_one_by_one(key, monkeypatch):
    witnesses = np.stack([cubic.words(qap.cubic_witness(x, y)) for x, y in PAIRS])
    monkeypatch.setattr(entropy, "scalar", lambda modulus: modulus - 17)  # the same r and s in all
    expected = [prover.prove(key, witness, insecure_blinding=(R - 17, R - 17)) for witness in witnesses]
    assert prover.prove_many(key, witnesses) == expected


def test_each_is_blinded_by_draws_of_its_own(key, monkeypatch):
    monkeypatch.setenv("ZKSETTLE_THREADS", "2")
    draws = []
    monkeypatch.setattr(entropy, "scalar", lambda modulus: draws.append(len(draws) + 2) or draws[-1])
    same = [cubic.words(qap.cubic_witness(3, 11))] * 5
    proofs = prover.prove_many(key, same)
    assert len(draws) == 10 and len({proof.a for proof in proofs}) == len({proof.b for proof in proofs}) == 5


def test_one_that_is_no_witness_is_refused_before_anything_is_computed(key, monkeypatch):
    monkeypatch.setattr(entropy, "scalar", lambda modulus: pytest.fail("something was computed"))
    good, bad = cubic.words(qap.cubic_witness(3, 11)), cubic.words(qap.cubic_witness(3, 11))
    bad[0, 0] += np.uint64(1)
    with pytest.raises(ValueError, match="must begin with one"):
        prover.prove_many(key, [good] * 7 + [bad])
    with pytest.raises(ValueError, match="rows of 4 words"):
        prover.prove_many(key, [good, good[:-1]])


@pytest.mark.parametrize("lengths, threads, alone", [
    ([], 2, 0), ([1], 1, 1), ([5], 2, 0),
    ([1] * 64, 2, 64), ([1, 1, 1], 2, 2), ([1] * 8, 16, 0),
    ([4, 2, 2], 2, 3),  # the second thread makes both short ones
    ([2, 2, 2, 1], 2, 2),  # two threads would take 4 for all of them; so it is 2, and together 1.5
])  # fmt: skip
def test_runs_are_shared_so_that_all_threads_end_soonest(lengths, threads, alone):
    assert prover._alone(lengths, threads) == alone


@pytest.mark.parametrize("threads", [1, 2, 3, 5])
def test_no_other_number_of_runs_alone_would_end_sooner(threads):
    def end(lengths, alone):
        busy = [0] * threads
        for length in lengths[:alone]:
            busy[busy.index(min(busy))] += length
        return threads * max(busy) + sum(lengths[alone:])

    for lengths in ([3, 3, 3, 2, 1], [7, 1, 1, 1], [2, 2, 1, 1, 1], [6, 5, 4, 3, 2, 1]):
        ends = [end(lengths, alone) for alone in range(len(lengths) + 1)]
        assert ends[prover._alone(lengths, threads)] == min(ends)
