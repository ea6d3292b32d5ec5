"""A proof hides its witness because r and s are drawn uniformly and independently."""

import pytest

from tests.reference import qap
from tests.reference.qap import R
from tests.zk.fields import cubic
from zk import entropy, pairing
from zk.curves import bn254, g1, g2
from zk.groth16 import generator, prover
from zk.groth16.keys import Proof
from zk.groth16.provingkey import ProvingKey

WITNESS = qap.cubic_witness(3, 11)


@pytest.fixture(scope="module")
def key() -> ProvingKey:
    return generator.generate(cubic.system())


@pytest.mark.parametrize("r, s", [(5, 77), (77, 5), (1, R - 1), (R - 1, R - 1)])
def test_r_and_s_are_two_draws_from_all_scalars_and_nothing_else(key, monkeypatch, r, s):
    draws, moduli = [s, r], []

    def draw(modulus: int) -> int:
        moduli.append(modulus)
        return draws.pop()

    monkeypatch.setattr(entropy, "scalar", draw)
    proof = prover.prove(key, cubic.words(WITNESS))
    assert moduli == [R, R]
    assert proof == prover.prove(key, cubic.words(WITNESS), insecure_blinding=(r, s))


def passes_guess(key: ProvingKey, proof: Proof, guess: list[int]) -> bool:
    """Whether e(A - [α] - Σ w a_query, [δ]₂) = e([δ], B - [β]₂ - Σ w b_query), for a guess w of the witness."""
    a_rest, b_rest = bn254.negate(key.verifying.alpha_g1), bn254.negate(key.verifying.beta_g2)
    for wire, point in zip(key.a_indices, g1.decode(key.a_query[0]), strict=True):
        a_rest = bn254.add(a_rest, bn254.multiply(-guess[wire], point))
    for wire, point in zip(key.b_indices, g2.decode(key.b_g2_query[0]), strict=True):
        b_rest = bn254.add(b_rest, bn254.multiply(-guess[wire], point))
    r_delta, s_delta = bn254.add(proof.a, a_rest), bn254.add(proof.b, b_rest)
    minus_delta = bn254.negate(key.delta_g1)
    return pairing.product_is_one([(r_delta, key.verifying.delta_g2), (minus_delta, s_delta)])


def test_a_guess_of_the_witness_cannot_be_tested_on_a_proof(key):
    proof = prover.prove(key, cubic.words(WITNESS))
    assert not passes_guess(key, proof, WITNESS)


def test_with_equal_r_and_s_a_guess_could_be_tested(key):
    careless = prover.prove(key, cubic.words(WITNESS), insecure_blinding=(5, 5))
    assert passes_guess(key, careless, WITNESS)
    assert not passes_guess(key, careless, qap.cubic_witness(4, 11))
