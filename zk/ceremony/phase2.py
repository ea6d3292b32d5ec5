"""Phase 2, one circuit's key: contributes a secret or a beacon.

A contributor draws x, multiplies δ by x and the queries l and h, which are divided by δ, by 1/x, proves knowledge of x
and deletes it.  Proofs cannot be forged if at least one contributor deleted theirs.

    transcript    Blake2b-512 of the circuit hash, all earlier contributions, s and x·s; it is hashed to the point t of
                  the proof of knowledge, so that contributions can be neither removed nor reordered

The result equals snarkjs's, byte for byte, for the same seed.  (Bowe, Gabizon, Miers, ePrint 2017/1050; snarkjs,
"zkey_contribute.js" and "zkey_beacon.js".)
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from zk.ceremony import chacha, proof_of_knowledge
from zk.ceremony.chacha import Draws
from zk.curves import bn254
from zk.curves.bn254 import G1Point
from zk.errors import FormatError
from zk.fields import array
from zk.fields.prime import R
from zk.formats import attribution, zkeycontributions
from zk.formats.attribution import Attribution, Beacon
from zk.formats.zkeycontributions import Ceremony, KeyContribution
from zk.formats.zkeyfile import KeyFile
from zk.msm import membership, pointwise
from zk.runtime.progress import Progress, silent


def contribute(key: KeyFile, name: str | None = None, text: bytes = b"", progress: Progress = silent) -> KeyFile:
    """The key with one more contribution.

    The secret comes from the operating system's randomness and the text, and stays in memory.  Earlier contributions
    are not verified.  Raises FormatError when the key has no room for a contribution, the name or the text is too long,
    or a point to be multiplied is outside G1, which would leak something about the secret.  Must not be called from a
    pool task.
    """
    seed = chacha.secret_seed(text)
    return _contribute(key, Attribution(name), lambda: seed, progress)


def beacon(
    key: KeyFile, value: bytes, iterations_exp: int, name: str | None = None, progress: Progress = silent
) -> KeyFile:
    """Contributes the secret derived from a public value, hashed 2^iterations_exp times; it ends a ceremony.

    The result is deterministic.  Raises FormatError like `contribute`, and for a value that is not 1 to 255 bytes long
    or an exponent outside 10 to `attribution.MAX_WORK_EXP`.
    """
    by = Attribution(name, Beacon(value, iterations_exp))
    return _contribute(key, by, lambda: chacha.beacon_seed(value, iterations_exp, progress), progress)


def transcript(before: "hashlib.blake2b", s: G1Point, sx: G1Point) -> bytes:
    """The hash that yields t, given the hash of the circuit and all earlier contributions, which is left unchanged."""
    hasher = before.copy()
    hasher.update(bn254.encode_g1(s) + bn254.encode_g1(sx))
    return hasher.digest()


def _contribute(key: KeyFile, by: Attribution, seed: Callable[[], bytes], progress: Progress) -> KeyFile:
    attribution.check(by)
    if len(key.ceremony.contributions) >= zkeycontributions.MAX_CONTRIBUTIONS:
        raise FormatError(f"the key has {zkeycontributions.MAX_CONTRIBUTIONS} contributions already, the limit")
    for points, what in ((key.l_query, "the points c"), (key.h_query, "the points h")):
        membership.check_g1(np.array(points, np.uint64), f"the key: {what}")
    draws = Draws(seed())
    secret, s = draws.scalar(), draws.g1()
    hasher = hashlib.blake2b(key.ceremony.circuit_hash)
    for contribution in key.ceremony.contributions:
        hasher.update(contribution.hashed())
    digest = transcript(hasher, s, bn254.multiply_nonzero(secret, s))
    proof = proof_of_knowledge.prove(secret, s, proof_of_knowledge.hash_to_g2(digest))
    delta_g1 = bn254.multiply_nonzero(secret, key.header.delta_g1)
    delta_g2 = bn254.multiply_nonzero(secret, key.header.delta_g2)
    points = np.concatenate([key.l_query, key.h_query])
    inverse = np.broadcast_to(array.plain([pow(secret, -1, R)]), (len(points), 4))
    l_query, h_query = np.split(pointwise.multiply(points, inverse, progress), [len(key.l_query)])
    contributions = (*key.ceremony.contributions, KeyContribution(delta_g1, proof, digest, by))
    header = replace(key.header, delta_g1=delta_g1, delta_g2=delta_g2)
    ceremony = Ceremony(key.ceremony.circuit_hash, contributions)
    return replace(key, header=header, l_query=l_query, h_query=h_query, ceremony=ceremony)
