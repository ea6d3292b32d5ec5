"""The keys of a farm: one secret file for all its workers, and what submitters know of it.

    {"format": "zksettle-farm", "version": 1, "opening": "64 hex digits", "signing": "64 hex digits"}      mode 0600

`opening` is the X25519 key to which inputs are sealed (sealing.py), `signing` the Ed25519 key that certifies workers.
The public halves, 128 hexadecimal digits, are pinned by who submits: if they came from the database each time, its
owner could put keys of their own there and read every witness.

Each machine that works has an identity beside that, an Ed25519 key under which it signs its results (results.py); who
has the farm's file certifies it.  So a wrong proof is known to be of a machine of this farm, and of which one.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from prover.machine import files, secretfile
from zk import domains, entropy
from zk.errors import FormatError, InvalidProof
from zk.formats import dataclassjson

KEY_BYTES = 32
SIGNATURE_BYTES = 64
PUBLIC_BYTES = 2 * KEY_BYTES
FINGERPRINT_DIGITS = 16
MOST_REMEMBERED = 1_000
"""How many valid certificates a process remembers: there is one for each machine."""

_key = dataclassjson.hexadecimal(KEY_BYTES)


@dataclass(frozen=True)
class FarmPublic:
    """What is known of a farm: the key that inputs are sealed to, and the key that certifies its workers."""

    sealing: bytes
    certifying: bytes

    def text(self) -> str:
        """128 hexadecimal digits."""
        return self.encoded().hex()

    def encoded(self) -> bytes:
        """64 bytes."""
        return self.sealing + self.certifying

    def fingerprint(self) -> str:
        """The first 16 hexadecimal digits of its digest, for people to compare."""
        return hashlib.sha256(domains.FARM_FINGERPRINT + self.encoded()).hexdigest()[:FINGERPRINT_DIGITS]


@dataclass(frozen=True, repr=False)
class FarmKeys:
    """The secrets of a farm, which its workers share."""

    opening: X25519PrivateKey
    signing: Ed25519PrivateKey

    def __repr__(self) -> str:
        return "FarmKeys"

    @cached_property
    def public(self) -> FarmPublic:
        """The public halves."""
        return FarmPublic(self.opening.public_key().public_bytes_raw(), self.signing.public_key().public_bytes_raw())

    def certify(self, identity: bytes) -> bytes:
        """The certificate of a worker's public key: it is one of this farm."""
        return self.signing.sign(domains.FARM_WORKER + identity)


@dataclass(frozen=True, repr=False)
class Identity:
    """The key under which a machine signs its results."""

    secret: Ed25519PrivateKey

    def __repr__(self) -> str:
        return "Identity"

    @cached_property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return self.secret.public_key().public_bytes_raw()


@dataclass(frozen=True)
class _FarmFile:
    format: Literal["zksettle-farm"]
    version: Literal[1]
    opening: Annotated[bytes, _key] = field(repr=False)
    signing: Annotated[bytes, _key] = field(repr=False)


@dataclass(frozen=True)
class _IdentityFile:
    format: Literal["zksettle-farm-worker"]
    version: Literal[1]
    secret: Annotated[bytes, _key] = field(repr=False)


def create(path: Path) -> FarmKeys:
    """Makes the keys of a new farm.  Raises FileExistsError rather than replace a file."""
    files.make_folder(path.parent)
    secrets = entropy.token(KEY_BYTES), entropy.token(KEY_BYTES)
    secretfile.create(path, _FarmFile("zksettle-farm", 1, *secrets), "a farm's key")
    return _keys(*secrets)


def find(path: Path) -> FarmKeys | None:
    """The keys in the file, or None when it is not there.  Raises FormatError when it is malformed."""
    found = secretfile.find(path, _FarmFile, "a farm's key")
    return None if found is None else _keys(found.opening, found.signing)


def read(path: Path) -> FarmKeys:
    """The keys in the file.  Raises FormatError when it is missing or malformed."""
    found = find(path)
    if found is None:
        raise FormatError(f"there is no farm key at {path}: copy the file that `zksettle prover queue init` made")
    return found


def identity(path: Path) -> Identity:
    """The identity in the file, made on first use.  Raises FormatError when it is malformed."""
    with files.locked(path, "the worker's identity", wait_s=10):
        found = secretfile.find(path, _IdentityFile, "a worker's identity")
        if found is None:
            found = _IdentityFile("zksettle-farm-worker", 1, entropy.token(KEY_BYTES))
            secretfile.create(path, found, "a worker's identity")
    return Identity(Ed25519PrivateKey.from_private_bytes(found.secret))


def decode(data: bytes) -> FarmPublic:
    """The public keys in 64 bytes.  Raises FormatError when there are more or fewer."""
    if len(data) != PUBLIC_BYTES:
        raise FormatError(f"a farm's public key has {PUBLIC_BYTES} bytes, not {len(data)}")
    return FarmPublic(data[:KEY_BYTES], data[KEY_BYTES:])


def parse(text: str) -> FarmPublic:
    """The public keys in a text.  Raises FormatError unless it is 128 hexadecimal digits."""
    return decode(dataclassjson.hexadecimal(PUBLIC_BYTES).read(text, "the queue's key"))


@lru_cache(maxsize=MOST_REMEMBERED)
def check_certificate(farm: FarmPublic, identity: bytes, certificate: bytes) -> None:
    """Raises InvalidProof unless the farm has certified this worker."""
    check_signature(farm.certifying, certificate, (domains.FARM_WORKER, identity), "the worker's certificate")


def check_signature(key: bytes, signature: bytes, parts: Sequence[bytes], what: str) -> None:
    """Raises InvalidProof unless the signature is the key's, over these parts one after the other."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, b"".join(parts))
    except (InvalidSignature, ValueError):
        raise InvalidProof(f"{what} does not verify") from None


def _keys(opening: bytes, signing: bytes) -> FarmKeys:
    return FarmKeys(X25519PrivateKey.from_private_bytes(opening), Ed25519PrivateKey.from_private_bytes(signing))
