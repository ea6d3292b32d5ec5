"""What a wallet shows of its accounts: those it has, the small ones that it only counts, and those it has spent."""

import json

import pytest

from prover import desk
from prover.cli.trader import accounts_run
from prover.machine.home import Home
from prover.trader import keeping, walletfile, wallets
from settlement.ledger import Ledger
from tests.prover import floods
from tests.prover.cli.conftest import PASSPHRASE
from tests.prover.cli.run import refused, zksettle


def as_json(home, *arguments):
    ran = zksettle(home, *arguments, "--json")
    assert ran.code == 0, ran
    return json.loads(ran.out)


@pytest.fixture(scope="module")
def world(home):
    """A home with a pool and a wallet of a known phrase, whose deposit of 9 USDC was spent down to 4."""
    assert zksettle(home, "pool", "new", "--insecure-dev").code == 0
    wallet = wallets.restore("abandon " * 23 + "art")
    with walletfile.create(Home(home).wallet("main"), PASSPHRASE, wallet):
        pass
    assert zksettle(home, "deposit", "9 USDC").code == 0
    assert zksettle(home, "withdraw", "5 USDC").code == 0
    return wallet


@pytest.fixture(scope="module")
def flooded(home, world):
    """The same wallet after 6 accounts of 0.000001 to 0.000006 USDC and 3 empty ones were sent to it."""
    with Ledger.open(Home(home).ledger) as ledger:
        floods.add(ledger, [*(floods.own(world, amount) for amount in range(1, 7)), *[floods.own(world)] * 3])


def test_the_history_tells_what_was_spent_and_when(home, world):
    (spent,) = as_json(home, "wallet", "history")["spent_accounts"]
    assert spent["balances"]["USDC"] == "9000000" and spent["spent_height"] == 2
    assert "9 USDC" in zksettle(home, "wallet", "history").out
    assert as_json(home, "wallet", "new", "other")["wallet"] == "other"
    assert zksettle(home, "wallet", "history", "other").out == "Wallet other has spent no account.\n"


def test_small_accounts_are_totalled_and_empty_ones_counted_and_a_rescan_finds_them_again(home, flooded, monkeypatch):
    assert "9 new leaves: `zksettle wallet sync` tries them" in zksettle(home, "wallet", "show").out
    with monkeypatch.context() as patch:
        patch.setattr(keeping, "KEEP", 3)
        synced = zksettle(home, "wallet", "sync")
    assert "received 9, spent 0" in synced.out
    for text in ("total  4.000011 USDC", "4 small accounts, together 0.00001 USDC", "3 accounts"):
        assert text in synced.out and text in zksettle(home, "wallet", "show").out, text
    with desk.open(home, "main", PASSPHRASE) as main:
        assert main.balances() == {"USDC": "4.000021"}
    shown = as_json(home, "wallet", "show")
    assert shown["small_accounts"]["count"] == 4 and shown["small_accounts"]["balances"]["USDC"] == "10"
    assert shown["empty_accounts"] == 3 and len(shown["accounts"]) == 3
    rescanned = as_json(home, "wallet", "sync", "--rescan")
    assert rescanned["small_accounts"]["count"] == 0 and rescanned["empty_accounts"] == 3
    assert rescanned["balances"]["USDC"] == "4000021" and len(rescanned["accounts"]) == 7
    assert len(as_json(home, "wallet", "history")["spent_accounts"]) == 1
    refused(zksettle(home, "wallet", "sync", "--rescan", "--accept-older-ledger"), 2, "leave --rescan out")


def test_of_very_many_accounts_the_newest_are_shown(home, flooded, monkeypatch):
    assert zksettle(home, "wallet", "sync").code == 0
    monkeypatch.setattr(accounts_run, "ROWS", 2)
    assert "These are the newest 2 of 7 accounts; --json shows all." in zksettle(home, "wallet", "show").out
