"""A party that knows δ / γ can forge proofs; one honest contributor makes a key safe.

With δ = d·γ the equation is e(A, B) = e(α, β) · e(Σ x_j ic_j + d C, γ), which A = α, B = β, C = -(1/d) Σ x_j ic_j
satisfies for any x.
"""

from dataclasses import replace

import pytest

from tests.settlement.ceremony import toys
from zk.ceremony import phase2
from zk.ceremony.chacha import Draws
from zk.curves import bn254
from zk.errors import InvalidProof
from zk.fields.prime import R
from zk.groth16 import generator, verifier
from zk.groth16.keys import Proof, VerifyingKey

SEED = b"the seed that Mallory did not delete"[:32]
PUBLIC = [10**30 + i for i in range(9)]


def forge(key: VerifyingKey, ratio: int) -> Proof:
    """A proof of anything, which is valid if δ / γ is this ratio."""
    total = key.ic[0]
    for value, point in zip(PUBLIC, key.ic[1:], strict=True):
        total = bn254.add(total, bn254.multiply(value, point))
    return Proof(key.alpha_g1, key.beta_g2, bn254.multiply(-pow(ratio, -1, R) % R, total))


def test_a_lone_contributor_can_forge_until_an_honest_one_contributes(tmp_path, monkeypatch):
    with toys.statements():
        ceremony = toys.begin(tmp_path / "ceremony")
        initial = ceremony.initial["leg"]
        with monkeypatch.context() as patch:
            patch.setattr(phase2, "Draws", lambda _: Draws(SEED))
            alone = phase2.contribute(initial, "Mallory")
        both = phase2.contribute(alone, "an honest one")
        secret = Draws(SEED).scalar()
        lone, safe = (replace(ceremony, keys={"leg": key}).verifying_key("leg") for key in (alone, both))
    verifier.verify(lone, PUBLIC, forge(lone, secret))
    with pytest.raises(InvalidProof):
        verifier.verify(safe, PUBLIC, forge(safe, secret))


def test_a_party_that_kept_the_secrets_of_a_development_key_can_forge(monkeypatch):
    """The keystore deletes them, but only its owner can know that it did."""
    system, drawn = toys.circuit("leg").r1cs, iter(range(2, 7))  # τ, α, β, γ, δ = 2, 3, 4, 5, 6
    ratio = 6 * pow(5, -1, R) % R
    with monkeypatch.context() as patch:
        patch.setattr(generator.entropy, "scalar", lambda modulus: next(drawn))
        kept = generator.generate(system).verifying
    forgotten = generator.generate(system).verifying
    verifier.verify(kept, PUBLIC, forge(kept, ratio))
    with pytest.raises(InvalidProof):
        verifier.verify(forgotten, PUBLIC, forge(forgotten, ratio))
