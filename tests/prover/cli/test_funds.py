"""`zksettle funds`: a proof that one machine makes and another verifies, and what makes it refuse one."""

import json

import pytest

from tests.prover.cli.run import refused, zksettle

CONTEXT = ("--context", "Acme's loan of 3 May")


@pytest.fixture(scope="module")
def rich(home):
    """A home whose wallet main has 500 USDC in one account."""
    assert zksettle(home, "pool", "new", "--insecure-dev").code == 0
    assert zksettle(home, "wallet", "new", "main").code == 0
    assert zksettle(home, "deposit", "500 USDC").code == 0
    return home


def prove(home, file, *options):
    return zksettle(home, "funds", "prove", *CONTEXT, "-o", file, *options)


def test_a_proof_shows_the_thresholds_until_the_account_moves(rich, tmp_path):
    file = tmp_path / "PROOF.json"
    proved = json.loads(prove(rich, file, "--threshold", "300 USDC", "--json").out)
    assert (proved["at_least"], proved["shows_nullifier"]) == ({"USDC": "300000000"}, True)
    shown = json.loads(zksettle(rich, "funds", "verify", file, *CONTEXT, "--json").out)
    assert shown["valid"] and shown["at_least"] == proved["at_least"] and shown["tag"] == proved["tag"]
    assert shown["height"] == shown["newest_height"] == 1
    text = zksettle(rich, "funds", "verify", file, *CONTEXT).out
    assert "at least  300 USDC" in text and "not spent at height 1" in text
    refused(zksettle(rich, "funds", "verify", file, "--context", "another"), 1, "another context")

    document = json.loads(file.read_text())
    document["public"]["thresholds"][0] = "400000000"
    (forged := tmp_path / "forged.json").write_text(json.dumps(document))
    refused(zksettle(rich, "funds", "verify", forged, *CONTEXT), 1, "does not verify")

    assert zksettle(rich, "withdraw", "1 USDC").code == 0
    refused(zksettle(rich, "funds", "verify", file, *CONTEXT), 1, "was spent at height 2", "of height 1")


def test_what_cannot_be_proved_or_read_is_one_sentence(rich, tmp_path):
    file = tmp_path / "PROOF.json"
    refused(prove(rich, file, "--threshold", "501 USDC"), 1, "no account of the wallet holds 501 USDC")
    refused(prove(rich, file, "--threshold", "1 USDC", "--threshold", "2 USDC"), 3, "USDC is named twice")
    refused(prove(rich, file, "--threshold", "much"), 3, "is not an amount")
    refused(zksettle(rich, "funds", "verify", file, *CONTEXT), 3, "cannot be read")
    assert not file.exists()
    assert zksettle(rich, "funds", "prove", "--threshold", "1 USDC", "-o", file).code == 2
