"""The encrypted file of a wallet: versioned JSON around one sealed box.

    key ‖ check = Argon2id(passphrase, salt; iterations, lanes, memory)            32 + 16 bytes (RFC 9106)
    box         = ChaCha20-Poly1305(key, nonce, wallet as JSON, associated data = the rest of the file)

`check` distinguishes a wrong passphrase from a damaged box.  It helps no attacker, who could try passphrases on the box
just as well.  Every write draws a fresh nonce.  Only one process at a time has the file open.
"""

import base64
import json
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import constant_time
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from prover.machine import files
from prover.trader import wallets
from prover.trader.wallets import Wallet
from zk import entropy
from zk.errors import FormatError
from zk.formats import dataclassjson, strictjson

FORMAT: Final = "zksettle-wallet"
VERSION: Final = 1
MAX_FILE_BYTES = 16 << 20
KEY_BYTES = 32
CHECK_BYTES = 16
SALT_BYTES = 16
NONCE_BYTES = 12
MIN_PASSPHRASE = 8  # characters
COST = {"iterations": 3, "lanes": 4, "memory_kib": 64 << 10}
MAX_COST = {"iterations": 16, "lanes": 16, "memory_kib": 1 << 20}  # a file must not make its reader work for hours


class WrongPassphrase(FormatError):
    """The passphrase does not open this file."""


def _base64(length: int | None = None) -> dataclassjson.Codec[bytes]:
    """Bytes in base64; exactly `length` of them unless it is None."""

    def decode(value: Any, place: str) -> bytes:
        try:
            data = base64.b64decode(value, validate=True)
        except (TypeError, ValueError):
            raise FormatError(f"{place} is not base64") from None
        if length not in (None, len(data)):
            raise FormatError(f"{place} has {len(data)} bytes instead of {length}")
        return data

    return dataclassjson.Codec(decode, lambda data: base64.b64encode(data).decode())


@dataclass(frozen=True)
class _Kdf:
    """The parameters of Argon2id, within MAX_COST."""

    name: Literal["argon2id"]
    iterations: Annotated[int, dataclassjson.integer(1, MAX_COST["iterations"])]
    lanes: Annotated[int, dataclassjson.integer(1, MAX_COST["lanes"])]
    memory_kib: Annotated[int, dataclassjson.integer(8, MAX_COST["memory_kib"])]

    def __post_init__(self) -> None:
        if self.memory_kib < 8 * self.lanes:
            raise FormatError("memory_kib must be at least 8 for each lane")


@dataclass(frozen=True)
class _Envelope:
    """The file's fields."""

    format: Literal["zksettle-wallet"]
    version: Literal[1]
    kdf: _Kdf
    salt: Annotated[bytes, _base64(SALT_BYTES)]
    check: Annotated[bytes, _base64(CHECK_BYTES)]
    nonce: Annotated[bytes, _base64(NONCE_BYTES)]
    box: Annotated[bytes, _base64()]

    @property
    def associated(self) -> bytes:
        """The canonical bytes of everything but the box."""
        fields = dataclassjson.write(self)
        del fields["box"]
        return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


class WalletFile:
    """An open wallet file.  `wallet` is its content, and `save` replaces it."""

    def __init__(self, path: Path, envelope: _Envelope, key: bytes, wallet: Wallet):
        self.path = path
        self.wallet = wallet
        self._envelope = envelope
        self._key = key

    def __repr__(self) -> str:
        return "WalletFile"

    def save(self, wallet: Wallet) -> None:
        """Seals the wallet and replaces the file.  On return the file is durable and has this content."""
        envelope = replace(self._envelope, nonce=entropy.token(NONCE_BYTES))
        plaintext = json.dumps(wallets.to_json(wallet)).encode()
        box = ChaCha20Poly1305(self._key).encrypt(envelope.nonce, plaintext, envelope.associated)
        document = dataclassjson.write(replace(envelope, box=box))
        files.replace(self.path, json.dumps(document, indent=1).encode() + b"\n")
        self.wallet = wallet


@contextmanager
def create(path: Path, passphrase: str, wallet: Wallet) -> Iterator[WalletFile]:
    """Creates the file of a wallet and opens it.  Raises FileExistsError rather than replace a wallet."""
    with files.locked(path, f"the wallet {path.stem}"):
        if path.exists():
            raise FileExistsError(f"there is a wallet named {path.stem} already")
        salt = entropy.token(SALT_BYTES)
        kdf = _Kdf("argon2id", **COST)
        key, check = _stretch(passphrase, salt, kdf)
        envelope = _Envelope(FORMAT, VERSION, kdf, salt, check, nonce=bytes(NONCE_BYTES), box=b"")  # until it is saved
        file = WalletFile(path, envelope, key, wallet)
        file.save(wallet)
        yield file


@contextmanager
def open(path: Path, passphrase: str) -> Iterator[WalletFile]:
    """Opens a wallet file and locks it until the context ends.

    Raises FormatError when the file is missing, of another version or damaged; WrongPassphrase; files.Busy when
    another process has it open.
    """
    if not path.exists():
        raise FormatError(f"there is no wallet named {path.stem}")
    with files.locked(path, f"the wallet {path.stem}"):
        yield _read(path, passphrase)


def check_passphrase(passphrase: str) -> None:
    """Raises FormatError when the passphrase is too short for a new wallet."""
    if len(passphrase) < MIN_PASSPHRASE:
        raise FormatError(f"the passphrase has fewer than {MIN_PASSPHRASE} characters: choose a longer one")


def _read(path: Path, passphrase: str) -> WalletFile:
    envelope = _parse(path)
    key, check = _stretch(passphrase, envelope.salt, envelope.kdf)
    if not constant_time.bytes_eq(check, envelope.check):
        raise WrongPassphrase(f"the passphrase of wallet {path.stem} is wrong")
    try:
        plaintext = ChaCha20Poly1305(key).decrypt(envelope.nonce, envelope.box, envelope.associated)
    except InvalidTag:
        raise FormatError(f"the wallet file {path} is damaged: restore it from a copy or from its phrase") from None
    document = strictjson.loads(plaintext, "the wallet", MAX_FILE_BYTES)
    return WalletFile(path, envelope, key, wallets.from_json(document))


def _parse(path: Path) -> _Envelope:
    """The file's fields, each within its limits."""
    what = f"the wallet file {path.name}"
    document = strictjson.loads(files.read(path, MAX_FILE_BYTES), what, MAX_FILE_BYTES)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise FormatError(f"{path} is not a wallet file")
    version = document.get("version")
    if type(version) is not int or version != VERSION:
        raise FormatError(f"{what} has version {version!r}; this program knows {VERSION}")
    return dataclassjson.read(_Envelope, document, what)


def _stretch(passphrase: str, salt: bytes, kdf: _Kdf) -> tuple[bytes, bytes]:
    """(key, check)"""
    length = KEY_BYTES + CHECK_BYTES
    argon2 = Argon2id(
        salt=salt, length=length, iterations=kdf.iterations, lanes=kdf.lanes, memory_cost=kdf.memory_kib
    )
    output = argon2.derive(unicodedata.normalize("NFC", passphrase).encode())
    return output[:KEY_BYTES], output[KEY_BYTES:]
