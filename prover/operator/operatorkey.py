"""The Ed25519 key under which the operator of a ledger signs its checkpoints (settlement.log).

    HOME/pool/operator.json   {"format": "zksettle-operator", "version": 1, "secret": "64 hex digits"}, mode 0600
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from prover.machine import secretfile
from prover.trader import keys
from zk import entropy
from zk.formats import dataclassjson

FORMAT: Final = "zksettle-operator"
VERSION: Final = 1
SECRET_BYTES = 32
WHAT = "the operator's key"


@dataclass(frozen=True, repr=False)
class _OperatorFile(keys.Secret):
    format: Literal["zksettle-operator"]
    version: Literal[1]
    secret: Annotated[bytes, dataclassjson.hexadecimal(SECRET_BYTES)]


def create(path: Path) -> bytes:
    """Creates a key, writes its secret to a file, and returns the 32 bytes of the public key.

    Raises FileExistsError rather than replace a key.
    """
    made = _OperatorFile(FORMAT, VERSION, entropy.token(SECRET_BYTES))
    secretfile.create(path, made, WHAT)
    return public(Ed25519PrivateKey.from_private_bytes(made.secret))


def read(path: Path) -> Ed25519PrivateKey:
    """The secret key.  Raises FormatError when the file is missing or malformed."""
    return Ed25519PrivateKey.from_private_bytes(secretfile.read(path, _OperatorFile, WHAT).secret)


def public(key: Ed25519PrivateKey) -> bytes:
    """The 32 bytes of the public key."""
    return key.public_key().public_bytes_raw()
