"""Phase 2, one circuit's key: contributing to it by a secret or by a beacon.

A contributor draws x, multiplies δ by x and the points c and h, which are divided by δ, by 1/x, proves to know x and
forgets it.  Nobody can forge proofs when one contributor of all did forget.

    transcript    Blake2b-512 of the circuit's hash, all contributions before, s and x·s; it makes the point t of the
                  proof of knowledge, so that the chain of contributions cannot be cut or put together anew

Everything is written as snarkjs writes it, byte for byte for the same seed.  (Bowe, Gabizon, Miers, ePrint 2017/1050;
snarkjs, "zkey_contribute.js" and "zkey_beacon.js".)
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from zk.ceremony import chacha, proof_of_knowledge
from zk.ceremony.chacha import Draws
from zk.curves import bn254
from zk.curves.bn254 import G1Point
from zk.fields import array
from zk.fields.prime import R
from zk.formats import attribution
from zk.formats.attribution import Attribution, Beacon
from zk.formats.zkeycontributions import Ceremony, Contribution
from zk.formats.zkeyfile import KeyFile
from zk.msm import membership, pointwise
from zk.runtime.progress import Progress, silent


def contribute(key: KeyFile, name: str | None = None, text: bytes = b"", progress: Progress = silent) -> KeyFile:
    """The key with one contribution more.

    The secret comes from the operating system's randomness and the text, and is in memory only.  Raises FormatError
    when a point that is multiplied is none of G1, which would tell its sender something of the secret, or the name or
    the text is too long.  That the contributions before are right is not checked.  Not to be called from a task of the
    pool.
    """
    seed = chacha.secret_seed(text)
    return _contribute(key, Attribution(name), lambda: seed, progress)


def beacon(
    key: KeyFile, value: bytes, exponent: int, name: str | None = None,
    progress: Progress = silent,
) -> KeyFile:  # fmt: skip
    """As `contribute`, with the secret that a public value gives, hashed 2^exponent times: the last contribution.

    Whoever has the same key, value and name gets the same.  Raises FormatError too for a value that is not 1 to 255
    bytes long, and for an exponent outside 10 to 63 or above `attribution.MAX_WORK_EXPONENT`.
    """
    found = Attribution(name, Beacon(value, exponent))
    return _contribute(key, found, lambda: chacha.beacon_seed(value, exponent, progress), progress)


def transcript(before: "hashlib._Hash", s: G1Point, sx: G1Point) -> bytes:
    """The hash that makes t, given that of the circuit's hash and of all contributions before, which stays as it is."""
    hasher = before.copy()
    hasher.update(bn254.encode_g1(s) + bn254.encode_g1(sx))
    return hasher.digest()


def _contribute(key: KeyFile, found: Attribution, seed: Callable[[], bytes], progress: Progress) -> KeyFile:
    attribution.check(found)
    for points, what in ((key.l_query, "the points c"), (key.h_query, "the points h")):
        membership.check_g1(np.array(points, np.uint64), f"the key: {what}")
    draws = Draws(seed())
    secret, s = draws.scalar(), draws.g1()
    hasher = hashlib.blake2b(key.ceremony.circuit_hash)
    for contribution in key.ceremony.contributions:
        hasher.update(contribution.hashed())
    digest = transcript(hasher, s, bn254.multiply(secret, s))
    public = proof_of_knowledge.publish(secret, s, proof_of_knowledge.hash_to_g2(digest))
    header = key.header
    delta_g1, delta_g2 = bn254.multiply(secret, header.delta_g1), bn254.multiply(secret, header.delta_g2)
    made = Contribution(delta_g1, public, digest, found)
    points = np.concatenate([key.l_query, key.h_query])
    inverse = np.broadcast_to(array.plain([pow(secret, -1, R)]), (len(points), 4))
    l_query, h_query = np.split(pointwise.multiply(points, inverse, progress), [len(key.l_query)])
    ceremony = Ceremony(key.ceremony.circuit_hash, (*key.ceremony.contributions, made))
    header = replace(header, delta_g1=delta_g1, delta_g2=delta_g2)
    return replace(key, header=header, l_query=l_query, h_query=h_query, ceremony=ceremony)
