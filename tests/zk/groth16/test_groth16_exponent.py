"""The algebra of Groth16 on discrete logarithms: it tests no code of ours, but shows what the code must do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import groth16_exponent as groth16
from tests.reference import qap
from tests.reference.qap import R

SECRETS = groth16.Secrets(tau=987654321, alpha=R - 5, beta=2**200 + 1, gamma=R // 7, delta=3**90)
KEY = groth16.setup(qap.CUBIC, SECRETS)
scalars = st.integers(0, R - 1)


@settings(max_examples=10)
@given(scalars, scalars, scalars, scalars)
def test_an_honest_proof_is_valid_and_its_statement_cannot_be_changed(x, k, r, s):
    witness = qap.cubic_witness(x, k)
    proof = groth16.prove(KEY, qap.CUBIC, witness, r, s)
    assert groth16.is_valid(KEY, witness[1:3], proof)
    assert not groth16.is_valid(KEY, [witness[1] + 1, witness[2]], proof)
    assert not groth16.is_valid(KEY, [witness[1], witness[2] + 1], proof)


@settings(max_examples=25)
@given(scalars, scalars, st.integers(1, 6), st.integers(1, R - 1), scalars)
def test_a_lie_in_any_wire_has_no_quotient_and_no_guess_replaces_it(x, k, wire, change, guess):
    witness = qap.cubic_witness(x, k)
    witness[wire] = (witness[wire] + change) % R
    with pytest.raises(ValueError, match="does not satisfy"):
        groth16.prove(KEY, qap.CUBIC, witness, 1, 2)
    assert not groth16.is_valid(KEY, witness[1:3], groth16.finish(KEY, witness, guess, 1, 2))


def test_before_phase_two_anything_can_be_proved():
    forgeable = groth16.setup(qap.CUBIC, groth16.Secrets(11, 12, 13, 14, 14))
    public = [123, 456]
    inputs = sum(value * ic for value, ic in zip([1, *public], forgeable.ic, strict=True))
    forgery = groth16.Proof(12, 13, -inputs)
    assert groth16.is_valid(forgeable, public, forgery)
    assert not groth16.is_valid(KEY, public, forgery)
