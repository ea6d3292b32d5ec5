"""Proof of knowledge of the secret x by which a contributor multiplied points, and the same-ratio check.

The contributor publishes (s, x·s) in G1 for a random point s, and x·t in G2, where the point t is a hash of everything
before.  Multiplying t by x requires knowing x, and a fresh t prevents replaying another contributor's proof.  The
points then have the same ratio, e(s, x·t) = e(x·s, t), and so do the points of the ceremony before and after.

Source: Bowe, Gabizon, Miers (ePrint 2017/1050), sections 3.1 (SameRatio) and 3.2 (POK, CheckPOK), in the form of
snarkjs, "keypair.js" and "misc.js".
"""

import hashlib

from zk import pairing
from zk.ceremony import chacha
from zk.curves import bn254
from zk.curves.bn254 import G1Point, G2Point, Point
from zk.errors import InvalidProof
from zk.formats.attribution import ProofOfKnowledge


def phase1_base(personalization: int, challenge: bytes, g1_s: G1Point, g1_sx: G1Point) -> G2Point:
    """The point t of phase 1 for the secret number `personalization` (0 for τ, 1 for α, 2 for β)."""
    points = bn254.encode_g1(g1_s) + bn254.encode_g1(g1_sx)
    return hash_to_g2(hashlib.blake2b(bytes([personalization]) + challenge + points).digest())


def hash_to_g2(digest: bytes) -> G2Point:
    """A point of G2 drawn from the first 32 bytes of a hash; nobody knows its discrete logarithm."""
    return chacha.Draws(digest[: chacha.SEED_BYTES]).g2()


def prove(secret: int, g1_s: G1Point, g2_base: G2Point) -> ProofOfKnowledge:
    """The proof for a secret that is not 0 modulo r, given s and t."""
    g1_sx, g2_spx = bn254.multiply_nonzero(secret, g1_s), bn254.multiply_nonzero(secret, g2_base)
    return ProofOfKnowledge(g1_s, g1_sx, g2_spx)


def check(proof: ProofOfKnowledge, g2_base: G2Point, what: str) -> None:
    """Raises InvalidProof, naming `what`, unless the prover knew the secret."""
    check_same_ratio((proof.g1_s, proof.g1_sx), (g2_base, proof.g2_spx), f"{what}: the proof of knowledge is wrong")


def is_same_ratio(in_g1: tuple[Point | None, Point | None], in_g2: tuple[Point | None, Point | None]) -> bool:
    """Whether in_g1[1] = x·in_g1[0] and in_g2[1] = x·in_g2[0] for one x other than 0; False for any identity."""
    left0, left1 = in_g1
    right0, right1 = in_g2
    if not (isinstance(left0, G1Point) and isinstance(left1, G1Point)):
        return False
    if not (isinstance(right0, G2Point) and isinstance(right1, G2Point)):
        return False
    return pairing.product_is_one([(left0, right1), (bn254.negate(left1), right0)])


def check_same_ratio(
    in_g1: tuple[Point | None, Point | None], in_g2: tuple[Point | None, Point | None], message: str
) -> None:
    """Raises InvalidProof with this message unless both pairs have the same ratio."""
    if not is_same_ratio(in_g1, in_g2):
        raise InvalidProof(message)


def is_trivial(before: G1Point, after: G1Point) -> bool:
    """Whether the secret by which a point was multiplied is 1 or -1, as anybody can see."""
    return after in (before, bn254.negate(before))
