"""Orders in lots, with commands only: divided, placed, listed, taken in parts, swept, cancelled."""

import json

import pytest

from tests.prover.cli.run import as_json, refused, zksettle


@pytest.fixture(scope="module")
def world(home):
    """A home with a maker, who has an order of 4 ETH in two lots, and a taker; the taker's address."""
    assert zksettle(home, "pool", "new", "--insecure-dev").code == 0
    addresses = {name: as_json(home, "wallet", "new", name)["address"] for name in ("maker", "taker")}
    assert zksettle(home, "deposit", "6 ETH", "--wallet", "maker").code == 0
    assert zksettle(home, "deposit", "20000 USDC", "--wallet", "taker").code == 0
    return addresses["taker"]


def place(home, to: str, *more: str):
    return zksettle(
        home, "order", "place", "--wallet", "maker", "--sell", "4 ETH", "--buy", "12000 USDC", "--to", to, *more
    )


def test_an_order_in_lots_is_placed_taken_in_part_swept_and_cancelled(home, world):
    placed = json.loads(place(home, world, "--minimum", "2 ETH", "--once", "mine", "--json").out)
    assert (placed["sells"], placed["buys"], len(placed["lots"])) == ("4 ETH", "12,000 USDC", 2)
    again = place(home, world, "--minimum", "2 ETH", "--once", "mine")
    assert again.code == 0 and "Nothing was done now" in again.out and placed["group"] in again.out
    everybody = zksettle(home, "order", "list").out
    assert all(lot in everybody for lot in placed["lots"]) and placed["group"] not in everybody
    assert "USDC" not in everybody

    (listed,) = as_json(home, "order", "list", "--wallet", "taker")["orders"]
    assert listed["group"] == placed["group"] and (listed["placed"], listed["sells"]) == (2, "4 ETH")
    assert "2 of 2  4 ETH" in zksettle(home, "order", "list", "--wallet", "taker").out
    assert "no order on the board" in zksettle(home, "order", "list", "--wallet", "maker").out, "its own"
    shown = zksettle(home, "order", "show", placed["lots"][0], "--wallet", "taker").out
    assert f"order {placed['group']}" in shown and "2 of 2" in shown

    first = placed["lots"][0]
    take = ("order", "take", first, "--wallet", "taker", "--amount", "3 ETH")
    refused(zksettle(home, *take, "--minimum", "2.5 ETH", "--yes"), 1, "less than the minimum of 2.5 ETH")
    refused(zksettle(home, "order", "take", first, "--wallet", "taker", "--minimum", "1 ETH"), 2, "with --amount")
    taken = zksettle(home, *take, "--sell", "6000 USDC", "--buy", "2 ETH")
    assert taken.code == 0 and "2 ETH in 1 lot; 1 ETH cannot be had." in taken.out, taken
    assert "1 of 2  2 ETH" in zksettle(home, "order", "list", "--wallet", "taker").out

    own = as_json(home, "wallet", "sync", "maker")["orders"]
    assert [order["group"] for order in own] == [placed["group"]]
    assert placed["group"] in zksettle(home, "wallet", "show", "maker").out
    sweep = ("order", "sweep", "--buy", "2 ETH", "--for", "USDC", "--wallet", "taker", "--limit")
    refused(zksettle(home, *sweep, "2999.99"), 1, "the board has nothing")
    cancelled = zksettle(home, "order", "cancel", placed["group"][:8], "--wallet", "maker")
    assert cancelled.code == 0 and "the accounts of its lots have moved" in cancelled.out, cancelled
    refused(zksettle(home, *sweep, "3000"), 1, "the board has nothing")
    refused(zksettle(home, "order", "cancel", placed["group"], "--wallet", "maker"), 1, "nothing is left of the set")


def test_a_sweep_takes_and_a_withdrawn_set_is_gone(home, world):
    ran = place(home, world, "--lots", "2", "--json")
    assert ran.code == 0, ran
    placed = json.loads(ran.out)
    done = as_json(home, "order", "withdraw", placed["group"], "--wallet", "maker")
    assert sorted(done["lots"]) == sorted(placed["lots"])
    assert as_json(home, "order", "list")["orders"] == []
    refused(zksettle(home, "order", "refresh", placed["group"], "--wallet", "maker"), 1, "needs no refreshing")
    swept = ("order", "sweep", "--sell", "6000 USDC", "--for", "ETH", "--limit", "0.0003", "--wallet", "taker")
    refused(zksettle(home, *swept), 1, "the board has nothing")
    placed = json.loads(place(home, world, "--lots", "2", "--json").out)
    replace = ("order", "replace", placed["group"], "--wallet", "maker", "--yes", "--buy")
    refused(zksettle(home, *replace, "11000 USDC", "--same-account"), 3, "leave out --same-account")
    replaced = as_json(home, *replace, "12000.5 USDC")
    assert (replaced["replaces"], replaced["buys"], len(replaced["lots"])) == (placed["group"], "12,000.5 USDC", 2)
    told = {each["order"]: each for each in as_json(home, "order", "history", "--wallet", "maker")["orders"]}
    assert {told[lot]["state"] for lot in placed["lots"]} == {"replaced"}
    assert told[placed["lots"][0]]["replaced_by"] == replaced["group"]
    again = ("order", "replace", replaced["group"][:8], "--wallet", "maker", "--yes", "--buy")
    shown = zksettle(home, *again, "12000 USDC")
    assert shown.code == 0 and f"2 lots is in place of {replaced['group']}" in shown.out, shown
    ran = zksettle(home, *swept)
    assert ran.code == 0 and "You give 6,000 USDC and receive 2 ETH." in ran.out, ran


def test_an_account_is_divided(home, world):
    ran = zksettle(home, "account", "split", "--part", "1 USDC", "--wallet", "taker")
    assert ran.code == 0 and "The account is divided into 2." in ran.out, ran
    for wrong in ((), ("--accounts", "2", "--part", "1 USDC")):
        refused(zksettle(home, "account", "split", "--wallet", "taker", *wrong), 2, "--accounts N")
    refused(zksettle(home, "account", "split", "--part", "90000 USDC", "--wallet", "taker"), 1, "which is less than")


def test_what_makes_no_sense_is_refused_before_anything_is_proved(home, world):
    refused(place(home, world, "--lots", "2", "--fee"), 2, "leave --lots out, or --fee")
    refused(place(home, world, "--lots", "2", "--minimum", "2.1 ETH"), 3, "at most 1 of them")
    refused(place(home, world, "--minimum", "2.1 ETH"), 3, "can only be taken whole")
    refused(place(home, world, "--minimum", "1 BTC"), 3, "what the order sells or buys")
    refused(zksettle(home, "order", "sweep", "--for", "USDC", "--limit", "1", "--wallet", "taker"), 2, "--buy")
    refused(zksettle(home, "order", "cancel", "0" * 31, "--wallet", "maker"), 3, "no order of this wallet begins")
