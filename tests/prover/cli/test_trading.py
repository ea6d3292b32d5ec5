"""The road from a pool to a settled order, walked with commands only."""

import json
import os

import pytest

from prover.cli.frame import passphrase
from prover.trader import walletfile
from tests.prover.cli.run import as_json, refused, zksettle


@pytest.fixture(scope="module")
def world(home):
    """A home with a pool, prices, and two wallets that have deposited; {name: address}."""
    assert zksettle(home, "pool", "new", "--insecure-dev").code == 0
    assert zksettle(home, "oracle", "publish").code == 0
    addresses = {name: as_json(home, "wallet", "new", name)["address"] for name in ("maker", "taker")}
    assert zksettle(home, "deposit", "4,000", "USDC", "--wallet", "maker", "--party", "a bank").code == 0
    assert zksettle(home, "deposit", "3 ETH", "--wallet", "taker").code == 0
    return addresses


def balance(home, name: str, symbol: str) -> int:
    return int(as_json(home, "wallet", "sync", name)["balances"][symbol])


def test_a_leveraged_order_is_placed_seen_taken_and_settled(home, world):
    placed = as_json(home, "order", "place", "--wallet", "maker", "--sell", "4000 USDC",
                     "--sell", "2000 dUSDC", "--buy", "2 ETH", "--to", world["taker"], "--expires", "30m",
                     "--yes")  # fmt: skip
    assert placed["terms"] == {
        "sell": {"USDC": "4000000000", "dUSDC": "2000000000"}, "buy": {"ETH": "2000000000"},
        "expiry_ms": placed["public"]["expiry_ms"]
    }  # fmt: skip
    assert placed["public"]["guard"] == 1 and placed["public"]["margin_epoch"] == 1

    listed = zksettle(home, "order", "list")
    assert placed["order"] in listed.out and "ETH" not in listed.out and "4,000" not in listed.out
    prefix = placed["order"][:6]
    assert as_json(home, "order", "show", prefix) == {
        "order": placed["order"], "everybody": False, "funds": {"asset": "USDC", "at_least": "100000000"},
        "public": placed["public"], "terms": None, "takable": True,
    }
    assert as_json(home, "order", "show", prefix, "--wallet", "taker")["terms"] == placed["terms"]

    refused(zksettle(home, "order", "take", prefix, "--wallet", "taker"), 3, "may begin with the same digits")
    terms = ("--sell", "2 ETH", "--buy", "4000 USDC", "--buy", "2000 dUSDC")
    receipt = as_json(home, "order", "take", placed["order"], "--wallet", "taker", *terms)
    assert len(receipt["positions"]) == 2
    assert balance(home, "maker", "dUSDC") == -2_000_000_000 and balance(home, "maker", "ETH") == 2_000_000_000
    assert balance(home, "taker", "USDC") == 4_000_000_000 and balance(home, "taker", "ETH") == 1_000_000_000
    refused(zksettle(home, "order", "take", placed["order"], "--wallet", "taker"), 1, "rejection 22 (ORDER_UNKNOWN)")
    refused(zksettle(home, "order", "show", prefix, "--wallet", "taker"), 3, "no order on the board begins with")


@pytest.mark.parametrize("shown", ["pool show", "ledger show", "wallet show maker", "wallet sync maker"])
def test_wherever_the_pool_is_shown_it_says_that_its_keys_are_for_development(home, world, shown):
    assert "development keys (--insecure-dev): made by one party, who could forge" in zksettle(home, *shown.split()).out
    document = as_json(home, *shown.split())
    assert (document["insecure_dev"], document["transcript"]) == (True, None)


def test_the_doctor_says_that_the_pool_is_for_development(home, world):
    found = {finding["what"]: finding for finding in as_json(home, "doctor")["findings"]}
    assert found["pool"]["state"] == "note" and "created with --insecure-dev" in found["pool"]["text"]


def test_a_payment_arrives_and_a_withdrawal_leaves(home, world):
    before = balance(home, "maker", "USDC"), balance(home, "taker", "USDC")
    assert zksettle(home, "pay", "250.5", "USDC", "--to", world["maker"], "--wallet", "taker").code == 0
    assert zksettle(home, "withdraw", "100 usdc", "--wallet", "taker", "--party", "a bank").code == 0
    assert balance(home, "maker", "USDC") == before[0] + 250_500_000
    assert balance(home, "taker", "USDC") == before[1] - 350_500_000
    shown = zksettle(home, "ledger", "show")
    assert "100 USDC out, to a bank" in shown.out and "250.5" not in shown.out


