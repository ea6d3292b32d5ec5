"""`zksettle book …`: what two wallets traded, from each of them, from a restored one and from one that only watches."""

import csv
import io

import pytest

from tests.prover.cli.conftest import PASSPHRASE
from tests.prover.cli.run import as_json, refused, zksettle

USDC = 10**6


@pytest.fixture(scope="module")
def world(home, tmp_path_factory):
    """Alice sold 3 of her 4 ETH to bob, a contact of hers, for 9,000 USDC, and paid him 100; prices were published."""
    assert zksettle(home, "pool", "new", "--insecure-dev").code == 0
    made = {name: as_json(home, "wallet", "new", name) for name in ("alice", "bob")}
    assert zksettle(home, "contact", "add", "bobby", made["bob"]["address"], "--wallet", "alice").code == 0
    assert zksettle(home, "deposit", "4 ETH", "--wallet", "alice", "--party", '=HYPERLINK("x")').code == 0
    assert zksettle(home, "deposit", "20000 USDC", "--wallet", "bob").code == 0
    sold = ("--sell", "3 ETH", "--buy", "9000 USDC")
    order = as_json(home, "order", "place", "--wallet", "alice", *sold, "--to", "bobby")
    take = ("order", "take", order["order"], "--wallet", "bob", "--sell", "9000 USDC", "--buy", "3 ETH")
    assert zksettle(home, *take).code == 0
    assert zksettle(home, "pay", "100 USDC", "--to", made["bob"]["address"], "--wallet", "alice").code == 0
    phrase = tmp_path_factory.mktemp("phrase") / "phrase"
    phrase.write_text(made["alice"]["seed_phrase"])
    assert zksettle(home, "wallet", "restore", "again", "--phrase-file", phrase).code == 0
    key = phrase.with_name("key")
    secret = phrase.with_name("secret")
    secret.write_text(PASSPHRASE)
    assert zksettle(home, "wallet", "watch-key", "alice", key, "--new-passphrase-file", secret).code == 0
    assert zksettle(home, "wallet", "import", "watcher", key, "--new-passphrase-file", secret).code == 0
    return order["order"]


def test_a_trade_is_in_the_blotters_of_both(home, world):
    (sold,) = as_json(home, "book", "blotter", "--wallet", "alice")["trades"]
    (bought,) = as_json(home, "book", "blotter", "--wallet", "bob")["trades"]
    assert (sold["side"], bought["side"], sold["role"], bought["role"]) == ("sell", "buy", "maker", "taker")
    for each in (sold, bought):
        assert each["quantity"] == {"asset": "ETH", "amount": str(3 * 10**9)} and each["price"] == "3000"
        assert each["amount"] == {"asset": "USDC", "amount": str(9000 * USDC)}
    assert sold["from"] == f"own order {world[:16]}" and sold["with"] == "bobby"
    assert bought["from"] == f"order {world[:16]}" and bought["bundle"] == sold["bundle"]
    shown = zksettle(home, "book", "blotter", "--wallet", "alice").out
    assert "bobby" in shown and "9,000 USDC" in shown and "3,000" in shown


def test_without_prices_profit_is_refused_and_positions_leave_their_cost_out(home, world):
    refused(zksettle(home, "book", "pnl", "--wallet", "alice"), 1, "nobody has published a price", "4 ETH", "deposit")
    found = as_json(home, "book", "positions", "--wallet", "alice")
    assert {row["asset"]: row["quantity"]["amount"] for row in found["positions"] if row["account"] == "all"} == {
        "USDC": str(8900 * USDC), "ETH": str(10**9)
    }  # fmt: skip
    assert any("What it cost is left out" in note for note in found["notes"])


def test_the_books_of_a_restored_wallet_and_of_a_watcher_have_the_same_figures(home, world):
    exported = [as_json(home, "book", "export", "--wallet", name) for name in ("alice", "again", "watcher")]
    lines = [[{**line, "with": ""} for line in each["lines"]] for each in exported]
    assert lines[0] == lines[1] == lines[2]
    (again,) = as_json(home, "book", "blotter", "--wallet", "again")["trades"]
    assert again["from"] == f"own order or quote {world[:16]}" and again["with"] == ""


def test_the_journal_goes_from_the_opening_to_the_closing_balance(home, world, tmp_path):
    file = tmp_path / "alice.csv"
    assert zksettle(home, "book", "export", "--wallet", "alice", "--csv", file).code == 0
    rows = list(csv.DictReader(io.StringIO(file.read_bytes().decode(), newline="")))
    assert [row["what"] for row in rows if row["amount"]] == ["deposit", "trade", "trade", "paid"]
    assert {row["with"] for row in rows if row["what"] == "deposit"} == {"'=HYPERLINK(\"x\")"}
    for asset in ("USDC", "ETH"):
        moved = sum(float(row["amount"]) for row in rows if row["asset"] == asset and row["amount"])
        closing = [row["balance"] for row in rows if row["asset"] == asset and row["what"] == "closing balance"]
        assert closing == [f"{moved:g}"]
    refused(zksettle(home, "book", "export", "--wallet", "alice", "--csv", file), 3, "is there already")


def test_profit_and_loss_at_the_oracles_prices(home, world):
    assert zksettle(home, "oracle", "publish").code == 0
    found = as_json(home, "book", "pnl", "--wallet", "bob", "--method", "fifo")
    (eth,) = found["assets"]
    worth = int(eth["worth"]["amount"])
    assert int(eth["cost"]["amount"]) == 9000 * USDC and int(found["profit"]) == worth - 9000 * USDC
    assert int(found["worth_at_the_end"]) - int(found["worth_at_the_beginning"]) == (
        int(found["profit"]) + int(found["deposited_and_received_less_withdrawn_and_paid"])
    )
    later = as_json(home, "book", "pnl", "--wallet", "bob", "--from", "2100-01-01")
    assert later["profit"] == "0" and later["worth_at_the_beginning"] == later["worth_at_the_end"]
    shown = zksettle(home, "book", "pnl", "--wallet", "bob").out
    assert "costs by average" in shown and "of epoch 1" in shown


def test_a_period_ends_after_it_begins(home, world):
    refused(zksettle(home, "book", "fees", "--from", "2026-11-23", "--to", "2026-11-22"), 3, "ends before it begins")
    refused(zksettle(home, "book", "blotter", "--from", "yesterday"), 3, "not a time")
    assert "has paid no fee" in zksettle(home, "book", "fees", "--wallet", "alice").out
