"""Ledgers with very many leaves: rows written directly, without proofs, and consistent as far as wallets look."""

import base64
import hashlib
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from circuits import records
from prover.trader import addresses, manyhashes, opening, sealing, walletformat, wallets
from settlement import events
from settlement.ledger import Ledger
from zk import entropy
from zk.fields import prime
from zk.fields.prime import R


@dataclass(frozen=True)
class Gift:
    """An account, the index hint that its opening names, and the key to which it is sealed."""

    account: records.Account
    hint: int
    viewing: bytes


def own(wallet: wallets.Wallet, amount: int = 0, index: int = 0, owner: int | None = None, hint: int | None = None):
    """An account of a wallet, or one of another owner that is sealed to it."""
    address = addresses.of(wallet.seed, index)
    account = records.Account(owner or address.owner, (amount, *(0,) * 7), 0, entropy.scalar(R))
    return Gift(account, index if hint is None else hint, address.viewing)


def add(ledger: Ledger, gifts: Sequence[Gift]) -> None:
    """Appends the accounts to the ledger's outputs in one bundle that nobody signed, with its event and tree size."""
    commitments = manyhashes.commitments([gift.account for gift in gifts])
    last, (root, size) = ledger.reader.last_event(), ledger.reader.tree()
    event = events.next_event(last, events.BUNDLE, last.created_ms, bytes(32))
    height = event.height
    connection = sqlite3.connect(_file(ledger), isolation_level=None)
    connection.execute("BEGIN")
    connection.execute(
        "INSERT INTO events VALUES (?, ?, ?, ?, ?)", (height, event.kind, event.created_ms, event.body, event.digest)
    )
    name = hashlib.sha256(height.to_bytes(8, "big")).digest()
    connection.execute("INSERT INTO bundles VALUES (?, ?, ?)", (height, name, b""))
    connection.execute("INSERT INTO roots VALUES (?, ?, ?)", (height, prime.to_bytes(root), size + len(gifts)))
    connection.executemany("INSERT INTO outputs VALUES (?, ?, ?, ?)", (
        (
            size + i, prime.to_bytes(leaf),
            sealing.seal(opening.encode(gift.account, gift.hint), gift.viewing, leaf), height,
        )
        for i, (gift, leaf) in enumerate(zip(gifts, commitments, strict=True))
    ))  # fmt: skip
    connection.execute("COMMIT")
    connection.close()


def _file(ledger: Ledger) -> str:
    return ledger.reader._connection.execute("PRAGMA database_list").fetchone()[2]


def write_version_1(path: Path, passphrase: str, content: dict) -> None:
    """A wallet file of version 1 with this content."""
    salt = entropy.token(16)
    kdf = walletformat.Kdf("argon2id", iterations=1, lanes=1, memory_kib=64)
    key, check = walletformat.stretch(passphrase, salt, kdf)
    nonce = entropy.token(12)
    fields = {"format": "zksettle-wallet", "version": 1, "kdf": vars(kdf)}
    bytes_of = {"salt": salt, "check": check, "nonce": nonce}
    fields |= {name: base64.b64encode(data).decode() for name, data in bytes_of.items()}
    associated = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
    box = ChaCha20Poly1305(key).encrypt(nonce, json.dumps(content).encode(), associated)
    path.write_text(json.dumps({**fields, "box": base64.b64encode(box).decode()}, indent=1))

