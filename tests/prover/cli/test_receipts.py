"""Receipts and viewing keys as a trader uses them, with commands only."""

import time

import pytest

from prover.machine import clock
from tests.prover.cli.run import as_json, refused, zksettle


@pytest.fixture(scope="module")
def world(home):
    """{"fingerprint": …, "to": the time after two deposits}."""
    assert zksettle(home, "pool", "new", "--insecure-dev").code == 0
    assert zksettle(home, "wallet", "new").code == 0
    for amount in ("4,000 USDC", "3 ETH"):
        assert zksettle(home, "deposit", amount).code == 0
    time.sleep(1)  # times on the command line are whole seconds, and end before what settles in theirs
    return {"to": clock.text(clock.now_ms()).removesuffix(" UTC")}


def test_a_receipt_is_made_with_and_without_the_opening_and_verified_by_a_stranger(home, world, tmp_path):
    plain, opened = tmp_path / "plain.json", tmp_path / "opened.json"
    made = as_json(home, "receipt", "make", "1", "-o", plain)
    assert made["openings"] == [] and plain.stat().st_mode & 0o077
    as_json(home, "receipt", "make", made["bundle"], "--wallet", "main", "-o", opened)
    assert not opened.stat().st_mode & 0o077
    stranger = tmp_path / "nowhere"
    found = as_json(stranger, "receipt", "verify", opened, "--fingerprint", made["ledger_id"])
    assert found["valid"] and found["openings"][0]["changes"]["USDC"] == "4000000000"
    assert "got 4,000 USDC (with 4,000 USDC in" in zksettle(home, "receipt", "verify", opened).out
    refused(zksettle(home, "receipt", "verify", plain, opened), 1, "opens no leg")
    refused(zksettle(home, "receipt", "verify", plain, opened, plain), 2, "name one receipt, or the two of a trade")
    refused(zksettle(home, "receipt", "make", "1", "--leg", "0", "-o", plain), 2, "say --wallet NAME")
    refused(zksettle(home, "receipt", "make", "1", "--wallet", "main", "--leg", "3", "-o", plain), 1, "leg 3 is not")


def test_a_net_receipt_of_a_day_is_made_and_verified(home, world, tmp_path):
    file, period = tmp_path / "net.json", ("--from", "2020-01-01", "--to", world["to"][:10] + " 23:59:59")
    made = as_json(home, "receipt", "net", *period, "--for", "the auditor", "-o", file)
    found = as_json(home, "receipt", "verify", file)
    assert found["valid"] and found["net"] == made["net"] and found["purpose"] == "the auditor"
    assert (found["net"]["USDC"], found["net"]["ETH"]) == ("4000000000", "3000000000")
    refused(zksettle(home, "receipt", "net", "--for", "x", "-o", file), 2, "name bundles, or a period")
    refused(zksettle(home, "receipt", "net", "1", *period, "--for", "x", "-o", file), 2, "name bundles, or a period")
    refused(zksettle(home, "receipt", "net", "1", "--for", "", "-o", file), 3, "one line")
    early = ("--from", "2020-01-01", "--to", "2020-01-02")
    refused(zksettle(home, "receipt", "net", *early, "--for", "x", "-o", file), 1, "no leg in them")


def test_a_viewing_key_is_given_listed_and_read(home, world, tmp_path):
    file, words = tmp_path / "view.json", ("viewing", "grant", "--from", "2020-01-01", "--for", "the auditor")
    made = as_json(home, *words, "--to", clock.text(clock.now_ms()).removesuffix(" UTC"), "-o", file)
    assert not file.stat().st_mode & 0o077
    assert as_json(home, "viewing", "list")["grants"] == [{key: made[key] for key in made if key != "file"}]
    seen = as_json(home, "viewing", "read", file)
    assert seen["valid"] and seen["whole"] and len(seen["states"]) == made["states"]
    assert "4,000 USDC" in zksettle(home, "viewing", "read", file).out
    refused(zksettle(home, *words, "--to", "2999-01-01", "-o", file), 3, "zksettle wallet watch-key")
    refused(zksettle(home, *words, "--to", "soon", "-o", file), 3, "is not a time")
    refused(zksettle(home, *words, "--to", "2020-02-01", "-o", file), 1, "held nothing in that period")
    file.write_text(file.read_text().replace("4000000000", "5000000000"))
    refused(zksettle(home, "viewing", "read", file), 1, "is not on the ledger")
