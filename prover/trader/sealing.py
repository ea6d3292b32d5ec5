"""Seals 160 bytes to a wallet's viewing key, and opens them with its secret key.

    shared = X25519(e, viewing)                              e fresh for every sealing
    view tag = SHA-256(VIEW_TAG ‖ shared ‖ e·B ‖ viewing)                      its first 2 bytes
    key ‖ nonce = HKDF-SHA256(shared, salt = SEALING, info = e·B ‖ viewing)    32 + 12 bytes
    sealed = e·B ‖ view tag ‖ ChaCha20-Poly1305(key, nonce, plaintext, associated data)

A reader whose key gives another view tag stops there, so only about one of 65,536 sealings to others is decrypted in
vain, and the others cost an X25519 and one hash.  Every sealing has 210 bytes whatever its content, and names no
reader.  RFC 7748, RFC 5869, RFC 8439.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import x25519
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from zk import domains, entropy
from zk.fields import prime

PLAINTEXT_BYTES = 160
POINT_BYTES = 32
VIEW_TAG_BYTES = 2
AEAD_TAG_BYTES = 16
SEALED_BYTES = POINT_BYTES + VIEW_TAG_BYTES + PLAINTEXT_BYTES + AEAD_TAG_BYTES

MANY = 16_384  # sealings from which on loading the kernels, about a second, takes less than OpenSSL's exchanges

EVERYBODY = x25519.X25519PrivateKey.from_private_bytes(b"zksettle: everybody may open it.")
"""A private key that is public: a sealing to it looks like any other, and everybody can open it."""

EVERYBODY_VIEWING = EVERYBODY.public_key().public_bytes_raw()
"""The public key of EVERYBODY."""


def seal(plaintext: bytes, viewing: bytes, commitment: int) -> bytes:
    """210 bytes that only the owner of `viewing`'s secret key can open, and only together with `commitment`.

    The plaintext has at most 160 bytes and is padded with zeros.  `viewing` comes from a checked address.
    """
    assert len(plaintext) <= PLAINTEXT_BYTES, "a plaintext has at most 160 bytes"
    ephemeral = x25519.X25519PrivateKey.from_private_bytes(entropy.token(32))
    point = ephemeral.public_key().public_bytes_raw()
    shared = ephemeral.exchange(x25519.X25519PublicKey.from_public_bytes(viewing))
    key, nonce = _keys(shared, point, viewing)
    message, tag = plaintext.ljust(PLAINTEXT_BYTES, b"\0"), _view_tag(shared, point, viewing)
    return point + tag + ChaCha20Poly1305(key).encrypt(nonce, message, prime.to_bytes(commitment))


class Opener:
    """Opens sealings to one key; one opener serves for many sealings."""

    def __init__(self, secret: x25519.X25519PrivateKey):
        self._secret = secret
        self._viewing = secret.public_key().public_bytes_raw()

    def __repr__(self) -> str:
        return "Opener"

    def open(self, sealed: bytes, commitment: int) -> bytes | None:
        """The 160 bytes of plaintext, or None when it was not sealed to this key with this commitment."""
        if len(sealed) != SEALED_BYTES:
            return None
        try:
            shared = self._secret.exchange(x25519.X25519PublicKey.from_public_bytes(sealed[:POINT_BYTES]))
        except ValueError:  # a point of low order, which `seal` never produces
            return None
        return self._opened(shared, sealed, commitment)

    def open_many(self, sealed: Sequence[bytes], commitments: Sequence[int]) -> list[bytes | None]:
        """What `open` returns for each sealing and its commitment, at several times the speed from MANY on.

        They take about 500 bytes each while it runs.
        """
        if len(sealed) < MANY:
            return [self.open(*pair) for pair in zip(sealed, commitments, strict=True)]
        from zk.curves import curve25519

        points = b"".join(one[:POINT_BYTES].ljust(POINT_BYTES, b"\0") for one in sealed)
        table = np.frombuffer(points, np.uint8).reshape(-1, POINT_BYTES)
        secrets, usable = curve25519.shared_secrets(self._secret.private_bytes_raw(), table)
        shared, is_usable = secrets.tobytes(), usable.tolist()
        opened: list[bytes | None] = []
        for i, (one, commitment) in enumerate(zip(sealed, commitments, strict=True)):
            is_whole = is_usable[i] and len(one) == SEALED_BYTES
            secret = shared[POINT_BYTES * i:POINT_BYTES * (i + 1)]
            opened.append(self._opened(secret, one, commitment) if is_whole else None)
        return opened

    def _opened(self, shared: bytes, sealed: bytes, commitment: int) -> bytes | None:
        """The plaintext, or None when the view tag or the authentication tag is another reader's."""
        point, view_tag = sealed[:POINT_BYTES], sealed[POINT_BYTES:POINT_BYTES + VIEW_TAG_BYTES]
        if view_tag != _view_tag(shared, point, self._viewing):
            return None
        key, nonce = _keys(shared, point, self._viewing)
        try:
            body = sealed[POINT_BYTES + VIEW_TAG_BYTES:]
            return ChaCha20Poly1305(key).decrypt(nonce, body, prime.to_bytes(commitment))
        except InvalidTag:
            return None


def _view_tag(shared: bytes, point: bytes, viewing: bytes) -> bytes:
    return hashlib.sha256(domains.VIEW_TAG + shared + point + viewing).digest()[:VIEW_TAG_BYTES]


def _keys(shared: bytes, point: bytes, viewing: bytes) -> tuple[bytes, bytes]:
    output = HKDF(hashes.SHA256(), 44, salt=domains.SEALING, info=point + viewing).derive(shared)
    return output[:32], output[32:]
