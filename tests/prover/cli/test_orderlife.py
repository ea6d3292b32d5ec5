"""Contacts and the life of orders by commands only: names, replacements, alternatives, history, stops."""

import pytest

from prover.trader import walletfile
from tests.prover.cli.conftest import PASSPHRASE
from tests.prover.cli.run import as_json, refused, zksettle


@pytest.fixture(scope="module")
def world(home):
    """A pool, alice who has 100 USDC, and bob, whose address this is."""
    assert zksettle(home, "pool", "new", "--insecure-dev").code == 0
    made = {name: as_json(home, "wallet", "new", name)["address"] for name in ("alice", "bob")}
    assert zksettle(home, "deposit", "100 USDC", "--wallet", "alice").code == 0
    return made["bob"]


def test_a_contact_is_compared_paid_and_traded_with_by_its_name(home, world, tmp_path):
    added = as_json(home, "contact", "add", "robert", world, "--wallet", "alice")
    own = as_json(home, "contact", "fingerprint", "--wallet", "bob")
    assert added["fingerprint"] == own["fingerprint"] and added["compared_ms"] is None
    assert zksettle(home, "contact", "fingerprint", "--wallet", "bob").out == own["fingerprint"] + "\n"
    paid = zksettle(home, "pay", "30 USDC", "--to", "Robert", "--wallet", "alice")
    assert paid.code == 0 and "Nobody has compared the address of robert yet: see `zksettle contact" in paid.out
    assert as_json(home, "wallet", "sync", "bob")["balances"]["USDC"] == "30000000"

    other = as_json(home, "contact", "fingerprint", "--number", "1", "--wallet", "bob")["fingerprint"]
    told = zksettle(home, "contact", "verify", "robert", *other.split(), "--wallet", "alice")
    refused(told, 1, "that is not the fingerprint of the address that robert has here")
    assert as_json(home, "contact", "show", "robert", "--wallet", "alice")["compared_ms"] is None
    compared = as_json(home, "contact", "verify", "robert", *own["fingerprint"].split(), "--wallet", "alice")
    assert compared["compared_ms"] > 0

    renamed = as_json(home, "contact", "rename", "robert", "bob", "--wallet", "alice")
    assert renamed == {**compared, "name": "bob"}
    terms = ("--sell", "1 USDC", "--buy", "0.001 ETH", "--to", "bob")
    placed = zksettle(home, "order", "place", *terms, "--wallet", "alice")
    assert placed.code == 0 and "Nobody has compared" not in placed.out
    assert len(as_json(home, "order", "list", "--wallet", "bob")["orders"]) == 1

    assert as_json(home, "contact", "list", "--wallet", "alice") == {"wallet": "alice", "contacts": [renamed]}
    assert as_json(home, "contact", "list", "--wallet", "bob")["contacts"] == []
    assert zksettle(home, "home", "backup", tmp_path / "backup").code == 0
    assert zksettle(tmp_path / "restored", "home", "restore", tmp_path / "backup").code == 0
    assert as_json(tmp_path / "restored", "contact", "list", "--wallet", "alice")["contacts"] == [renamed]

    assert zksettle(home, "contact", "remove", "bob", "--wallet", "alice").code == 0
    told = zksettle(home, "pay", "1 USDC", "--to", "bob", "--wallet", "alice")
    refused(told, 3, "this wallet has no contact named 'bob': `zksettle contact add NAME ADDRESS` adds one")


def test_what_no_contact_can_be_is_refused_before_anybody_is_asked_for_a_passphrase(home, world, monkeypatch):
    monkeypatch.delenv("ZKSETTLE_PASSPHRASE")
    for arguments, words in (
        (("contact", "add", "everybody", world), "'everybody' cannot be the name of a contact"),
        (("contact", "add", "carol", world[:-1]), "112 characters instead of 113"),
        (("contact", "rename", "bob", "b b"), "'b b' cannot be the name of a contact"),
        (("pay", "1 USDC", "--to", "b b"), "neither an address, which begins with zks1, nor the name of a contact"),
        (("order", "place", "--sell", "1 USDC", "--to", "a=b"), "neither an address"),
        (("rfq", "ask", "1 ETH", "--for", "USDC", "--to", "zks1bob"), "the address has 7 characters"),
    ):
        refused(zksettle(home, *arguments, "--wallet", "alice"), 3, words)