def test_an_order_is_cancelled_by_its_maker_only(home, world):
    placed = as_json(home, "order", "place", "--wallet", "taker", "--sell", "0.5 ETH", "--buy", "1,500 USDC",
                     "--to", world["maker"])  # fmt: skip
    refused(zksettle(home, "order", "cancel", placed["order"], "--wallet", "maker"), 1, "this wallet")
    assert placed["order"][:16] in zksettle(home, "wallet", "show", "taker").out
    cancelled = as_json(home, "order", "cancel", placed["order"][:8], "--wallet", "taker")
    assert cancelled["legs"] == 2 and cancelled["padding"]["dummy_legs"] == 1 and cancelled["padding"]["proved_us"] > 0
    assert "no order on the board" in zksettle(home, "order", "list").out


def test_an_order_is_withdrawn_by_its_maker_only_and_the_taker_is_told(home, world):
    placed = as_json(home, "order", "place", "--wallet", "taker", "--sell", "0.5 ETH", "--buy", "1,500 USDC",
                     "--to", "everybody", "--yes")["order"]  # fmt: skip
    refused(zksettle(home, "order", "withdraw", placed, "--wallet", "maker"), 1, "only its maker's wallet can withdraw")
    said = zksettle(home, "order", "withdraw", placed[:8], "--wallet", "taker")
    assert said.code == 0 and "is off the board" in said.out and "Whoever copied it can still settle it" in said.out
    assert "no order on the board" in zksettle(home, "order", "list").out
    for ask in (("show", placed[:8]), ("show", placed), ("take", placed, "--wallet", "maker")):
        refused(zksettle(home, "order", *ask), 1, "rejection 68 (ORDER_WITHDRAWN)")
    assert "withdrawn" in zksettle(home, "wallet", "show", "taker").out
    assert "is withdrawn. Whoever copied it" in zksettle(home, "wallet", "sync", "taker").out
    again = as_json(home, "order", "withdraw", placed, "--wallet", "taker")
    assert again["repeated"] and again["order"] == placed
    assert zksettle(home, "order", "cancel", placed, "--wallet", "taker").code == 0
    refused(zksettle(home, "order", "withdraw", placed, "--wallet", "taker"), 1, "no open order")


def test_whoever_voids_an_own_order_by_moving_its_account_is_told(home, world):
    placed = as_json(home, "order", "place", "--wallet", "taker", "--sell", "0.5 ETH", "--buy", "1,500 USDC",
                     "--to", world["maker"])  # fmt: skip
    paid = zksettle(home, "withdraw", "0.1 ETH", "--wallet", "taker")
    assert paid.code == 0 and f"Order {placed['order'][:16]} is void" in paid.out


def test_a_wallet_comes_back_from_its_phrase_which_is_shown_when_asked_for_only(home, world, tmp_path):
    made = as_json(home, "wallet", "new", "third")
    assert zksettle(home, "pay", "1 USDC", "--to", made["address"], "--wallet", "taker").code == 0
    (tmp_path / "phrase").write_text(made["seed_phrase"] + "\n")
    assert zksettle(home, "wallet", "restore", "fourth", "--phrase-file", tmp_path / "phrase").code == 0
    assert balance(home, "fourth", "USDC") == balance(home, "third", "USDC") == 1_000_000
    assert zksettle(home, "wallet", "address", "fourth").out == made["address"] + "\n"
    assert as_json(home, "wallet", "phrase", "fourth")["seed_phrase"] == made["seed_phrase"]
    for arguments in (("show", "third"), ("sync", "third"), ("address", "third", "--json")):
        printed = zksettle(home, "wallet", *arguments).out
        shown = set(printed.split()) & set(made["seed_phrase"].split())
        assert len(shown) < 6, "a few of the words are words like any other"


def test_prices_are_published_and_kept_and_a_jump_freezes_what_may_be_owed_until_they_are_covered(
    home, world, tmp_path
):
    """The insurance is silent here, so that after three epochs nothing could be owed."""
    jumped = as_json(home, "oracle", "publish", "--price", "ETH=9000")
    assert jumped["prices"]["ETH"] == "9000000000" and jumped["prices"]["BTC"] == "950000000000"
    assert jumped["coverage"] == "frozen"
    owing = ("order", "place", "--wallet", "maker", "--sell", "1 dUSDC", "--to", "everybody", "--yes")
    refused(zksettle(home, *owing), 1, "prices left what the last grid covers", "only cash and top-ups")
    assert zksettle(home, "deposit", "1 USDC", "--wallet", "taker").code == 0
    (tmp_path / "prices.json").write_text('{"BTC": "96,000"}')
    again = as_json(home, "oracle", "publish", "--prices", tmp_path / "prices.json")
    assert again["epoch"] == jumped["epoch"] + 1 and again["coverage"] != "frozen"
    assert again["prices"]["BTC"] == "960000000000" and again["prices"]["ETH"] == "9000000000"
    assert zksettle(home, *owing).code == 0
    (tmp_path / "prices.json").write_text('{"BTC": 96000}')
    refused(zksettle(home, "oracle", "publish", "--prices", tmp_path / "prices.json"), 3, "a price as a string")


