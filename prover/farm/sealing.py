"""Seals the inputs of a job to the workers' key.

    e        a fresh X25519 key for each sealing, E its public half, W the workers' public key
    shared   = X25519(e, W)
    key ‖ nonce = HKDF-SHA256(shared, salt = FARM_SEALING, info = E ‖ W)                       32 + 12 bytes
    sealed   = E ‖ ChaCha20-Poly1305(key, nonce, inputs, associated data = id ‖ key's digest ‖ digest of public inputs)

The associated data bind the inputs to their job: whoever can write to the database can neither move them to another
job nor have them proved under a key of their own, whose proofs could tell what was proved.  RFC 7748, RFC 5869,
RFC 8439.
"""

import hashlib
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from prover.farm import jobs
from prover.farm.farmkey import KEY_BYTES, FarmKeys, FarmPublic
from zk import domains, entropy
from zk.errors import FormatError

TAG_BYTES = 16
OVERHEAD_BYTES = KEY_BYTES + TAG_BYTES


def public_digest(key: bytes, public: Sequence[int]) -> bytes:
    """The digest under which a job's public inputs are known, 32 bytes."""
    return hashlib.sha256(domains.FARM_PUBLIC + key + jobs.encode(public)).digest()


def seal(farm: FarmPublic, inputs: bytes, job: bytes, key: bytes, digest: bytes) -> bytes:
    """What only the farm's workers can open, and only for this job, key and digest of public inputs."""
    ephemeral = X25519PrivateKey.from_private_bytes(entropy.token(KEY_BYTES))
    point = ephemeral.public_key().public_bytes_raw()
    try:
        shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(farm.sealing))
    except ValueError:  # a point of low order
        raise FormatError("the queue's key is no key that anything can be sealed to") from None
    secret, nonce = _derived(shared, point, farm)
    return point + ChaCha20Poly1305(secret).encrypt(nonce, inputs, job + key + digest)


def open(keys: FarmKeys, sealed: bytes, job: bytes, key: bytes, digest: bytes) -> bytes:
    """The inputs.  Raises FormatError when they were sealed to another key, or for another job, key or digest."""
    if len(sealed) < OVERHEAD_BYTES:
        raise FormatError("the job's inputs are too short")
    point = sealed[:KEY_BYTES]
    try:
        shared = keys.opening.exchange(X25519PublicKey.from_public_bytes(point))
        secret, nonce = _derived(shared, point, keys.public)
        return ChaCha20Poly1305(secret).decrypt(nonce, sealed[KEY_BYTES:], job + key + digest)
    except (InvalidTag, ValueError):
        raise FormatError("the job's inputs were not sealed to this farm's key, or for another job") from None


def _derived(shared: bytes, point: bytes, farm: FarmPublic) -> tuple[bytes, bytes]:
    output = HKDF(hashes.SHA256(), 44, salt=domains.FARM_SEALING, info=point + farm.sealing).derive(shared)
    return output[:32], output[32:]
