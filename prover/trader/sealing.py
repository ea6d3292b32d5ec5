"""Seals 160 bytes to a wallet's viewing key, and opens them with its secret key.

    shared = X25519(e, viewing)                              e fresh for every sealing
    key ‖ nonce ‖ view tag = HKDF-SHA256(shared, info = e·B ‖ viewing)         32 + 12 + 2 bytes
    sealed = e·B ‖ view tag ‖ ChaCha20-Poly1305(key, nonce, plaintext, associated data)

A reader whose key gives another view tag stops there, so only about one of 65,536 sealings to others is decrypted in
vain.  Every sealing has 210 bytes whatever its content, and names no reader.  RFC 7748, RFC 5869, RFC 8439.
"""

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
    key, nonce, view_tag = _keys(shared, point, viewing)
    message = plaintext.ljust(PLAINTEXT_BYTES, b"\0")
    return point + view_tag + ChaCha20Poly1305(key).encrypt(nonce, message, prime.to_bytes(commitment))


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
        point, view_tag = sealed[:POINT_BYTES], sealed[POINT_BYTES:POINT_BYTES + VIEW_TAG_BYTES]
        try:
            shared = self._secret.exchange(x25519.X25519PublicKey.from_public_bytes(point))
        except ValueError:  # a point of low order, which `seal` never produces
            return None
        key, nonce, expected = _keys(shared, point, self._viewing)
        if view_tag != expected:
            return None
        try:
            body = sealed[POINT_BYTES + VIEW_TAG_BYTES:]
            return ChaCha20Poly1305(key).decrypt(nonce, body, prime.to_bytes(commitment))
        except InvalidTag:
            return None


def _keys(shared: bytes, point: bytes, viewing: bytes) -> tuple[bytes, bytes, bytes]:
    output = HKDF(hashes.SHA256(), 46, salt=domains.SEALING, info=point + viewing).derive(shared)
    return output[:32], output[32:44], output[44:]
