"""Letters as their definition says, written with `cryptography` alone; the base points come from outside."""

import hashlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SIZES = (1024, 4096, 16384, 65536)


def exchange(secret: bytes, point: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(secret).exchange(X25519PublicKey.from_public_bytes(point))


def seal(
    seed: bytes, owner: int, base: bytes, viewing: bytes, kind: int, expires_ms: int,
    reply: tuple[int, bytes] | None, body: bytes,
) -> bytes:  # fmt: skip
    plaintext = seed + owner.to_bytes(32, "big") + kind.to_bytes(1, "big") + expires_ms.to_bytes(8, "big")
    plaintext += bytes(65) if reply is None else b"\x01" + reply[0].to_bytes(32, "big") + reply[1]
    plaintext += len(body).to_bytes(4, "big") + body
    size = min(size for size in SIZES if size >= len(plaintext) + 32 + 2 + 16)
    plaintext += bytes(size - 50 - len(plaintext))
    secret = hashlib.sha256(b"zksettle/letter/ephemeral" + seed + owner.to_bytes(32, "big")).digest()
    point, shared = exchange(secret, base), exchange(secret, viewing)
    tag = hashlib.sha256(b"zksettle/letter/tag" + shared + point).digest()[:2]
    keys = HKDF(hashes.SHA256(), 44, b"zksettle/letter/sealing", point).derive(shared)
    return point + tag + ChaCha20Poly1305(keys[:32]).encrypt(keys[32:], plaintext, None)


def is_to(viewing_secret: bytes, letter: bytes) -> bool:
    """Whether the view tag is that of this reader."""
    shared = exchange(viewing_secret, letter[:32])
    return hashlib.sha256(b"zksettle/letter/tag" + shared + letter[:32]).digest()[:2] == letter[32:34]
