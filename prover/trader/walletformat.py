"""The bytes of a wallet file: its fields, their limits, and the box with the wallet in it.

    key ‖ check = Argon2id(passphrase, salt; iterations, lanes, memory)            32 + 16 bytes (RFC 9106)
    box         = ChaCha20-Poly1305(key, nonce, wallet as JSON, associated data = the rest of the file)

`check` distinguishes a wrong passphrase from a damaged box.  It helps no attacker, who could try passphrases on the box
just as well.  Every write draws a fresh nonce.

The ledger and its newest event that the wallet saw stand in clear, so that every command notices without a passphrase
when the ledger lost that event.  Who reads the file learns when the wallet was last synced.

Versions 1 and 2 are of wallets whose accounts had eight balances: no pool of today has such accounts.  Of them only the
seed phrase is read (`old_phrase`), of which a new wallet is restored.
"""

import base64
import json
import threading
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from prover.trader import walletjson
from prover.trader.wallets import Wallet
from zk import entropy
from zk.errors import FormatError
from zk.formats import dataclassjson, strictjson

FORMAT: Final = "zksettle-wallet"
VERSION: Final = 3
MAX_FILE_BYTES = 16 << 20
MAX_OLD_BYTES = 1 << 30  # what a million accounts took: version 1 wrote whatever there was
KEY_BYTES = 32
CHECK_BYTES = 16
SALT_BYTES = 16
NONCE_BYTES = 12
MAX_COST = {"iterations": 16, "lanes": 16, "memory_kib": 1 << 20}  # a file must not make its reader work for hours


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
class Kdf:
    """The parameters of Argon2id, within MAX_COST."""

    name: Literal["argon2id"]
    iterations: Annotated[int, dataclassjson.integer(1, MAX_COST["iterations"])]
    lanes: Annotated[int, dataclassjson.integer(1, MAX_COST["lanes"])]
    memory_kib: Annotated[int, dataclassjson.integer(8, MAX_COST["memory_kib"])]

    def __post_init__(self) -> None:
        if self.memory_kib < 8 * self.lanes:
            raise FormatError("memory_kib must be at least 8 for each lane")


@dataclass(frozen=True)
class _Fields:
    """The fields of every version."""

    format: Literal["zksettle-wallet"]
    kdf: Kdf
    salt: Annotated[bytes, _base64(SALT_BYTES)]
    check: Annotated[bytes, _base64(CHECK_BYTES)]
    nonce: Annotated[bytes, _base64(NONCE_BYTES)]
    box: Annotated[bytes, _base64()]

    @property
    def document(self) -> dict[str, Any]:
        """The fields as JSON values, the box last."""
        fields = dataclassjson.write(self)
        fields["box"] = fields.pop("box")
        return fields

    @property
    def associated(self) -> bytes:
        """The canonical bytes of everything but the box."""
        fields = dataclassjson.write(self)
        del fields["box"]
        return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Envelope1(_Fields):
    """The fields of version 1."""

    version: Literal[1]


@dataclass(frozen=True)
class Envelope2(_Fields):
    """The fields of version 2."""

    version: Literal[2]
    ledger_id: walletjson.Digest | None
    seen_height: walletjson.UInt64
    seen: walletjson.Digest | None


OldEnvelope = Envelope1 | Envelope2


@dataclass(frozen=True)
class Envelope(_Fields):
    """The fields of today: also the ledger, and the height and the digest of its newest event that was seen."""

    version: Literal[3]
    ledger_id: walletjson.Digest | None
    seen_height: walletjson.UInt64
    seen: walletjson.Digest | None


def empty(kdf: Kdf, salt: bytes, check: bytes) -> Envelope:
    """An envelope without a wallet; `seal` puts one in."""
    return Envelope(
        format=FORMAT, version=VERSION, kdf=kdf, salt=salt, check=check, nonce=bytes(NONCE_BYTES), box=b"",
        ledger_id=None, seen_height=0, seen=None,
    )  # fmt: skip


_STRETCHING = threading.Lock()
"""OpenSSL's Argon2 waits for ever when two threads of one process stretch over several lanes at once."""


def stretch(passphrase: str, salt: bytes, kdf: Kdf) -> tuple[bytes, bytes]:
    """The key and the check of a passphrase."""
    length = KEY_BYTES + CHECK_BYTES
    argon2 = Argon2id(
        salt=salt, length=length, iterations=kdf.iterations, lanes=kdf.lanes, memory_cost=kdf.memory_kib
    )
    with _STRETCHING:
        output = argon2.derive(unicodedata.normalize("NFC", passphrase).encode())
    return output[:KEY_BYTES], output[KEY_BYTES:]


def seal(envelope: Envelope, key: bytes, wallet: Wallet) -> tuple[Envelope, bytes]:
    """The envelope with this wallet in its box, under a fresh nonce, and the bytes of its file."""
    envelope = replace(
        envelope, nonce=entropy.token(NONCE_BYTES), ledger_id=wallet.ledger_id, seen_height=wallet.seen_height,
        seen=wallet.seen,
    )  # fmt: skip
    plaintext = json.dumps(walletjson.write(wallet), separators=(",", ":")).encode()
    box = ChaCha20Poly1305(key).encrypt(envelope.nonce, plaintext, envelope.associated)
    envelope = replace(envelope, box=box)
    return envelope, json.dumps(envelope.document, indent=1).encode() + b"\n"


def parse(path: Path, data: bytes) -> Envelope | OldEnvelope:
    """The fields of the file's bytes.  Raises FormatError when one is missing, invalid or beyond its limits."""
    what = f"the wallet file {path.name}"
    document = strictjson.loads(data, what, MAX_OLD_BYTES)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise FormatError(f"{path} is not a wallet file")
    version = document.get("version")
    if type(version) is not int or not 1 <= version <= VERSION:
        raise FormatError(f"{what} has version {version!r:.40}; this program knows {VERSION}")
    if version == 1:
        return dataclassjson.read(Envelope1, document, what)
    if version == 2:
        return dataclassjson.read(Envelope2, document, what)
    if len(data) > MAX_FILE_BYTES:
        raise FormatError(f"{what} has {len(data)} bytes, and {MAX_FILE_BYTES} is the limit")
    return dataclassjson.read(Envelope, document, what)


def content(path: Path, envelope: Envelope, key: bytes) -> Wallet:
    """The wallet in the box.  Raises FormatError when the box is damaged."""
    wallet = walletjson.read(strictjson.loads(_decrypt(path, envelope, key), "the wallet", MAX_FILE_BYTES))
    return replace(wallet, ledger_id=envelope.ledger_id, seen_height=envelope.seen_height, seen=envelope.seen)


def old_phrase(path: Path, envelope: OldEnvelope, key: bytes) -> str:
    """The seed phrase in the box of an earlier version.

    Raises FormatError when the box is damaged, and when it is of a watch-only wallet.
    """
    plaintext = _decrypt(path, envelope, key)
    # What the owner's own program sealed: as many values as it wrote are read.
    values = strictjson.loads(plaintext, "the wallet", MAX_OLD_BYTES, max_values=MAX_OLD_BYTES)
    return walletjson.read_old_phrase(values)


def _decrypt(path: Path, envelope: Envelope | OldEnvelope, key: bytes) -> bytes:
    try:
        return ChaCha20Poly1305(key).decrypt(envelope.nonce, envelope.box, envelope.associated)
    except InvalidTag:
        raise FormatError(f"the wallet file {path} is damaged: restore it from a copy or from its phrase") from None
