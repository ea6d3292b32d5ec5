"""Deposits and withdrawals between two homes: the custodian has no wallet, and the trader has no custodian's key."""

import json

import pytest

from prover.operator import ownkey
from prover.trader import walletfile
from tests.prover.cli.run import as_json, refused, zksettle


@pytest.fixture(scope="module")
def trader(home, tmp_path_factory):
    """The trader's home, on the pool of the custodian's."""
    assert zksettle(home, "pool", "new", "--insecure-dev").code == 0
    own = tmp_path_factory.mktemp("trader")
    for name in ("pool", "keys"):
        (own / name).symlink_to(home / name, target_is_directory=True)
    assert zksettle(own, "wallet", "new", "main").code == 0
    assert not (home / "wallets").exists() and not (own / "custodian.json").exists()
    return own


def balance(trader) -> str:
    return as_json(trader, "wallet", "sync", "main")["balances"]["USDC"]


def test_a_deposit_and_a_withdrawal_go_from_hand_to_hand(home, trader, tmp_path):
    file, signed = tmp_path / "deposit", tmp_path / "signed"
    refused(zksettle(trader, "deposit", "100 USDC"), 1, "the custodian of USDC must sign this", "--request FILE")
    asked = as_json(trader, "deposit", "100 USDC", "--request", file, "--reference", "wire 7", "--party", "a bank")
    payment = {"asset": "USDC", "amount": "100000000", "account": "outside", "party": "a bank",
               "reference": "wire 7"}  # fmt: skip
    assert asked["payment"] == payment
    refused(zksettle(trader, "ledger", "submit", file), 1, "rejection 17 (ATTESTATION)")
    refused(zksettle(trader, "custodian", "sign", file, "--yes"), 3, "there is no custodian's key")

    refused(zksettle(home, "custodian", "sign", file), 2, '100 USDC in, from "a bank", reference "wire 7"', "add --yes")
    ran = as_json(home, "custodian", "sign", file, "-o", signed, "--yes")
    assert ran["complete"] and [{k: p[k] for k in payment} for p in ran["payments"]] == [payment]
    assert file.read_bytes() != signed.read_bytes()
    settled = as_json(trader, "ledger", "submit", signed)
    assert settled["bundle"] == asked["bundle"] and settled["repeated"] is False
    assert as_json(home, "ledger", "submit", signed) == {"bundle": asked["bundle"], "height": 1, "repeated": True}
    refused(zksettle(home, "custodian", "sign", file, "--yes"), 1, "settled at height 1 already")
    again = ("deposit", "100 USDC", "--request", tmp_path / "again", "--reference", "Wire 7")
    refused(zksettle(trader, *again), 1, "rejection 18 (REFERENCE_USED)", "the reference wire 7 has settled already")
    assert balance(trader) == "100000000"

    out = tmp_path / "withdrawal"
    assert zksettle(trader, "withdraw", "40 USDC", "--request", out, "--expires", "1h").code == 0
    shown = zksettle(home, "custodian", "sign", out, "--submit", "--yes")
    assert shown.code == 0 and '40 USDC out, to "bank", reference "' in shown.out
    assert "Settled at height 2." in shown.out
    assert balance(trader) == "60000000"

    status = as_json(home, "custodian", "status")
    amounts = {"reserve": "60000000", "paid_in": "100000000", "paid_out": "40000000"}
    assert status["assets"][0] == {"asset": "USDC", **amounts}
    assert [(p["height"], p["amount"]) for p in status["payments"]] == [(1, "100000000"), (2, "-40000000")]
    assert "60" in zksettle(home, "custodian", "status").out
    assert as_json(trader, "ledger", "audit")["reserves"]["USDC"] == "60000000"


