"""A wallet for tests of its content and of its file, and the file."""

from dataclasses import replace
from pathlib import Path

import pytest

from circuits import records
from prover.trader import outbox, terms, walletfile, wallets

PASSPHRASE = "correct horse"
VECTORS = Path(__file__).parents[2] / "vectors"
OLD = {  # what zksettle wrote, at the commits b19bd29 and d1e5622
    1: VECTORS / "wallet_version_1.json",
    2: VECTORS / "wallet_version_2.json",
}


@pytest.fixture
def held():
    """A wallet with two accounts, some dust, an order and an entry in its outbox."""
    account = records.Account(5, (2**63 - 1, *range(14), -(2**63)), 2**32 - 1, 9)
    holdings = (wallets.Holding(account, 2, 7), wallets.Holding(account, 0, 9))
    agreed = terms.Terms((-(2**64) + 1, *(0,) * 14, 1), 13, 1_700_000_000_000, b"a group of lots.", 8)
    order = wallets.OwnOrder("c0ffee" + 58 * "0", 7, agreed, b"w" * 96, is_withdrawn=True)
    dust = wallets.Dust(5, (2**70, *(0,) * 14, -(2**70)))
    return replace(
        wallets.new(), ledger_id="ab" * 32, seen="cd" * 32, seen_height=4, scanned=12, top_index=2, empty=3, dust=dust,
        live=holdings, orders=(order,), outbox=(outbox.Entry("a key", b"1" * 32, b"2" * 32, b"bundle", height=3),),
    )  # fmt: skip


@pytest.fixture
def cheap(monkeypatch):
    """A passphrase that is stretched in a millisecond."""
    monkeypatch.setattr(walletfile, "COST", {"iterations": 1, "lanes": 1, "memory_kib": 64})


@pytest.fixture
def path(cheap, tmp_path, held):
    path = tmp_path / "alice.json"
    with walletfile.create(path, PASSPHRASE, held):
        return path
