"""Ledgers and wallet files as a flood of accounts makes them."""

import base64
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from prover.bench import syntheticledger
from prover.bench.syntheticledger import Gift
from prover.trader import addresses, walletformat, wallets
from settlement.ledger import Ledger
from zk import entropy


def own(wallet: wallets.Wallet, amount: int = 0, index: int = 0, owner: int | None = None, hint: int | None = None):
    """An account of a wallet, or one of another owner that is sealed to it."""
    gift = syntheticledger.gift(addresses.of(wallet.seed, index), amount, index if hint is None else hint)
    return gift if owner is None else replace(gift, account=replace(gift.account, owner=owner))


def add(ledger: Ledger, gifts: Sequence[Gift]) -> None:
    """Appends the accounts to a ledger, without proofs."""
    path = Path(ledger.reader._connection.execute("PRAGMA database_list").fetchone()[2])
    syntheticledger.append(path, syntheticledger.sealed(gifts))


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

