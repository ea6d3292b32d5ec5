"""Ledgers and wallet files as a flood of accounts makes them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from prover.bench import syntheticledger
from prover.bench.syntheticledger import Gift
from prover.trader import addresses, wallets
from settlement.ledger import Ledger


def own(wallet: wallets.Wallet, amount: int = 0, index: int = 0, owner: int | None = None, hint: int | None = None):
    """An account of a wallet, or one of another owner that is sealed to it."""
    gift = syntheticledger.gift(addresses.of(wallet.seed, index), amount, index if hint is None else hint)
    return gift if owner is None else replace(gift, account=replace(gift.account, owner=owner))


def add(ledger: Ledger, gifts: Sequence[Gift]) -> None:
    """Appends the accounts to a ledger, without proofs."""
    path = Path(ledger.reader._connection.execute("PRAGMA database_list").fetchone()[2])
    syntheticledger.append(path, syntheticledger.sealed(gifts))
