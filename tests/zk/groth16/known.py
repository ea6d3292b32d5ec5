"""A verifying key whose secrets are known, so that a valid proof of anything is three multiplications."""

from zk.curves import bn254
from zk.curves.bn254 import G1, G2
from zk.fields.prime import R
from zk.groth16.keys import Proof, VerifyingKey

ALPHA, BETA, GAMMA, DELTA = 3, R - 2, 2**200 + 1, 5


def logarithm(j: int, salt: int = 0) -> int:
    """The discrete logarithm of ic_j."""
    return 7 * j + 1 + salt


def key(inputs: int, salt: int = 0) -> VerifyingKey:
    points = tuple(bn254.multiply(logarithm(j, salt), G1) for j in range(inputs + 1))
    return VerifyingKey(bn254.multiply(ALPHA, G1), *(bn254.multiply(k, G2) for k in (BETA, GAMMA, DELTA)), points)


def proof(public, a=11, b=13, salt=0) -> Proof:
    """A B = α β + Σ x_j ic_j γ + C δ, solved for C."""
    s = sum(x * logarithm(j, salt) for j, x in enumerate([1, *public]))
    c = (a * b - ALPHA * BETA - s * GAMMA) * pow(DELTA, -1, R) % R
    return Proof(bn254.multiply(a, G1), bn254.multiply(b, G2), bn254.multiply(c, G1))
