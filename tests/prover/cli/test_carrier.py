"""Carriers on the command line: an order goes over a relay, past the ledger's own board, to a taker who checks it."""

import json
from contextlib import nullcontext

import pytest

from prover import desk
from prover.carriers.nostrrelay import Relay
from prover.cli.frame import passphrase
from prover.dealer import status
from prover.machine import clock, home
from prover.trader import sessions, walletfile
from tests.prover.cli.conftest import PASSPHRASE
from tests.prover.cli.run import refused, zksettle

TERMS = ("--sell", "1 USDC", "--buy", "0.001 ETH")


@pytest.fixture(scope="module")
def founded(keystore, tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walletfile, "COST", {"iterations": 1, "lanes": 1, "memory_kib": 64})
        patch.setenv(passphrase.VARIABLE, PASSPHRASE)
        (folder / "keys").symlink_to(keystore.folder("leg").parent, target_is_directory=True)
        assert zksettle(folder, "pool", "new", "--insecure-dev").code == 0
        for name, text in (("maker", "100 USDC"), ("taker", "1 ETH")):
            desk.create(folder, name, PASSPHRASE).close()
            assert zksettle(folder, "deposit", text, "--wallet", name).code == 0
        yield folder


@pytest.fixture
def relay(founded, tmp_path):
    paths = home.find(founded)
    running = Relay("127.0.0.1", 0, tmp_path / "relay", lambda: sessions.open_ledger(paths), clock.now_ms)
    yield running
    running.close()


@pytest.fixture
def only(founded, relay):
    assert zksettle(founded, "carrier", "add", "nostr", relay.url).code == 0
    assert zksettle(founded, "carrier", "remove", "board").code == 0
    yield founded
    (founded / "carriers.json").unlink()


def document(ran):
    assert ran.code == 0, ran
    return json.loads(ran.out)


def test_an_order_goes_over_a_relay_is_listed_withdrawn_and_taken(only, relay):
    ordered = [
        document(zksettle(only, "order", "place", "--wallet", "maker", *TERMS, "--to", "everybody", "--yes", "--json"))
        for _ in range(2)
    ]
    for each in ordered:
        assert [(sent["state"], sent["carried"]) for sent in each["sent"]] == [
            ("carried", [{"carrier": f"nostr {relay.url}", "places": 1}])
        ]
    with sessions.open_ledger(home.find(only)) as ledger:
        assert ledger.orders.stored() == []
    path = only / "wallets" / "maker.json"
    with status.running(path), walletfile.open(path, PASSPHRASE):  # as a desk that runs has them
        sent = document(zksettle(only, "order", "sent", "--wallet", "maker", "--json"))["sent"]
        assert [(each["id"], each["state"]) for each in sent] == [(each["order"], "carried") for each in ordered]
        refused(zksettle(only, "order", "history", "--wallet", "maker"), 1, "in use by another process, its desk: `zk")
    listed = document(zksettle(only, "order", "list", "--json"))["orders"]
    assert {each["order"] for each in listed} == {each["order"] for each in ordered}
    first, second = (each["order"] for each in ordered)
    assert zksettle(only, "order", "withdraw", second, "--wallet", "maker").code == 0
    assert [each["order"] for each in document(zksettle(only, "order", "list", "--json"))["orders"]] == [first]
    shown = document(zksettle(only, "order", "show", first, "--json"))
    assert shown["terms"]
    taken = zksettle(only, "order", "take", first, "--wallet", "taker", "--sell", "0.001 ETH", "--buy", "1 USDC")
    assert taken.code == 0, taken
    assert document(zksettle(only, "order", "list", "--json"))["orders"] == []
    assert zksettle(only, "wallet", "sync", "maker").code == 0
    for lock in (status.running(path), nullcontext()):
        with lock:
            sent = document(zksettle(only, "order", "sent", "--wallet", "maker", "--json"))["sent"]
            states = {each["id"]: each["state"] for each in sent if each["kind"] == "order"}
            assert states == {first: "answered", second: "answered"}


def test_a_relay_that_is_away_is_told_of_and_gets_it_later(founded, relay):
    gone = "ws://127.0.0.1:9"
    for url in (relay.url, gone):
        assert zksettle(founded, "carrier", "add", "nostr", url).code == 0
    try:
        placed = zksettle(founded, "order", "place", "--wallet", "maker", *TERMS, "--to", "everybody", "--yes")
        assert placed.code == 0 and "carried at one place" in placed.out and "order sent" in placed.out + placed.err
        assert zksettle(founded, "carrier", "remove", "nostr", gone).code == 0
        assert document(zksettle(founded, "order", "sent", "--wallet", "maker", "--json"))["sent"][-1]["carried"]
    finally:
        (founded / "carriers.json").unlink()


def test_carriers_are_named_listed_and_removed(founded):
    try:
        added = document(
            zksettle(founded, "carrier", "add", "nostr", "wss://relay.example", "--proxy", "127.0.0.1:9050", "--json")
        )
        assert added["carriers"] == [
            {"kind": "board", "url": None, "proxy": None},
            {"kind": "nostr", "url": "wss://relay.example", "proxy": "127.0.0.1:9050"},
        ]
        assert "127.0.0.1:9050" in zksettle(founded, "carrier", "list").out
        assert document(zksettle(founded, "carrier", "remove", "board", "--json"))["carriers"] == added["carriers"][1:]
        refused(zksettle(founded, "carrier", "remove", "nostr", "wss://relay.example"), 1, "one carrier at least")
        refused(zksettle(founded, "carrier", "remove", "board"), 1, "does not use")
    finally:
        (founded / "carriers.json").unlink()


@pytest.mark.parametrize(
    "arguments, code, words",
    [
        (("add", "nostr", "http://relay.example"), 3, "URL of a relay"),
        (("add", "mailbox", "ws://relay.example"), 3, "URL of a service"),
        (("add", "nostr"), 2, "its URL"),
        (("add", "board", "http://x"), 2, "leave the URL out"),
        (("add", "nostr", "wss://relay.example", "--proxy", "nowhere"), 3, "SOCKS"),
        (("add", "mailbox", "http://x", "--proxy", "127.0.0.1:9050"), 3, "only relays"),
    ],
)
def test_a_carrier_that_is_none_is_refused(founded, arguments, code, words):
    refused(zksettle(founded, "carrier", *arguments), code, words)
    assert not (founded / "carriers.json").exists()


def test_a_list_of_carriers_that_is_malformed_is_said(founded):
    (founded / "carriers.json").write_text('{"format": "zksettle-carriers", "version": 2, "carriers": []}')
    try:
        refused(zksettle(founded, "order", "list"), 3, "carriers.json")
    finally:
        (founded / "carriers.json").unlink()


@pytest.mark.parametrize(
    "arguments, code, words",
    [
        (("--listen", "0.0.0.0:0"), 3, "--public"),
        (("--listen", "nowhere"), 3, "address with a port"),
        (("--peer", "ftp://x"), 3, "neither"),
        (("--metrics", "0.0.0.0:0"), 3, "--public"),
    ],
)
def test_a_relay_that_cannot_run_is_refused(founded, arguments, code, words):
    refused(zksettle(founded, "relay", "serve", *arguments), code, words)
