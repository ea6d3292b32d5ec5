"""The file a wallet lies in: versioned JSON around one sealed box.

    key ‖ check = Argon2id(passphrase, salt; iterations, lanes, memory)            32 + 16 bytes (RFC 9106)
    box         = ChaCha20-Poly1305(key, nonce, wallet as JSON, associated data = the rest of the file)

`check` tells a wrong passphrase from a damaged box; who holds the file could try passphrases on the box as well.
The nonce is fresh in every write.  One process at a time has the file open.
"""

import base64
import binascii
import json
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import constant_time
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from prover.machine import files
from prover.trader import wallets
from zk import entropy
from zk.errors import FormatError
from zk.formats import strictjson

FORMAT = "zksettle-wallet"
VERSION = 1
MAX_FILE_BYTES = 16 << 20
SALT_BYTES = 16
NONCE_BYTES = 12
COST = {"iterations": 3, "lanes": 4, "memory_kib": 64 << 10}
MAX_COST = {"iterations": 16, "lanes": 16, "memory_kib": 1 << 20}
FIELDS = {"format", "version", "kdf", "salt", "check", "nonce", "box"}


class WrongPassphrase(FormatError):
    """The passphrase is not this file's."""


class WalletFile:
    """An open wallet file: the wallet it holds, and the way to put a changed one in its place."""

    def __init__(self, path: Path, header: dict, key: bytes, held: wallets.Wallet):
        self.path = path
        self.wallet = held
        self._header = header
        self._key = key

    def __repr__(self) -> str:
        return "WalletFile"

    def save(self, changed: wallets.Wallet) -> None:
        """Seals the changed wallet and replaces the file.  On return it is durable, and `self.wallet` is it."""
        header = {**self._header, "nonce": _text(entropy.token(NONCE_BYTES))}
        plaintext = json.dumps(wallets.to_json(changed)).encode()
        box = ChaCha20Poly1305(self._key).encrypt(_bytes(header, "nonce"), plaintext, _associated(header))
        files.replace(self.path, json.dumps({**header, "box": _text(box)}, indent=1).encode() + b"\n")
        self.wallet = changed


@contextmanager
def create(path: Path, passphrase: str, held: wallets.Wallet) -> Iterator[WalletFile]:
    """A new file around `held`, open.  Raises FileExistsError rather than replace a wallet."""
    with files.locked(path, f"the wallet {path.stem}"):
        if path.exists():
            raise FileExistsError(f"there is a wallet named {path.stem} already")
        salt = entropy.token(SALT_BYTES)
        key, check = _stretch(passphrase, salt, COST)
        header = {"format": FORMAT, "version": VERSION, "kdf": {"name": "argon2id", **COST}}
        opened = WalletFile(path, {**header, "salt": _text(salt), "check": _text(check)}, key, held)
        opened.save(held)
        yield opened


@contextmanager
def open(path: Path, passphrase: str) -> Iterator[WalletFile]:
    """The wallet file, open and locked until the context ends.

    Raises FormatError when it is missing, of another version or damaged; WrongPassphrase; files.Busy when another
    process has it open.
    """
    if not path.exists():
        raise FormatError(f"there is no wallet named {path.stem}")
    with files.locked(path, f"the wallet {path.stem}"):
        yield _read(path, passphrase)


def _read(path: Path, passphrase: str) -> WalletFile:
    header = _parse(path)
    box = _bytes(header, "box")
    del header["box"]
    key, check = _stretch(passphrase, _bytes(header, "salt", SALT_BYTES), header["kdf"])
    if not constant_time.bytes_eq(check, _bytes(header, "check")):
        raise WrongPassphrase("the passphrase is wrong")
    try:
        plaintext = ChaCha20Poly1305(key).decrypt(_bytes(header, "nonce", NONCE_BYTES), box, _associated(header))
    except InvalidTag:
        raise FormatError(f"the wallet file {path.name} is damaged") from None
    return WalletFile(path, header, key, wallets.from_json(strictjson.loads(plaintext, "the wallet", MAX_FILE_BYTES)))


def _load(path: Path) -> object:
    what = f"the wallet file {path.name}"
    if path.stat().st_size > MAX_FILE_BYTES:
        raise FormatError(f"{what} is too large")
    return strictjson.loads(path.read_bytes(), what, MAX_FILE_BYTES)


def _parse(path: Path) -> dict:
    """The file's fields, with everything known that the key is derived from."""
    header = _load(path)
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise FormatError(f"{path.name} is not a wallet file")
    if header.get("version") != VERSION:
        version = header.get("version")
        raise FormatError(f"the wallet file {path.name} has version {version!r}; this program knows {VERSION}")
    if set(header) != FIELDS or not _is_known_kdf(header["kdf"]):
        raise FormatError(f"the wallet file {path.name} is damaged: its fields are not a wallet file's")
    return header


def _is_known_kdf(kdf: object) -> bool:
    if not isinstance(kdf, dict) or set(kdf) != {"name", *COST} or kdf["name"] != "argon2id":
        return False
    in_range = all(type(kdf[name]) is int and 1 <= kdf[name] <= limit for name, limit in MAX_COST.items())
    return in_range and kdf["memory_kib"] >= 8 * kdf["lanes"]


def _stretch(passphrase: str, salt: bytes, cost: dict) -> tuple[bytes, bytes]:
    iterations, lanes, memory_kib = cost["iterations"], cost["lanes"], cost["memory_kib"]
    kdf = Argon2id(salt=salt, length=48, iterations=iterations, lanes=lanes, memory_cost=memory_kib)
    stretched = kdf.derive(unicodedata.normalize("NFC", passphrase).encode())
    return stretched[:32], stretched[32:]


def _associated(header: dict) -> bytes:
    return json.dumps(header, sort_keys=True, separators=(",", ":")).encode()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(header: dict, name: str, length: int | None = None) -> bytes:
    try:
        data = base64.b64decode(header[name], validate=True)
    except (TypeError, ValueError, binascii.Error):
        data = None
    if data is None or length not in (None, len(data)):
        raise FormatError(f"the wallet file is damaged: {name} is not what it should be")
    return data
