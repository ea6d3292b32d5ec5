"""EdDSA-Poseidon on Baby Jubjub: Schnorr signatures over any base of prime order l.

    A = secret * base     R = nonce * base     s = nonce + 8 H(R, A, message) * secret   mod l
    valid when  s * base = R + 8 H(R, A, message) * A,   s < l,   and R, A are points of order l

With base = B8 this is circomlib's `EdDSAPoseidonVerifier` equation, but stricter: circomlib accepts R and A outside the
subgroup.  H is Poseidon with tag 0.

Many signatures are checked at once: with a random weight w_i in [1, 2^128] for each, all lines "valid when" hold when

    Σ w_i (s_i base_i - 8 H_i A_i - R_i) = 0

and A_i, R_i, s_i and the message are what they must be, which is looked at one by one.  So each bracket is a point of
the group of prime order l > 2^128.  Where one is not 0, at most one value of its weight makes the sum 0, whatever the
other brackets and weights are: a batch with a false member passes with probability at most 2^-128.  Were R_i outside
the subgroup, its part of small order would vanish with probability 1/8 or more.  A single bracket is multiplied by a
weight that is not 0 modulo l, so its verdict is that of `verify`.

Two signatures of one secret with the same nonce and different challenges give the secret away.  So the nonce is hashed
from the secret, the base, the message and fresh randomness: it stays secret when the randomness is bad, and unlike any
other when a machine is restored to an earlier state and draws the same randomness for another message.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from zk import domains, entropy, framing
from zk.curves import babyjubjub
from zk.curves.babyjubjub import BASE8, COFACTOR, ORDER, Point
from zk.errors import FormatError, InvalidProof
from zk.fields import array, prime
from zk.hashes import poseidon

ENCODED_BYTES = 96
_FRESH_BYTES = 32
_WEIGHT_BYTES = 16
_AT_ONCE = 1024  # signatures in one sum
_NUMBERS = 5  # R, A and the message: what is hashed


@dataclass(frozen=True)
class Signature:
    """A signature (R, s)."""

    r: Point
    s: int


class Claim(NamedTuple):
    """What is claimed of a signature; the base must have order l."""

    key: Point
    message: int
    signature: Signature
    base: Point = BASE8


class _Equation(NamedTuple):
    place: int  # of the claim
    claim: Claim
    challenge: int


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
    _check_form(key, message, signature)
    scaled = babyjubjub.multiply(-challenge(signature.r, key, message) % ORDER, key)
    if babyjubjub.add(babyjubjub.multiply_base(signature.s, base), scaled) != signature.r:
        raise InvalidProof("the signature does not verify")


def verify_batch(claims: Sequence[Claim]) -> list[int]:
    """The indices of the claims that `verify` would refuse, in order; all others are valid.  There may be no claims.

    Takes about 20 us a signature, where `verify` takes 750.  A false one among n costs about 2 log2 n more sums of half
    the length each.  A false one passes with probability at most 2^-128 (see above).
    """
    false: list[int] = []
    for start in range(0, len(claims), _AT_ONCE):
        false += _false_of(list(enumerate(claims[start : start + _AT_ONCE], start)))
    return sorted(false)


def _false_of(claims: list[tuple[int, Claim]]) -> list[int]:
    """The places of the false ones among these claims with their places."""
    from zk.curves import manypoints  # loads the kernels
    from zk.fields import conversion

    ranged = [(place, claim) for place, claim in claims if _is_in_range(claim)]
    numbers = [n for _, claim in ranged for n in (*claim.signature.r, *claim.key, claim.message)]
    rows = conversion.from_plain(prime.FR, array.plain(numbers)).reshape(-1, _NUMBERS, prime.WORDS)
    points = rows[:, : _NUMBERS - 1].reshape(-1, 2, prime.WORDS)
    are_sound = np.asarray(manypoints.are_on_baby_jubjub(points).reshape(-1, 2).all(axis=1))
    sound = [one for one, is_sound in zip(ranged, are_sound, strict=True) if is_sound]
    found = {place for place, _ in claims} - {place for place, _ in sound}
    rows = rows[are_sound]
    equations = [_Equation(*one, number) for one, number in zip(sound, _challenges(rows), strict=True)]
    return [*found, *_false(equations, rows)]


def _is_in_range(claim: Claim) -> bool:
    """Whether s is below l, and all other numbers below r."""
    others = (*claim.key, claim.message, *claim.signature.r)
    return 0 <= claim.signature.s < ORDER and all(0 <= number < prime.R for number in others)


def _challenges(rows: np.ndarray) -> list[int]:
    """8 H(R, A, message) of each row."""
    from zk.fields import conversion
    from zk.hashes import batch  # loads the kernels

    hashes = batch.hash_many(rows)
    return [COFACTOR * number for number in array.from_plain(conversion.to_plain(prime.FR, hashes))]


def _false(equations: list[_Equation], rows: np.ndarray) -> list[int]:
    """The indices of the equations that are false, by halving.  A row has R and A in Montgomery words, and more."""
    if not equations or _hold(equations, rows):
        return []
    if len(equations) == 1:
        return [equations[0].place]
    middle = len(equations) // 2
    return _false(equations[:middle], rows[:middle]) + _false(equations[middle:], rows[middle:])


def _hold(equations: list[_Equation], rows: np.ndarray) -> bool:
    """Whether all equations hold, whose points are in the subgroup: Σ w_i (R_i + 8 H_i A_i) - Σ w_i s_i base_i = 0."""
    from zk.msm import side_by_side  # loads the kernels

    random = entropy.token(_WEIGHT_BYTES * len(equations))
    weights = [1 + int.from_bytes(random[i : i + _WEIGHT_BYTES], "big") for i in range(0, len(random), _WEIGHT_BYTES)]
    of_bases = Counter[Point]()
    for equation, weight in zip(equations, weights, strict=True):
        of_bases[equation.claim.base] -= weight * equation.claim.signature.s
    of_keys = (weight * equation.challenge for equation, weight in zip(equations, weights, strict=True))
    bases = array.encode(prime.FR, (coordinate for base in of_bases for coordinate in base))
    r, keys = (rows[:, 2 * i : 2 * i + 2].reshape(-1, prime.WORDS) for i in range(2))
    scalars = [*(scalar % ORDER for scalar in (*of_bases.values(), *of_keys)), *weights]  # the long ones first
    return side_by_side.sum_of_rows(np.concatenate((bases, keys, r)), scalars) == babyjubjub.IDENTITY


def _check_form(key: Point, message: int, signature: Signature) -> None:
    """Raises InvalidProof for everything but a false equation."""
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
