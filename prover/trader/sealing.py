"""Seals 208 bytes to an address, and opens them with its wallet's secret viewing key.

    e        = SHA-256(EPHEMERAL ‖ seed ‖ associated data)                     seed: 16 fresh bytes for every sealing
    E        = X25519(e, B)                                                    B: the address's base (bases.py)
    shared   = X25519(e, viewing)
    view tag = SHA-256(VIEW_TAG ‖ shared ‖ E)                                  its first 2 bytes
    key ‖ nonce = HKDF-SHA256(shared, salt = SEALING, info = E)                32 + 12 bytes
    sealed   = E ‖ view tag ‖ ChaCha20-Poly1305(key, nonce, seed ‖ body, associated data)

A reader whose key gives another view tag stops there, so only about one of 65,536 sealings to others is decrypted in
vain, and the others cost an X25519 and one hash, whichever address they are to.  Every sealing has 274 bytes whatever
its content, and names no reader.  RFC 7748, RFC 5869, RFC 8439.

A reader learns the seed, so `is_to` can tell whether E was made on the base of one address.  Without that, who has two
addresses could seal an account of the one under the key of the other, and see from whether it is found that both are of
one wallet (Zcash, ZIP 212).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import x25519
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from prover.trader import bases, keys
from prover.trader.addresses import Address
from zk import domains, entropy
from zk.fields import prime

SEED_BYTES = 16
BODY_BYTES = 208
POINT_BYTES = 32
VIEW_TAG_BYTES = 2
AEAD_TAG_BYTES = 16
SEALED_BYTES = POINT_BYTES + VIEW_TAG_BYTES + SEED_BYTES + BODY_BYTES + AEAD_TAG_BYTES

MANY = 16_384  # sealings from which on loading the kernels, about a second, takes less than OpenSSL's exchanges

EVERYBODY = x25519.X25519PrivateKey.from_private_bytes(b"zksettle: everybody may open it.")
"""A private key that is public: a sealing to it looks like any other, and everybody can open it."""

EVERYBODY_ADDRESS = Address(0, bases.multiply(EVERYBODY, 0))
"""The address of EVERYBODY; nothing can be paid to it, because nobody knows keys that hash to its owner, 0."""


@dataclass(frozen=True, repr=False)
class Opened(keys.Secret):
    """What a sealing has in it: the body, and the seed of its ephemeral key."""

    body: bytes
    seed: bytes


def seal(body: bytes, address: Address, commitment: int) -> bytes:
    """274 bytes that only the wallet of this address can open, and only together with `commitment`.

    The body has at most 208 bytes and is padded with zeros.  The address comes from addresses.decode, which checks it.
    """
    assert len(body) <= BODY_BYTES, "a body has at most 208 bytes"
    seed = entropy.token(SEED_BYTES)
    ephemeral, associated = _ephemeral(seed, commitment), prime.to_bytes(commitment)
    point = bases.multiply(ephemeral, address.owner)
    shared = ephemeral.exchange(x25519.X25519PublicKey.from_public_bytes(address.viewing))
    key, nonce = _keys(shared, point)
    message = seed + body.ljust(BODY_BYTES, b"\0")
    return point + _view_tag(shared, point) + ChaCha20Poly1305(key).encrypt(nonce, message, associated)


def is_to(owner: int, sealed: bytes, seed: bytes, commitment: int) -> bool:
    """Whether this sealing, whose seed was found in it, was made to the address of this owner."""
    return bases.multiply(_ephemeral(seed, commitment), owner) == sealed[:POINT_BYTES]


class Opener:
    """Opens what is sealed to any address of one wallet; one opener serves for many sealings."""

    def __init__(self, secret: x25519.X25519PrivateKey):
        self._secret = secret

    def __repr__(self) -> str:
        return "Opener"

    def open(self, sealed: bytes, commitment: int) -> Opened | None:
        """The content, or None when it was not sealed to an address of this key with this commitment."""
        if len(sealed) != SEALED_BYTES:
            return None
        try:
            shared = self._secret.exchange(x25519.X25519PublicKey.from_public_bytes(sealed[:POINT_BYTES]))
        except ValueError:  # a point of low order, which `seal` never produces
            return None
        return self._opened(shared, sealed, commitment)

    def open_many(self, sealed: Sequence[bytes], commitments: Sequence[int]) -> list[Opened | None]:
        """What `open` returns for each sealing and its commitment, at several times the speed from MANY on.

        They take about 700 bytes each while it runs.
        """
        if len(sealed) < MANY:
            return [self.open(*pair) for pair in zip(sealed, commitments, strict=True)]
        from zk.curves import curve25519

        points = b"".join(one[:POINT_BYTES].ljust(POINT_BYTES, b"\0") for one in sealed)
        table = np.frombuffer(points, np.uint8).reshape(-1, POINT_BYTES)
        secrets, usable = curve25519.shared_secrets(self._secret.private_bytes_raw(), table)
        shared, is_usable = secrets.tobytes(), usable.tolist()
        opened: list[Opened | None] = []
        for i, (one, commitment) in enumerate(zip(sealed, commitments, strict=True)):
            is_whole = is_usable[i] and len(one) == SEALED_BYTES
            secret = shared[POINT_BYTES * i:POINT_BYTES * (i + 1)]
            opened.append(self._opened(secret, one, commitment) if is_whole else None)
        return opened

    def _opened(self, shared: bytes, sealed: bytes, commitment: int) -> Opened | None:
        """The content, or None when the view tag or the authentication tag is another reader's."""
        point, view_tag = sealed[:POINT_BYTES], sealed[POINT_BYTES:POINT_BYTES + VIEW_TAG_BYTES]
        if view_tag != _view_tag(shared, point):
            return None
        key, nonce = _keys(shared, point)
        try:
            box = sealed[POINT_BYTES + VIEW_TAG_BYTES:]
            plaintext = ChaCha20Poly1305(key).decrypt(nonce, box, prime.to_bytes(commitment))
        except InvalidTag:
            return None
        return Opened(plaintext[SEED_BYTES:], plaintext[:SEED_BYTES])


def _ephemeral(seed: bytes, commitment: int) -> x25519.X25519PrivateKey:
    secret = hashlib.sha256(domains.EPHEMERAL + seed + prime.to_bytes(commitment)).digest()
    return x25519.X25519PrivateKey.from_private_bytes(secret)


def _view_tag(shared: bytes, point: bytes) -> bytes:
    return hashlib.sha256(domains.VIEW_TAG + shared + point).digest()[:VIEW_TAG_BYTES]


def _keys(shared: bytes, point: bytes) -> tuple[bytes, bytes]:
    output = HKDF(hashes.SHA256(), 44, salt=domains.SEALING, info=point).derive(shared)
    return output[:32], output[32:]
