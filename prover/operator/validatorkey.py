"""The Ed25519 key under which a validator cosigns checkpoints, and the name that its cosignatures show.

    HOME/validator.json   {"format": "zksettle-validator", "version": 1, "name": …, "secret": 64 digits}, mode 0600
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from prover.machine import secretfile
from prover.operator import operatorkey
from prover.operator.operatorkey import SECRET_BYTES
from prover.trader import keys
from settlement.log import cosignature, note
from settlement.log.note import Key
from settlement.pool.validators import Validator
from zk import entropy
from zk.formats import dataclassjson

FORMAT: Final = "zksettle-validator"
VERSION: Final = 1
WHAT = "the validator's key"


@dataclass(frozen=True, repr=False)
class _ValidatorFile(keys.Secret):
    format: Literal["zksettle-validator"]
    version: Literal[1]
    name: str
    secret: Annotated[bytes, dataclassjson.hexadecimal(SECRET_BYTES)]


@dataclass(frozen=True, repr=False)
class Own(keys.Secret):
    """A validator's key on this machine, with its secret."""

    validator: Validator
    secret: Ed25519PrivateKey

    @property
    def key(self) -> Key:
        """The public key, as text when it is printed."""
        return cosignature.key(self.validator)


def create(path: Path, name: str) -> Own:
    """Creates a key of this name and writes its secret to a file.

    Raises FileExistsError rather than replace a key, and FormatError for a name that no key can have.
    """
    made = _ValidatorFile(FORMAT, VERSION, name, entropy.token(SECRET_BYTES))
    own = _own(made)
    secretfile.create(path, made, WHAT)
    return own


def read(path: Path) -> Own:
    """The key.  Raises FormatError when the file is missing or malformed."""
    return _own(secretfile.read(path, _ValidatorFile, WHAT))


def parse(text: str) -> Validator:
    """The validator whose public key is this text, as `zksettle validator key` prints it.  Raises FormatError."""
    key = note.parse_key(text, note.COSIGNATURE)
    return Validator(key.name, key.public)


def _own(file: _ValidatorFile) -> Own:
    secret = Ed25519PrivateKey.from_private_bytes(file.secret)
    return Own(Validator(file.name, operatorkey.public(secret)), secret)