def test_the_oracles_secrets_are_private_and_not_printed(home, world):
    path = home / "pool" / "oracles.json"
    assert path.stat().st_mode & 0o777 == 0o600
    secrets = json.loads(path.read_text())["secrets"]
    assert len(secrets) == 5
    printed = zksettle(home, "pool", "show", "--json").out
    assert not any(secret in printed for secret in secrets)


def test_the_audit_finds_everything_right(home, world):
    found = as_json(home, "ledger", "audit")
    assert found["sound"] and found["proofs"] >= found["legs"] == as_json(home, "ledger", "show")["size"]
    assert found["warnings"] == [] and found["expected"] == {}


def test_the_audit_finds_the_event_that_one_expects_and_fails_without_it(home, world):
    shown = as_json(home, "ledger", "show")
    first, newest = shown["events"][0]["digest"], shown["digest"]
    found = as_json(home, "ledger", "audit", "--expect", newest, "--expect", first)
    assert found["expected"] == {newest: shown["height"], first: shown["events"][0]["height"]}
    assert f"{newest} is at height {shown['height']}" in zksettle(home, "ledger", "audit", "--expect", newest).out
    unknown = "ab" * 32
    ran = zksettle(home, "ledger", "audit", "--expect", unknown)
    assert ran.code == 1 and ran.out == "" and f"--expect names the event {unknown}, which this history" in ran.err
    assert f"its newest is {newest} at height" in ran.err
    refused(zksettle(home, "ledger", "audit", "--expect", "ab" * 31), 2, "64 hexadecimal digits")
    refused(zksettle(home, "ledger", "audit", "--expect", "newest"), 2, "hexadecimal digits")


@pytest.mark.parametrize("arguments, code, words", [
    (("deposit", "1e3", "USDC"), 3, "not a number"),
    (("deposit", "0.0000001", "USDC"), 3, "too many decimals"),
    (("deposit", "0", "USDC"), 3, "out of range"),
    (("deposit", "5", "DOGE"), 3, "no asset DOGE"),
    (("deposit", "5 USDC 6 ETH"), 3, "not an amount"),
    (("deposit", "1", "USDC", "--party", "x" * 65), 3, "external party has 65 bytes"),
    (("deposit", "1", "USDC", "--position", "4000"), 1, "no live account at position 4000"),
    (("withdraw", "1000000", "USDC"), 1, "less than"),
    (("order", "place", "--to", "everybody", "--sell", "1 ETH", "--sell", "2 ETH"), 3, "named twice"),
    (("order", "place", "--to", "everybody", "--sell", "1 ETH", "--buy", "1 ETH"), 3, "both sells and buys ETH"),
    (("order", "place", "--to", "everybody", "--sell", "3000000 dUSDC", "--buy", "300 ETH"), 1,
     "the margin does not suffice"),
    (("order", "place", "--to", "everybody", "--sell", "900000 USDC", "--buy", "300 ETH"), 1,
     "what is held is never owed"),
    (("order", "show", "ffffffff"), 3, "no order on the board begins with"),
    (("order", "take", "f" * 64), 1, "rejection 22 (ORDER_UNKNOWN)"),
    (("order", "show", "xyz"), 3, "lower-case hexadecimal digits"),
    (("oracle", "publish", "--price", "ETH"), 2, "not ASSET=PRICE"),
    (("oracle", "publish", "--price", "ETH=-1"), 3, "not a number"),
    (("wallet", "new", "maker"), 1, "there is a wallet named maker already"),
    (("pool", "new", "--insecure-dev"), 3, "there is a pool in"),
])  # fmt: skip
def test_what_cannot_be_is_refused_in_a_sentence(home, world, arguments, code, words):
    trades = arguments[0] in ("deposit", "withdraw") or arguments[:2] in (("order", "place"), ("order", "take"))
    refused(zksettle(home, *arguments, *(["--wallet", "maker"] if trades else [])), code, words)


def test_a_wrong_passphrase_is_refused_and_a_missing_one_is_asked_for(home, world, tmp_path, monkeypatch):
    (tmp_path / "wrong").write_text("not the passphrase\n")
    refused(
        zksettle(home, "wallet", "show", "maker", "--passphrase-file", tmp_path / "wrong"), 1,
        "the passphrase of wallet maker is wrong",
    )
    (tmp_path / "short").write_text("short\n")
    refused(zksettle(home, "wallet", "new", "fifth", "--passphrase-file", tmp_path / "short"), 3, "fewer than 8")
    monkeypatch.delenv(passphrase.VARIABLE)
    refused(zksettle(home, "wallet", "show", "maker"), 2, "no terminal", passphrase.VARIABLE)


def test_a_wallet_in_use_is_left_alone(home, world):
    with walletfile.open(home / "wallets" / "maker.json", os.environ[passphrase.VARIABLE]):
        refused(zksettle(home, "wallet", "sync", "maker"), 1, "in use by another process")
