"""Okamoto's proof of knowledge of a representation, by its definition.  Imports nothing of ours.

Points are pairs; the challenge's input is written out byte by byte.
"""

import hashlib

from tests.reference.babyjubjub import R, add, multiply

ORDER = 2736030358979909402780800718157159386076813972158567259200215660948447373041
LABEL = b"zksettle/representation/challenge"


def challenge(bases, point, commitment, context):
    data = len(LABEL).to_bytes(4, "big") + LABEL + b"\0\0\0\1" + bytes([len(bases)])
    for x, y in [*bases, point, commitment]:
        data += (64).to_bytes(4, "big") + x.to_bytes(32, "big") + y.to_bytes(32, "big")
    data += len(context).to_bytes(4, "big") + context
    return int.from_bytes(hashlib.sha256(data).digest(), "big") >> 8


def combine(scalars, bases):
    total = (0, 1)
    for scalar, base in zip(scalars, bases, strict=True):
        total = add(total, multiply(scalar % ORDER, base))
    return total


def prove(secrets, nonces, bases, context):
    point, commitment = combine(secrets, bases), combine(nonces, bases)
    e = challenge(bases, point, commitment, context)
    return commitment, [(nonce + e * secret) % ORDER for nonce, secret in zip(nonces, secrets, strict=True)]


def is_on_curve(point):
    x, y = point
    return (168700 * x * x + y * y - 1 - 168696 * x * x * y * y) % R == 0


def verify(point, bases, context, commitment, responses):
    for x, y in (point, commitment):
        if not (0 <= x < R and 0 <= y < R and is_on_curve((x, y))) or (x, y) == (0, 1):
            return False
        if multiply(ORDER, (x, y)) != (0, 1):
            return False
    if len(responses) != len(bases) or not all(0 <= z < ORDER for z in responses):
        return False
    e = challenge(bases, point, commitment, context)
    return combine(responses, bases) == add(commitment, multiply(e, point))
