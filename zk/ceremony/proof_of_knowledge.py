"""That a contributor knows the secret x which they multiplied the points with.

They publish (s, x·s) in G1, with s a random point, and x·t in G2, where t is a point that a hash makes of everything
before: whoever can multiply t knows x, and nobody can reuse what another published.  The points are then of the same
ratio: e(s, x·t) = e(x·s, t), and so are the points of the ceremony before and after.

Source: Bowe, Gabizon, Miers (ePrint 2017/1050), sections 3.1 (SameRatio) and 3.2 (POK, CheckPOK), in the form of
snarkjs, "keypair.js" and "misc.js".
"""

import hashlib

from zk import pairing
from zk.ceremony import chacha
from zk.curves import bn254
from zk.curves.bn254 import G1Point, G2Point
from zk.errors import InvalidProof
from zk.formats.attribution import PublicKey


def base(personalization: int, challenge: bytes, g1_s: G1Point, g1_sx: G1Point) -> G2Point:
    """The point t of phase 1 for secret number `personalization` (0 for τ, 1 for α, 2 for β)."""
    points = bn254.encode_g1(g1_s) + bn254.encode_g1(g1_sx)
    return hash_to_g2(hashlib.blake2b(bytes([personalization]) + challenge + points).digest())


def hash_to_g2(digest: bytes) -> G2Point:
    """The point of G2 that the first 32 bytes of a hash draw; its discrete logarithm is not known to anybody."""
    return chacha.Draws(digest[: chacha.SEED_BYTES]).g2()


def is_same_ratio(left: tuple[G1Point | None, ...], right: tuple[G2Point | None, ...]) -> bool:
    """Whether left[1] = x·left[0] and right[1] = x·right[0] for one x that is not 0; never for an identity."""
    if None in left or None in right:
        return False
    return pairing.product_is_one([(left[0], right[1]), (bn254.negate(left[1]), right[0])])


def is_everybodys(before: G1Point, after: G1Point) -> bool:
    """Whether the secret that one point was multiplied with is 1 or -1, which everybody sees."""
    return after in (before, bn254.negate(before))


def check_same_ratio(left: tuple[G1Point | None, ...], right: tuple[G2Point | None, ...], what: str) -> None:
    """Raises InvalidProof, `what` being the sentence, unless both pairs have the same ratio."""
    if not is_same_ratio(left, right):
        raise InvalidProof(what)


def publish(secret: int, g1_s: G1Point, g2_base: G2Point) -> PublicKey:
    """The public key of a secret that is not 0 modulo r, for s and t."""
    return PublicKey(g1_s, bn254.multiply(secret, g1_s), bn254.multiply(secret, g2_base))


def check(key: PublicKey, g2_base: G2Point, what: str) -> None:
    """Raises InvalidProof, naming `what`, unless whoever made the key knew its secret."""
    check_same_ratio((key.g1_s, key.g1_sx), (g2_base, key.g2_spx), f"{what}: the proof of knowledge is wrong")
