"""Scalars and points drawn from a seed of 32 bytes, as ffjavascript draws them: ChaCha20, key = seed, nonce 0.

The draws are deterministic.  So a verifier can repeat a contribution derived from a public beacon, and a hash can be
mapped to a point whose discrete logarithm nobody knows.

    u32     the next word of the key stream; the words of the key are those of the seed, big-endian
    u64     2^32·u32 + u32
    field   four u64, least significant first, truncated to 254 bits; redrawn unless below the modulus.  The number is
            in Montgomery form: it represents itself / 2^256
    point   x (in Fp2: c0, then c1), then one u32 whose lowest bit says whether y is greater than -y; redrawn unless
            x^3 + b is a square; in G2 then multiplied by the cofactor 2p - r

Source: ffjavascript, "chacha.js", "wasm_field1.js" and "wasm_curve.js", fromRng.
"""

import hashlib

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
from gmpy2 import invert, legendre, mpz, powmod

from zk import entropy
from zk.curves import bn254, jacobian
from zk.curves.bn254 import G1Point, G2Point
from zk.errors import FormatError
from zk.fields.prime import MONTGOMERY, P, R
from zk.formats import attribution
from zk.runtime.progress import Progress, silent

SEED_BYTES = 32
MAX_TEXT_BYTES = 1 << 16  # of a contributor's own entropy

_RANDOM_BYTES = 64
_CHUNK = 1 << 16  # hashes between two progress reports
_FIELD_MASK = (1 << 254) - 1
_COFACTOR = 2 * P - R
_HALF = (P - 1) // 2
_P = mpz(P)
_ROOT_EXPONENT = (_P + 1) // 4  # p = 3 modulo 4: a^((p + 1) / 4) is a square root of a square a
_ONE_HALF = (_P + 1) // 2


class Draws:
    """A sequence of draws from one seed.  Its memory reveals them all: keep it no longer than needed."""

    def __init__(self, seed: bytes):
        if len(seed) != SEED_BYTES:
            raise ValueError(f"a seed must have {SEED_BYTES} bytes")
        key = b"".join(seed[i : i + 4][::-1] for i in range(0, SEED_BYTES, 4))
        self._stream = Cipher(ChaCha20(key, bytes(16)), None).encryptor()

    def scalar(self) -> int:
        """A scalar in [0, r)."""
        return self._field(R)

    def g1(self) -> G1Point:
        """A point of G1."""
        while True:
            x, is_greater = mpz(self._field(P)), self._u32() & 1
            square = (x * x * x + bn254.B1) % _P
            if legendre(square, _P) >= 0:
                y = powmod(square, _ROOT_EXPONENT, _P)
                return G1Point(int(x), int(y if is_greater == (y > _HALF) else -y % _P))

    def g2(self) -> G2Point:
        """A point of G2."""
        field = jacobian.FP2
        while True:
            x, is_greater = (mpz(self._field(P)), mpz(self._field(P))), self._u32() & 1
            y = square_root(field.add(field.mul(field.mul(x, x), x), bn254.B2))
            if y is not None:
                break
        if is_greater != ((y[1] or y[0]) > _HALF):
            y = field.sub(field.zero, y)
        point = jacobian.affine(field, jacobian.multiply(field, _COFACTOR, (x, y, field.one)))
        assert point is not None, "a random point has order r after multiplication by the cofactor"
        x, y = point
        return G2Point((int(x[0]), int(x[1])), (int(y[0]), int(y[1])))

    def _u32(self) -> int:
        return int.from_bytes(self._stream.update(bytes(4)), "little")

    def _field(self, modulus: int) -> int:
        while True:
            words = [self._u32() for _ in range(8)]
            value = sum(word << 32 * (i ^ 1) for i, word in enumerate(words)) & _FIELD_MASK
            if value < modulus:
                return value * pow(MONTGOMERY, -1, modulus) % modulus


def square_root(a: jacobian.Element) -> jacobian.Element | None:
    """One of the two square roots of a0 + a1 u in Fp2, or None for a non-square.

    A root y0 + y1 u has y0^2 = (a0 ± s) / 2 for s^2 = a0^2 + a1^2, and y1 = a1 / (2 y0).
    """
    norm = (a[0] * a[0] + a[1] * a[1]) % _P
    if legendre(norm, _P) < 0:
        return None
    root = powmod(norm, _ROOT_EXPONENT, _P)
    for sign in (root, -root):
        square = (a[0] + sign) * _ONE_HALF % _P
        if square and legendre(square, _P) > 0:
            y0 = powmod(square, _ROOT_EXPONENT, _P)
            return y0, a[1] * invert(2 * y0, _P) % _P
    return mpz(0), powmod(-a[0] % _P, _ROOT_EXPONENT, _P)


def check_text(text: bytes) -> None:
    """Raises FormatError when a contributor's own entropy is too long."""
    if len(text) > MAX_TEXT_BYTES:
        raise FormatError(f"the entropy text has {len(text)} bytes; the limit is {MAX_TEXT_BYTES}")


def secret_seed(text: bytes) -> bytes:
    """A secret seed from the operating system's randomness and a text of the contributor's own.

    Raises FormatError when the text is too long.
    """
    check_text(text)
    return hashlib.blake2b(entropy.token(_RANDOM_BYTES) + text).digest()[:SEED_BYTES]


def beacon_seed(beacon: bytes, iterations_exp: int, progress: Progress = silent) -> bytes:
    """SHA-256 iterated 2^iterations_exp times on a beacon's value.  `progress` counts the hashes.

    Raises FormatError when the format does not allow that exponent, or it exceeds MAX_WORK_EXP.
    """
    attribution.check_iterations(iterations_exp, "the beacon")
    if iterations_exp > attribution.MAX_WORK_EXP:
        raise FormatError(f"the beacon has 2^{iterations_exp} iterations; the limit is 2^{attribution.MAX_WORK_EXP}")
    total, digest, sha256 = 1 << iterations_exp, beacon, hashlib.sha256
    for done in range(0, total, _CHUNK):
        for _ in range(min(_CHUNK, total - done)):
            digest = sha256(digest).digest()
        progress(min(done + _CHUNK, total), total)
    return digest
