"""The archive beside a wallet file: the accounts that the wallet has spent, for its owner to look at.

    HOME/wallets/NAME.archive      one line per append: base64(nonce ‖ ChaCha20-Poly1305(key, nonce, JSON of accounts))

The key comes from the wallet's viewing key, so that a new passphrase changes nothing here.  No opening of the wallet
reads the archive, and losing it loses nothing: a rescan writes it again.  A line is appended before the wallet is
saved without the accounts in it.  After a crash between the two the same accounts are appended again, and `read` tells
each only once.
"""

import base64
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from prover.machine import files
from prover.trader import walletjson
from prover.trader.wallets import Holding
from zk import entropy
from zk.formats import dataclassjson, strictjson

SUFFIX = ".archive"
ACCOUNTS_A_LINE = 1024
MAX_LINE_BYTES = 1 << 20
NONCE_BYTES = 12


def beside(wallet: Path) -> Path:
    """The archive of a wallet file."""
    return wallet.with_suffix(SUFFIX)


def append(path: Path, key: bytes, accounts: Sequence[Holding]) -> None:
    """Appends the accounts.  On return they are on the disk."""
    if not accounts:
        return
    starts = range(0, len(accounts), ACCOUNTS_A_LINE)
    lines = b"".join(_line(key, accounts[start : start + ACCOUNTS_A_LINE]) for start in starts)
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
    with open(path, "a+b", opener=lambda name, _: os.open(name, flags, files.PRIVATE_FILE)) as file:
        # A line that a crash cut off gets an end, so that it spoils only itself.
        if file.tell() and os.pread(file.fileno(), 1, file.tell() - 1) != b"\n":
            lines = b"\n" + lines
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())


def read(path: Path, key: bytes) -> Iterator[Holding]:
    """The accounts in the order in which they were archived, each once; nothing when there is no archive.

    A line that does not open is skipped: a crash cut it off, and its accounts are in the next one.
    """
    if not path.exists():
        return
    told: set[int] = set()
    with path.open("rb") as file:
        while line := file.readline(MAX_LINE_BYTES):
            for account in _accounts(path, key, line):
                if account.position not in told:
                    told.add(account.position)
                    yield account


def _line(key: bytes, accounts: Sequence[Holding]) -> bytes:
    nonce = entropy.token(NONCE_BYTES)
    values = [dataclassjson.write(walletjson.holding_json(account)) for account in accounts]
    plaintext = json.dumps(values, separators=(",", ":")).encode()
    box = ChaCha20Poly1305(key).encrypt(nonce, plaintext, None)
    return base64.b64encode(nonce + box) + b"\n"


def _accounts(path: Path, key: bytes, line: bytes) -> list[Holding]:
    if not line.strip():
        return []
    try:
        data = base64.b64decode(line.rstrip(b"\n"), validate=True)
        plaintext = ChaCha20Poly1305(key).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], None)
    except (ValueError, InvalidTag):
        return []
    what = f"the archive {path.name}"
    values = strictjson.loads(plaintext, what, MAX_LINE_BYTES)
    items = dataclassjson.array(dataclassjson.of(walletjson.HoldingJson)).read(values, what)
    return [walletjson.holding(item) for item in items]
