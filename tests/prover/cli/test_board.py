"""The board on the command line: which orders show funds, and a pool that asks for them."""

import json

import pytest

from prover import desk
from prover.cli.frame import passphrase
from prover.trader import walletfile
from tests.prover.cli.conftest import PASSPHRASE
from tests.prover.cli.run import refused, zksettle


def founded(keystore, folder, *options: str):
    """A home with a pool, a wallet rich of 100 USDC and 1 ETH, and a wallet poor of a cent less."""
    (folder / "keys").symlink_to(keystore.folder("leg").parent, target_is_directory=True)
    assert zksettle(folder, "pool", "new", "--insecure-dev", *options).code == 0
    for name, texts in (("rich", ["100 USDC", "1 ETH"]), ("poor", ["99.99 USDC"])):
        desk.create(folder, name, PASSPHRASE).close()
        for text in texts:
            assert zksettle(folder, "deposit", text, "--wallet", name).code == 0
    return folder


@pytest.fixture(scope="module")
def cheap():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walletfile, "COST", {"iterations": 1, "lanes": 1, "memory_kib": 64})
        patch.setenv(passphrase.VARIABLE, PASSPHRASE)
        yield


@pytest.fixture(scope="module")
def home(cheap, keystore, tmp_path_factory):
    return founded(keystore, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def strict(cheap, keystore, tmp_path_factory):
    return founded(keystore, tmp_path_factory.mktemp("strict"), "--require-funds")


def place(home, name: str, *options: str):
    terms = ("--sell", "1 USDC", "--buy", "0.001 ETH", "--to", "everybody", "--yes")
    return zksettle(home, "order", "place", "--wallet", name, *terms, *options)


def test_an_order_shows_that_its_account_holds_what_the_board_asks_and_no_more(home):
    ran = place(home, "rich")
    assert "the account holds at least 100 USDC" in ran.out
    for name, options in (("poor", ()), ("rich", ("--no-funds",))):
        assert "none shown" in place(home, name, *options).out
    listed = zksettle(home, "order", "list").out.splitlines()
    assert "funds" in listed[0]
    assert ["100 USDC" in line for line in listed[1:]] == [True, False, False]
    documents = json.loads(zksettle(home, "order", "list", "--json").out)["orders"]
    assert [document["funds"] for document in documents] == [{"asset": "USDC", "at_least": "100000000"}, None, None]


def test_a_board_that_requires_funds_says_what_it_asks(strict):
    for name, options in (("poor", ()), ("rich", ("--no-funds",))):
        ran = place(strict, name, *options)
        refused(ran, 1, "takes only orders that are backed", "owes nothing and holds at least 100 USDC or 0.001 BTC or")
    assert place(strict, "rich").code == 0


def test_the_pool_says_what_its_board_asks(home, strict):
    shown = zksettle(strict, "pool", "show").out
    assert "takes only orders of accounts that show one of these" in shown and "100 USDC, 0.001 BTC, 0.03 ETH" in shown
    assert "when it is full, keeps orders of accounts that show" in zksettle(home, "pool", "show").out
    documents = [json.loads(zksettle(folder, "pool", "show", "--json").out) for folder in (home, strict)]
    assert [document["parameters"]["board"]["funds_required"] for document in documents] == [False, True]


def test_the_audit_counts_the_orders_and_checks_their_funds(home):
    assert json.loads(zksettle(home, "ledger", "audit", "--json").out)["sound"]
