"""Threshold keys on Baby Jubjub with everybody's secrets on the table.  Imports nothing of ours but its neighbours.

Every result is what one party who knew the group's secret would compute; no share is ever combined.
"""

import hashlib

from tests.reference import babyjubjub, poseidon

ORDER = 2736030358979909402780800718157159386076813972158567259200215660948447373041
BASE8 = (
    5299619240641551281634865583518297030282874472190772894086521144482721001553,
    16950150798460657717958625567821834550301663161624707787222815936182638968203,
)
CHALLENGE_WIDTH, FULL_ROUNDS, PARTIAL_ROUNDS = 6, 8, 60


def pack(point):
    """circomlibjs's packed form."""
    x, y = point
    return (y | (x > babyjubjub.R // 2) << 255).to_bytes(32, "little")


def scalar(tag, *parts):
    framed = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return int.from_bytes(hashlib.sha512(tag + framed).digest(), "big") % ORDER


def polynomial(coefficients, x):
    return sum(c * x**k for k, c in enumerate(coefficients)) % ORDER


def challenge(r, key, message):
    """8 Poseidon(R, A, m), as in circomlib."""
    constants, matrix = poseidon.grain(babyjubjub.R, CHALLENGE_WIDTH, FULL_ROUNDS, PARTIAL_ROUNDS)
    inputs = (*r, *key, message)
    return 8 * poseidon.hash(inputs, 0, babyjubjub.R, constants, matrix, FULL_ROUNDS)


def frost(tag, secret, message, nonces):
    """(R, s) of the group with this secret, from the signers' nonces: {index: (d, e)}."""
    key = babyjubjub.multiply(secret, BASE8)
    number = lambda value: value.to_bytes(32, "big")  # noqa: E731
    points = {i: [babyjubjub.multiply(nonce, BASE8) for nonce in pair] for i, pair in nonces.items()}
    listing = b"".join(number(i) + pack(points[i][0]) + pack(points[i][1]) for i in sorted(points))
    factors = {i: scalar(tag, pack(key), number(message), listing, number(i)) for i in nonces}
    total = sum(d + factors[i] * e for i, (d, e) in nonces.items()) % ORDER
    r = babyjubjub.multiply(total, BASE8)
    return r, (total + challenge(r, key, message) * secret) % ORDER