def test_the_custodian_refuses_what_could_not_settle(home, trader, tmp_path):
    first, again = tmp_path / "first", tmp_path / "again"
    for file in (first, again):
        assert zksettle(trader, "deposit", "5 USDC", "--request", file, "--reference", "wire 8").code == 0
    assert zksettle(home, "custodian", "sign", first, "--yes").code == 0
    assert zksettle(home, "ledger", "submit", first).code == 0
    before = again.read_bytes()
    refused(zksettle(home, "custodian", "sign", again, "--yes"), 1, "rejection 18 (REFERENCE_USED)")
    assert again.read_bytes() == before, "the refused request is not signed"

    moved = tmp_path / "moved"
    assert zksettle(trader, "wallet", "sync", "main").code == 0
    position = as_json(trader, "wallet", "show", "main")["accounts"][-1]["position"]
    assert zksettle(trader, "withdraw", "1 USDC", "--request", moved, "--position", position).code == 0
    address = as_json(trader, "wallet", "address", "main")["address"]
    assert zksettle(trader, "pay", "1 USDC", "--to", address, "--position", position).code == 0
    refused(zksettle(home, "custodian", "sign", moved, "--yes"), 1, "rejection 10 (NULLIFIER_SPENT)")


def test_an_owner_of_the_key_signs_by_itself_and_says_so(home, trader):
    (home / "wallets").mkdir(exist_ok=True)
    assert zksettle(home, "wallet", "new", "own").code == 0
    ran = zksettle(home, "deposit", "3 ETH", "--wallet", "own", "--reference", "order 9")
    assert ran.code == 0 and "This machine is the custodian of ETH and attested it, reference order 9." in ran.out
    refused(zksettle(home, "deposit", "4 ETH", "--wallet", "own", "--reference", "order 9"), 1, "(REFERENCE_USED)")
    paid = as_json(home, "withdraw", "1 ETH", "--wallet", "own")
    assert [p["amount"] for p in paid["payments"]] == ["-1000000000"] and len(paid["payments"][0]["reference"]) == 32


@pytest.mark.parametrize("arguments, code, words", [
    (("deposit", "1 USDC", "--expires", "1h"), 2, "--expires is for --request"),
    (("deposit", "1 USDC", "--request", "{new}", "--once", "k"), 2, "--once is not for --request"),
    (("deposit", "1 USDC", "--request", "{new}", "--expires", "later"), 3, "is not a length of time"),
    (("deposit", "1 USDC", "--request", "{new}", "--reference", "x" * 65), 3, "the reference has 65 bytes"),
    (("deposit", "1 USDC", "--request", "{new}", "--reference", ""), 3, "the reference '' is not plain"),
    (("deposit", "1 USDC", "--request", "{new}", "--reference", "wire  7"), 3, "the reference 'wire  7' is not plain"),
    (("deposit", "1 USDC", "--request", "{new}", "--party", "\udcff"), 3, "external party is not valid text in UTF-8"),
    (("deposit", "1 USDC", "--request", "{there}"), 1, "there is a file at"),
    (("deposit", "1 USDC", "--request", "{new}/inside"), 3, "its folder is not there"),
    (("ledger", "submit", "{new}"), 3, "cannot be read"),
    (("ledger", "submit", "{there}"), 1, "rejection 2 (MALFORMED)"),
    (("custodian", "key"), 3, "make one with `zksettle custodian key --new`"),
])  # fmt: skip
def test_wrong_words_are_refused_in_a_sentence(trader, tmp_path, arguments, code, words):
    (tmp_path / "there").write_text("not a bundle")
    named = [word.format(new=tmp_path / "new", there=tmp_path / "there") for word in arguments]
    refused(zksettle(trader, *named), code, words)
    assert not (tmp_path / "new").exists()


def test_a_request_that_is_damaged_or_not_ours_is_not_signed(home, trader, tmp_path):
    file = tmp_path / "request"
    assert zksettle(trader, "deposit", "5 USDC", "--request", file).code == 0
    good = file.read_bytes()
    file.write_bytes(good[:-1])
    refused(zksettle(home, "custodian", "sign", file, "--yes"), 1, "rejection 2 (MALFORMED)")
    file.write_bytes(b"zkB1" + good[4:])
    refused(zksettle(home, "custodian", "sign", file, "--yes"), 1, "the old format zkB1, without references")
    file.write_bytes(good)
    other = tmp_path / "other"
    other.mkdir()
    (other / "pool").symlink_to(home / "pool", target_is_directory=True)
    assert len(as_json(other, "custodian", "key", "--new")["custodian"]) == ownkey.KEY_DIGITS
    refused(zksettle(other, "custodian", "sign", file, "--yes"), 1, "not the custodian's of USDC")
    assert "not a custodian's of this pool" in zksettle(other, "custodian", "status").out
    assert file.read_bytes() == good