def test_a_home_without_a_pool_has_contacts_and_no_fingerprints(tmp_path, home, world):
    assert zksettle(tmp_path, "wallet", "new", "carol").code == 0
    assert as_json(tmp_path, "contact", "add", "bob", world, "--wallet", "carol")["fingerprint"] is None
    assert zksettle(tmp_path, "contact", "show", "bob", "--wallet", "carol").code == 0
    refused(zksettle(tmp_path, "contact", "verify", "bob", "q" * 20, "--wallet", "carol"), 3, "there is no pool in")
    refused(zksettle(tmp_path, "contact", "fingerprint", "--wallet", "carol"), 3, "there is no pool in")
    refused(zksettle(tmp_path, "contact", "list", "--wallet", "dave"), 3, "there is no wallet named dave")


def test_an_order_is_replaced_has_an_alternative_and_is_remembered(home, world):
    to = ("--to", world, "--wallet", "alice")
    for other in as_json(home, "order", "history", "--open", "--wallet", "alice")["orders"]:
        assert zksettle(home, "order", "cancel", other["order"], "--wallet", "alice").code == 0
    placed = as_json(home, "order", "place", "--sell", "2 USDC", "--buy", "1 ETH", "--until", "cancelled", *to)
    assert placed["open"]
    new = as_json(home, "order", "replace", placed["order"][:8], "--buy", "2 ETH", "--wallet", "alice")
    assert new["replaces"] == placed["order"] and new["old_until_ms"] is None and new["open"]
    newest = as_json(home, "order", "replace", new["order"], "--sell", "3 USDC", "--same-account", "--wallet", "alice")
    assert newest["old_until_ms"] > 0
    either = ("1 USDC for 1 ETH", "2 USDC for 1 ETH + 1 BTC")
    oco = ("order", "oco", *either, *to, "--once", "both")
    both = as_json(home, *oco)
    assert len(both["orders"]) == 2 and as_json(home, *oco) == {**both, "repeated": True}

    told = {each["order"]: each for each in as_json(home, "order", "history", "--wallet", "alice")["orders"]}
    assert (told[placed["order"]]["state"], told[placed["order"]]["replaced_by"]) == ("replaced", new["order"])
    assert told[placed["order"]]["until_cancelled"] and not told[new["order"]]["until_cancelled"]
    assert told[new["order"]]["state"] == "withdrawn" and told[newest["order"]]["state"] == "open"
    assert {told[each]["alternatives"] for each in both["orders"]} == {both["alternatives"]}
    assert told[newest["order"]]["terms"] == newest["terms"] and told[newest["order"]]["to"] == [world]
    shown = zksettle(home, "order", "history", "--open", "--wallet", "alice")
    assert shown.code == 0 and placed["order"][:16] not in shown.out and newest["order"][:16] in shown.out

    refused(zksettle(home, "order", "oco", "1 USDC", "2 USDC for 1 ETH", *to), 3, 'write "1 ETH for 3200 USDC"')
    refused(zksettle(home, "order", "place", "--sell", "1 USDC", "--until", "2001-01-01", *to), 3, "none is between")
    both_said = ("--until", "cancelled", "--expires", "1h")
    refused(zksettle(home, "order", "place", "--sell", "1 USDC", *both_said, *to), 2, "and not with both")
    refused(zksettle(home, "order", "replace", "ffff", "--wallet", "alice"), 3, "no order of this wallet begins with")


def test_a_stop_is_set_listed_and_removed_also_while_a_desk_has_the_wallet_open(home, world):
    to = ("--wallet", "alice")
    add = ("order", "stop", "add", "ETH", "--sell", "4 ETH", "--for", "USDC", "--limit", "2850", *to)
    refused(zksettle(home, *add, "--below", "2900"), 3, "no prices are published yet")
    assert zksettle(home, "oracle", "publish").code == 0
    with walletfile.open(home / "wallets" / "alice.json", PASSPHRASE):
        refused(zksettle(home, *add), 2, "say --above or --below")
        refused(zksettle(home, *add, "--below", "100000"), 3, "so the stop would act at once: trade instead")
        refused(zksettle(home, *add, "--below", "2900", "--to", "nobody"), 3, "no contact named 'nobody'")
        made = as_json(home, *add, "--below", "2900", "--to", world, "--until", "12h")
        assert (made["state"], made["to"], made["watched"], made["when"]) == ("waiting", [world], "ETH", "below")
        shown = zksettle(home, "order", "stop", "list", *to)
        assert "ETH ≤ 2,900: place an order to sell 4 ETH for 11,400 USDC or more" in shown.out
        assert as_json(home, "order", "stop", "list", *to)["stops"] == [made]
        refused(zksettle(home, "order", "stop", "remove", "zz", *to), 3, "no stop of this wallet begins with 'zz'")
        assert as_json(home, "order", "stop", "remove", made["stop"], *to) == made
    assert as_json(home, "order", "stop", "list", *to)["stops"] == []
