"""A wallet for tests of its content and of its file."""

from dataclasses import replace

import pytest

from circuits import records
from prover.trader import terms, wallets


@pytest.fixture
def held():
    """A wallet with one live holding, one spent one and one order."""
    account = records.Account(5, (-(2**63), 2**63 - 1, 0, 1, 2, 3, 4, 5), 2**64 - 1, 9)
    holdings = (wallets.Holding(account, 2, 7), wallets.Holding(account, 0, 3, is_spent=True))
    agreed = terms.Terms((-(2**64) + 1, 0, 0, 0, 0, 0, 0, 1), 13, 1_700_000_000_000)
    order = wallets.OwnOrder("c0ffee" + 58 * "0", 7, agreed)
    return replace(wallets.new(), ledger_id="ab" * 32, scanned=8, holdings=holdings, orders=(order,))
