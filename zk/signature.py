"""EdDSA-Poseidon on Baby Jubjub: Schnorr signatures over any base of prime order l.

    A = secret * base     R = nonce * base     s = nonce + 8 H(R, A, message) * secret   mod l
    valid when  s * base = R + 8 H(R, A, message) * A,   s < l,   and R, A are points of order l

With base = B8 this is circomlib's `EdDSAPoseidonVerifier` equation, but stricter: circomlib accepts R and A outside the
subgroup.  H is Poseidon with tag 0.

Two signatures of one secret with the same nonce and different challenges give the secret away.  So the nonce is hashed
from the secret, the base, the message and fresh randomness: it stays secret when the randomness is bad, and unlike any
other when a machine is restored to an earlier state and draws the same randomness for another message.
"""

import hashlib
from dataclasses import dataclass

from zk import domains, entropy, framing
from zk.curves import babyjubjub
from zk.curves.babyjubjub import BASE8, COFACTOR, ORDER, Point
from zk.errors import FormatError, InvalidProof
from zk.fields import prime
from zk.hashes import poseidon

ENCODED_BYTES = 96
_FRESH_BYTES = 32


@dataclass(frozen=True)
class Signature:
    """A signature (R, s)."""

    r: Point
    s: int


def public(secret: int, base: Point = BASE8) -> Point:
    """The public key of a secret scalar."""
    return babyjubjub.multiply_base(secret, base)


def challenge(r: Point, key: Point, message: int) -> int:
    """8 H(R, A, message).  The cofactor is part of the equation, as in circomlib."""
    return COFACTOR * poseidon.hash((*r, *key, message))


def sign(secret: int, message: int, base: Point = BASE8) -> Signature:
    """Signs an integer in [0, r); the public key is secret * base.

    Raises ValueError when the secret is not in [1, l) or the message is not in [0, r).
    """
    if not 0 < secret < ORDER:
        raise ValueError("the secret scalar must be in [1, l)")
    if not 0 <= message < prime.R:
        raise ValueError("the message must be in [0, r)")
    nonce = _nonce(secret, message, base)
    r = babyjubjub.multiply_base(nonce, base)
    s = (nonce + challenge(r, public(secret, base), message) * secret) % ORDER
    return Signature(r, s)


def _nonce(secret: int, message: int, base: Point) -> int:
    """512 bits mod l: the bias is below 2^-260."""
    parts = (entropy.token(_FRESH_BYTES), *map(prime.to_bytes, (secret, *base, message)))
    data = framing.framed(domains.SIGNATURE_NONCE, *parts)
    return int.from_bytes(hashlib.sha512(data).digest(), "big") % ORDER


def verify(key: Point, message: int, signature: Signature, base: Point = BASE8) -> None:
    """Checks a signature for this key, message and base.

    Raises InvalidProof when s or the message is out of range, the key is not a point of order l, R is the identity, or
    the equation is false.  Where it is true R is a point of order l, being a sum of such points.
    """
    if not 0 <= signature.s < ORDER:
        raise InvalidProof("the signature's s is not below the group order")
    if not 0 <= message < prime.R:
        raise InvalidProof("the signed message is not below the modulus")
    if signature.r == babyjubjub.IDENTITY:
        raise InvalidProof("the signature's R is the identity of Baby Jubjub")
    try:
        babyjubjub.point(*key, "the signing key")
    except FormatError as error:
        raise InvalidProof(str(error)) from None
    scaled = babyjubjub.multiply(-challenge(signature.r, key, message) % ORDER, key)
    if babyjubjub.add(babyjubjub.multiply_base(signature.s, base), scaled) != signature.r:
        raise InvalidProof("the signature does not verify")


def encode(signature: Signature) -> bytes:
    """96 bytes: R.x, R.y, s, each big-endian."""
    return b"".join(value.to_bytes(32, "big") for value in (*signature.r, signature.s))


def decode(data: bytes, what: str) -> Signature:
    """Inverts `encode`.  Raises FormatError, naming `what`, unless R is a point of order l and s is below l."""
    if len(data) != ENCODED_BYTES:
        raise FormatError(f"{what} has {len(data)} bytes instead of {ENCODED_BYTES}")
    x, y = (prime.from_bytes(data[i : i + 32], prime.R, f"{what}: R") for i in (0, 32))
    s = prime.from_bytes(data[64:], ORDER, f"{what}: s")
    return Signature(babyjubjub.point(x, y, f"{what}: R"), s)
