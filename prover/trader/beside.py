"""A small encrypted file beside a wallet file, for what the wallet can do without.

    HOME/wallets/NAME.SUFFIX       one content, or records, each with the number of its bytes, 4, in front:
                                   nonce 12 ‖ ChaCha20-Poly1305(key, nonce, content, SUFFIX)

A file is either read and replaced as a whole, or grows by a record at a time.  A record that a crash cut off is the
last one, and is as if it had never been written.

The key comes from the wallet's viewing key, so that a new passphrase changes nothing here, and each suffix has its own.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from prover.machine import files
from prover.trader import keys
from zk import entropy
from zk.errors import FormatError

NONCE_BYTES = 12
TAG_BYTES = 16
LENGTH_BYTES = 4


def path_of(wallet: Path, suffix: str) -> Path:
    """The file of this suffix, such as "rfq", beside a wallet file."""
    return wallet.with_suffix(f".{suffix}")


def read(wallet: Path, view: keys.View, suffix: str, limit: int) -> bytes | None:
    """The content, or None when there is no file.

    Raises FormatError when it is larger than `limit`, or was written by another wallet or damaged.
    """
    path = path_of(wallet, suffix)
    if not path.exists():
        return None
    data = files.read(path, limit + NONCE_BYTES + TAG_BYTES)
    return _opened(path, keys.beside_key(keys.viewing_key(view), suffix), suffix, data)


def write(wallet: Path, view: keys.View, suffix: str, content: bytes) -> None:
    """Replaces the file.  On return it is on the disk."""
    files.replace(path_of(wallet, suffix), _sealed(keys.beside_key(keys.viewing_key(view), suffix), suffix, content))


def records(wallet: Path, view: keys.View, suffix: str, limit: int) -> list[bytes]:
    """The records of the file, in the order in which they were appended; none when there is no file.  As `read`."""
    path = path_of(wallet, suffix)
    if not path.exists():
        return []
    data, start, found = files.read(path, limit), 0, []
    key = keys.beside_key(keys.viewing_key(view), suffix)
    while len(data) >= (begin := start + LENGTH_BYTES):
        end = begin + int.from_bytes(data[start:begin], "big")
        if end > len(data):
            break
        found.append(_opened(path, key, suffix, data[begin:end]))
        start = end
    return found


def append(wallet: Path, view: keys.View, suffix: str, record: bytes, *, is_durable: bool = True) -> None:
    """Appends a record.  On return it is on the disk, or without `is_durable` with the operating system, which loses it
    only with the machine.  Only for a file whose records were just read or replaced.
    """
    key = keys.beside_key(keys.viewing_key(view), suffix)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    with open(path_of(wallet, suffix), "ab", opener=lambda name, _: os.open(name, flags, files.PRIVATE_FILE)) as file:
        file.write(_framed(key, suffix, record))
        file.flush()
        if is_durable:
            os.fsync(file.fileno())


def replace_records(wallet: Path, view: keys.View, suffix: str, kept: Iterable[bytes]) -> None:
    """Replaces the file by these records.  On return it is on the disk."""
    key = keys.beside_key(keys.viewing_key(view), suffix)
    files.replace(path_of(wallet, suffix), b"".join(_framed(key, suffix, record) for record in kept))


def _framed(key: bytes, suffix: str, record: bytes) -> bytes:
    box = _sealed(key, suffix, record)
    return len(box).to_bytes(LENGTH_BYTES, "big") + box


def _sealed(key: bytes, suffix: str, content: bytes) -> bytes:
    nonce = entropy.token(NONCE_BYTES)
    return nonce + ChaCha20Poly1305(key).encrypt(nonce, content, suffix.encode())


def _opened(path: Path, key: bytes, suffix: str, data: bytes) -> bytes:
    try:
        return ChaCha20Poly1305(key).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], suffix.encode())
    except (InvalidTag, ValueError):
        raise FormatError(f"{path} is damaged, or of another wallet: without it the wallet is whole") from None