def test_a_key_is_made_once_and_keeps_its_secret(tmp_path):
    made = zksettle(tmp_path, "custodian", "key", "--new")
    path = tmp_path / "custodian.json"
    assert made.code == 0 and path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    refused(zksettle(tmp_path, "custodian", "key", "--new"), 1, "there is a custodian's key in")
    assert path.read_bytes() == before
    assert zksettle(tmp_path, "custodian", "key").out.strip() in made.out
    assert json.loads(before)["secret"] not in made.out
    path.write_text('{"format": "zksettle-custodian", "version": 1, "secret": "0"}')
    refused(zksettle(tmp_path, "custodian", "key"), 3, "secret is out of range")


def test_a_pool_names_other_custodians_and_shows_them(home, tmp_path):
    (tmp_path / "keys").symlink_to(home / "keys", target_is_directory=True)
    bank = tmp_path / "bank"
    key = as_json(bank, "custodian", "key", "--new")["custodian"]
    for option, code, words in [
        (f"USDC={key[:-1]}", 3, "128 lower-case hexadecimal digits"),
        (f"USDC={key[:-1]}{(int(key[-1], 16) + 1) % 16:x}", 3, "not on Baby Jubjub"),
        (f"DOGE={key}", 3, "there is no asset DOGE"),
        (key, 2, "is not ASSET=KEY"),
    ]:
        refused(zksettle(tmp_path, "pool", "new", "--insecure-dev", "--custodian", option), code, words)
    twice = ("--custodian", f"usdc={key}", "--custodian", f"USDC={key}")
    refused(zksettle(tmp_path, "pool", "new", "--insecure-dev", *twice), 2, "USDC is named twice")
    assert not (tmp_path / "custodian.json").exists()

    made = as_json(tmp_path, "pool", "new", "--insecure-dev", "--custodian", f"usdc={key}", "--custodian", f"XAU={key}")
    own = as_json(tmp_path, "custodian", "key")["custodian"]
    keys = {asset["symbol"]: asset["custodian"] for asset in made["assets"]}
    assert {symbol for symbol, named in keys.items() if named == key} == {"USDC", "XAU"}
    others = {symbol: named for symbol, named in keys.items() if named not in (key, None)}
    assert set(others) == {"BTC", "ETH", "SOL", "TBILL"} and set(others.values()) == {own}
    shown = zksettle(tmp_path, "pool", "show").out
    assert "of USDC, XAU\n" in shown and "of BTC, ETH, SOL, TBILL (this machine)" in shown


def test_an_all_foreign_pool_needs_no_key_here(home, tmp_path):
    (tmp_path / "keys").symlink_to(home / "keys", target_is_directory=True)
    key = as_json(tmp_path / "bank", "custodian", "key", "--new")["custodian"]
    symbols = ("USDC", "BTC", "ETH", "SOL", "TBILL", "XAU")
    options = [word for symbol in symbols for word in ("--custodian", f"{symbol}={key}")]
    assert zksettle(tmp_path, "pool", "new", "--insecure-dev", *options).code == 0
    assert not (tmp_path / "custodian.json").exists()


def test_the_trader_may_be_away_while_its_request_settles(home, trader, tmp_path):
    """Nothing of the wallet is open or needed after the request is written."""
    file = tmp_path / "request"
    before = int(balance(trader))
    assert zksettle(trader, "deposit", "7 USDC", "--request", file).code == 0
    with walletfile.open(trader / "wallets" / "main.json", "correct horse battery staple"):
        assert zksettle(home, "custodian", "sign", file, "--yes").code == 0
        assert zksettle(home, "ledger", "submit", file).code == 0
    assert int(balance(trader)) == before + 7_000_000
