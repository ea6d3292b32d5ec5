"""A party that knows τ, α and β can forge proofs under every key from these powers, however many contributed to it.

The points h are known multiples of [1/δ], so [1/δ] is one division away.  With s = Σ x_j ic_j, which τ, α and β give as
a number, A = α, B = β and C = -s [1/δ] satisfy e(A, B) = e(α, β) · e(Σ x_j ic_j, γ) · e(C, δ) for any x, as γ = 1.
So the start of a ceremony names the contributors to its powers, and powers with a single contributor give a warning.
"""

import io

import pytest

from settlement.ceremony import verifying
from tests.settlement.ceremony import toys
from zk.ceremony import chacha, firstchallenge, phase1, phase1chain, phase2, preparation
from zk.curves import bn254, g1
from zk.errors import InvalidProof
from zk.fields.prime import R
from zk.formats import attribution, ptau
from zk.formats.zkeyfile import KeyFile
from zk.groth16 import verifier
from zk.groth16.keys import Proof, VerifyingKey

BEACON = b"whose secrets anybody can derive"
PUBLIC = [10**30 + i for i in range(9)]
SIZE = 1 << toys.POWER


def known() -> tuple[ptau.Powers, tuple[int, int, int]]:
    """Prepared powers whose only contribution is a beacon's, with τ, α and β."""
    begun, contributed, prepared = io.BytesIO(), io.BytesIO(), io.BytesIO()
    phase1.new(toys.POWER, begun)
    phase1.beacon(ptau.decode(begun.getvalue()), contributed, BEACON, attribution.MIN_ITERATIONS_EXP)
    preparation.prepare(ptau.decode(contributed.getvalue()), prepared)
    draws = chacha.Draws(chacha.beacon_seed(BEACON, attribution.MIN_ITERATIONS_EXP))
    secrets, _ = phase1chain.draw_secrets(draws, firstchallenge.of(toys.POWER))
    return ptau.decode(prepared.getvalue()), tuple(secrets)


def lagrange(tau: int, size: int, degree: int) -> list[int]:
    """Σ_k w^(-i k) τ^k / size over k < degree for every i: the Lagrange polynomials at τ, truncated to a degree."""
    root = pow(5, (R - 1) // size, R)
    terms = [pow(tau, k, R) for k in range(degree)]
    inverse = pow(size, -1, R)
    return [sum(pow(root, -i * k, R) * t for k, t in enumerate(terms)) * inverse % R for i in range(size)]


def input_sum(tau: int, alpha: int, beta: int) -> int:
    """Σ x_j ic_j for the inputs PUBLIC, from the toy circuit."""
    system, rows = toys.circuit("leg").r1cs, lagrange(tau, SIZE, SIZE)
    values, total = dict(enumerate([1, *PUBLIC])), 0
    for matrix, factor in ((system.a, beta), (system.b, alpha), (system.c, 1)):
        for at, row in zip(rows, matrix.rows(), strict=False):  # the domain has more rows
            total += factor * at * sum(value * values[wire] for wire, value in row if wire in values)
    return (total + beta * sum(rows[system.num_constraints + wire] * value for wire, value in values.items())) % R


def forge(key: KeyFile, secrets: tuple[int, int, int]) -> Proof:
    """A proof of anything, which is valid if these are τ, α and β."""
    (h,) = g1.decode(key.h_query[:1])
    one_by_delta = bn254.multiply(pow(lagrange(secrets[0], 2 * SIZE, 2 * SIZE - 1)[1], -1, R), h)
    return Proof(key.header.alpha_g1, key.header.beta_g2, bn254.multiply(-input_sum(*secrets) % R, one_by_delta))


def verifying_key(key: KeyFile) -> VerifyingKey:
    header = key.header
    return VerifyingKey(header.alpha_g1, header.beta_g2, header.gamma_g2, header.delta_g2, tuple(g1.decode(key.ic)))


def test_honest_contributions_to_a_key_do_not_help_if_one_party_made_the_powers():
    lone, secrets = known()
    shared = ptau.decode(toys.prepared())
    with toys.statements():
        keys = [
            verifying.initial_keys(verifying.circuits_for(powers, ["leg"]), powers)["leg"] for powers in (lone, shared)
        ]
    for name in ("an honest one", "another"):
        keys = [phase2.contribute(key, name) for key in keys]
    bad, good = keys
    verifier.verify(verifying_key(bad), PUBLIC, forge(bad, secrets))
    with pytest.raises(InvalidProof):
        verifier.verify(verifying_key(good), PUBLIC, forge(good, secrets))


def test_no_ceremony_begins_with_powers_from_a_beacon_alone():
    with pytest.raises(InvalidProof, match="the only contribution to the powers of tau is a beacon"):
        verifying.check_powers(known()[0])
    assert [by.name for by in verifying.check_powers(ptau.decode(toys.prepared()))] == ["Dora", "Emil"]
