"""Proofs of knowledge of a representation: "I know x_1, …, x_n with C = Σ x_i·B_i", on Baby Jubjub.

    R = Σ k_i·B_i        e = top 248 bits of SHA-256(n, B_1, …, B_n, C, R, context)        z_i = k_i + e·x_i   mod l
    valid when  Σ z_i·B_i = R + e·C,   z_i < l,   and C, R and every B_i are points of order l

Two valid answers to different challenges on one R give x_i = (z_i − z_i')/(e − e'), so whoever answers knows a
representation; R and z are uniform for whichever of the l^(n−1) representations was used, so nothing else is told.
The challenge hashes the bases, the point and whatever `context` says, each after its length: a proof is for one
statement in one context.

Sources: Okamoto, "Provably Secure and Practical Identification Schemes" (1992), section 3; Fiat and Shamir (1986), with
the whole statement hashed, as Bernhard, Pereira and Warinschi, "How Not to Prove Yourself" (2012), section 4, demand.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from zk import domains, entropy, framing
from zk.curves import babyjubjub
from zk.curves.babyjubjub import ORDER, Point
from zk.errors import FormatError, InvalidProof
from zk.fields import prime

CHALLENGE_BYTES = 31
_POINT_BYTES = 64
_FRESH_BYTES = 64


@dataclass(frozen=True)
class Proof:
    """A proof (R, z_1, …, z_n)."""

    r: Point
    responses: tuple[int, ...]


def point(secrets: Sequence[int], bases: Sequence[Point]) -> Point:
    """Σ x_i·B_i."""
    total = babyjubjub.IDENTITY
    for secret, base in zip(secrets, bases, strict=True):
        total = babyjubjub.add(total, babyjubjub.multiply(secret % ORDER, base))
    return total


def prove(secrets: Sequence[int], bases: Sequence[Point], context: bytes) -> Proof:
    """A proof, for this context, that the prover knows these secrets; they are integers, which count mod l.

    Each k_i is a hash of fresh randomness, the secrets and the whole statement, so neither a copied machine nor a bad
    source of randomness alone leads to two challenges on one R.

    Raises ValueError when Σ x_i·B_i is the identity, which has no valid proof.
    """
    proved = point(secrets, bases)
    if proved == babyjubjub.IDENTITY:
        raise ValueError("the secrets give the identity, of which anybody knows a representation")
    told = (entropy.token(_FRESH_BYTES), *(prime.to_bytes(secret % ORDER) for secret in secrets), context)
    nonces = [_nonce(index, *told, *map(_point_bytes, (*bases, proved))) for index in range(len(bases))]
    r = point(nonces, bases)
    challenge = _challenge(bases, proved, r, context)
    responses = ((nonce + challenge * secret) % ORDER for nonce, secret in zip(nonces, secrets, strict=True))
    return Proof(r, tuple(responses))


def verify(proved: Point, bases: Sequence[Point], context: bytes, proof: Proof) -> None:
    """Checks that whoever made the proof, for this context, knows a representation of the point in the bases.

    The bases are the caller's own: points of order l, of which nobody knows a relation.

    Raises InvalidProof when there are more or fewer responses than bases, one is out of range, the point or R is not a
    point of order l, or the equation is false.
    """
    if len(proof.responses) != len(bases):
        raise InvalidProof(f"the proof has {len(proof.responses)} responses for {len(bases)} bases")
    if not all(0 <= response < ORDER for response in proof.responses):
        raise InvalidProof("a response of the proof is not below the group order")
    try:
        babyjubjub.point(*proved, "the point")
        babyjubjub.point(*proof.r, "the proof's R")
    except FormatError as error:
        raise InvalidProof(str(error)) from None
    scaled = babyjubjub.multiply(_challenge(bases, proved, proof.r, context), proved)
    if point(proof.responses, bases) != babyjubjub.add(proof.r, scaled):
        raise InvalidProof("the proof of knowledge does not verify")


def encode(proof: Proof) -> bytes:
    """R.x, R.y, z_1, …, z_n, each in 32 big-endian bytes."""
    return _point_bytes(proof.r) + b"".join(map(prime.to_bytes, proof.responses))


def encoded_bytes(bases: int) -> int:
    """The length of an encoded proof about so many bases."""
    return _POINT_BYTES + 32 * bases


def decode(data: bytes, bases: int, what: str) -> Proof:
    """Inverts `encode` for a proof about so many bases.

    Raises FormatError, naming `what`, unless the length is right, R is a point of order l, and responses are below l.
    """
    if len(data) != encoded_bytes(bases):
        raise FormatError(f"{what} has {len(data)} bytes instead of {encoded_bytes(bases)}")
    x, y = (prime.from_bytes(data[i : i + 32], prime.R, f"{what}: R") for i in (0, 32))
    responses = (
        prime.from_bytes(data[i : i + 32], ORDER, f"{what}: a response") for i in range(_POINT_BYTES, len(data), 32)
    )
    return Proof(babyjubjub.point(x, y, f"{what}: R"), tuple(responses))


def _nonce(index: int, *told: bytes) -> int:
    """512 bits mod l: the bias is below 2^-260."""
    data = framing.framed(domains.REPRESENTATION_NONCE, bytes([index]), *told)
    return int.from_bytes(hashlib.sha512(data).digest(), "big") % ORDER


def _challenge(bases: Sequence[Point], proved: Point, r: Point, context: bytes) -> int:
    points = map(_point_bytes, (*bases, proved, r))
    data = framing.framed(domains.REPRESENTATION, bytes([len(bases)]), *points, context)
    return int.from_bytes(hashlib.sha256(data).digest()[:CHALLENGE_BYTES], "big")


def _point_bytes(point: Point) -> bytes:
    return prime.to_bytes(point[0]) + prime.to_bytes(point[1])
