"""Small accounts become one: the smallest first, without those that an order needs, and nothing is lost."""

import json

import pytest

from prover import desk
from tests.prover.cli.conftest import PASSPHRASE
from tests.prover.cli.run import refused, zksettle


@pytest.fixture(scope="module")
def world(home):
    """A home whose wallet main has accounts of 6, 1 and 2 USDC and 0.5 ETH."""
    assert zksettle(home, "pool", "new", "--insecure-dev").code == 0
    assert zksettle(home, "wallet", "new").code == 0
    with desk.open(home, "main", PASSPHRASE) as main:
        main.deposit("9 USDC")
        main.deposit("0.5 ETH")
        main.pay("1 USDC", main.address)
        main.pay("2 USDC", main.address)
    return home


def accounts(home) -> list[dict[str, str]]:
    """The amounts of each account that are not zero, the smallest account first."""
    shown = json.loads(zksettle(home, "wallet", "sync", "--json").out)
    held = [{symbol: n for symbol, n in each["balances"].items() if n != "0"} for each in shown["accounts"]]
    return sorted(held, key=lambda amounts: int(amounts["USDC"]))


def test_the_smallest_accounts_become_one_and_the_same_key_merges_once(world):
    mine = {"USDC": "6000000", "ETH": "500000000"}
    assert accounts(world) == [{"USDC": "1000000"}, {"USDC": "2000000"}, mine]
    ran = zksettle(world, "wallet", "merge", "--accounts", "2", "--once", "spring")
    assert ran.code == 0 and "Wallet main merged 2 accounts into one and has 2." in ran.out, ran
    assert accounts(world) == [{"USDC": "3000000"}, mine]
    assert "Nothing was done now" in zksettle(world, "wallet", "merge", "--accounts", "2", "--once", "spring").out
    assert accounts(world) == [{"USDC": "3000000"}, mine]
    assert json.loads(zksettle(world, "wallet", "show", "--json").out)["empty_accounts"] == 1


def test_an_account_that_an_order_needs_stays_apart(world):
    (small, mine) = json.loads(zksettle(world, "wallet", "show", "--json").out)["accounts"]
    placed = ["order", "place", "--sell", "1 USDC", "--buy", "1 SOL", "--to", "everybody", "--yes"]
    assert zksettle(world, *placed, "--position", str(small["position"])).code == 0
    before = accounts(world)
    refused(zksettle(world, "wallet", "merge"), 1, "fewer than two accounts that can be merged")
    assert accounts(world) == before


def test_all_accounts_become_one_with_everything_in_it(world):
    with desk.open(world, "main", PASSPHRASE) as main:
        main.cancel(main.session.wallet.orders[0].order_id)
        assert len(main.merge().bundle.legs) == 2
        assert main.balances() == {"USDC": "9", "ETH": "0.5"} and len(main.session.wallet.live) == 1
