"""A Groth16 key before phase 2 has δ = γ = the generator, and then anybody can prove anything.

With δ = γ the equation is e(A, B) = e(α, β) · e(Σ x_j ic_j + C, δ), which A = α, B = β, C = -Σ x_j ic_j satisfies
for any x.  `snarkjs groth16 setup` writes such keys, so sooner or later somebody uses one.
"""

import pytest

from tests.zk.fields import cubic
from zk import pairing
from zk.curves import bn254
from zk.errors import FormatError, InvalidProof
from zk.groth16 import generator, keys, verifier
from zk.groth16.keys import Proof, VerifyingKey

PUBLIC = [10**30, 42]


def forge(ic: tuple[bn254.G1Point, ...], alpha: bn254.G1Point, beta: bn254.G2Point) -> Proof:
    total = ic[0]
    for value, point in zip(PUBLIC, ic[1:], strict=True):
        total = bn254.add(total, bn254.multiply(value, point))
    return Proof(alpha, beta, bn254.negate(total))


def test_the_forgery_satisfies_the_equation_and_the_key_is_refused():
    key = generator.generate(cubic.system()).verifying
    forgery = forge(key.ic, key.alpha_g1, key.beta_g2)
    inputs = bn254.negate(forgery.c)
    equation = [(forgery.a, forgery.b), (bn254.negate(key.alpha_g1), key.beta_g2)]
    # gamma in delta's place
    equation += [(bn254.negate(inputs), key.gamma_g2), (bn254.negate(forgery.c), key.gamma_g2)]
    assert pairing.product_is_one(equation)
    for broken in range(4):
        assert not pairing.product_is_one(equation[:broken] + equation[broken + 1 :])

    data = bytearray(keys.encode_verifying_key(key))
    data[320:448] = data[192:320]
    with pytest.raises(FormatError, match="delta = ±gamma"):
        keys.decode_verifying_key(bytes(data))
    with pytest.raises(FormatError, match="delta = ±gamma"):
        VerifyingKey(key.alpha_g1, key.beta_g2, bn254.G2, bn254.G2, key.ic)


def test_the_forgery_fails_under_a_key_with_its_own_delta():
    key = generator.generate(cubic.system()).verifying
    with pytest.raises(InvalidProof):
        verifier.verify(key, PUBLIC, forge(key.ic, key.alpha_g1, key.beta_g2))
