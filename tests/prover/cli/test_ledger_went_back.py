"""Yesterday's ledger file is put back: every command refuses and writes nothing until its user accepts it."""

import json
import os
import sqlite3

import pytest

from prover.machine.home import Home
from tests.prover.cli.run import refused, zksettle


def put_back(home: Home, yesterday) -> None:
    """Replaces the ledger by a copy.  The files beside it go too, as they do for whoever restores a backup."""
    for path in home.ledger.parent.glob(f"{home.ledger.name}*"):
        path.unlink()
    os.link(yesterday, home.ledger)


@pytest.fixture(scope="module")
def set_back(home, tmp_path_factory):
    """A home whose wallets main and other saw a withdrawal that its ledger no longer has."""
    for arguments in (
        ("pool", "new", "--insecure-dev"), ("wallet", "new", "main"), ("wallet", "new", "other"),
        ("deposit", "1000 USDC", "--wallet", "main"), ("deposit", "5 USDC", "--wallet", "other"),
    ):  # fmt: skip
        assert zksettle(home, *arguments).code == 0
    yesterday = tmp_path_factory.mktemp("backup") / "ledger.sqlite"
    with sqlite3.connect(yesterday) as copy, sqlite3.connect(Home(home).ledger) as original:
        original.backup(copy)
    assert zksettle(home, "withdraw", "400 USDC", "--wallet", "main").code == 0
    assert zksettle(home, "wallet", "sync", "other").code == 0
    checkpoints = Home(home).ledger.with_name(f"{Home(home).ledger.name}-checkpoints")
    (home / "checkpoints").write_bytes(checkpoints.read_bytes())
    put_back(Home(home), yesterday)
    return Home(home)


def test_the_file_alone_put_back_is_refused_with_the_way_on(set_back):
    """The checkpoints beside it name every event that has settled."""
    lines = set_back.ledger.with_name(f"{set_back.ledger.name}-checkpoints")
    before = content(set_back)
    lines.write_bytes(set_back.path.joinpath("checkpoints").read_bytes())
    ran = zksettle(set_back.path, "withdraw", "400 USDC")
    refused(ran, 1, "the settled event at height 3", "wallet sync NAME --accept-older-ledger")
    (wrong := set_back.path / "wrong").write_text("not the passphrase\n")
    for mistaken in (("nobody",), ("main", "--passphrase-file", wrong)):
        ran = zksettle(set_back.path, "wallet", "sync", *mistaken, "--accept-older-ledger")
        assert ran.code != 0 and lines.exists(), ran
    assert content(set_back) == before
    lines.unlink()


def content(home: Home) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in home.wallets.iterdir() if path.suffix != ".lock"}


@pytest.mark.parametrize(
    "command",
    ["withdraw 400 USDC", "deposit 1 USDC", "wallet show", "wallet sync", "ledger show", "order list", "pool show"],
)
def test_every_command_refuses_the_older_ledger_and_keeps_the_evidence(set_back, command):
    before = content(set_back)
    ran = zksettle(set_back.path, *command.split())
    refused(ran, 1, "the ledger lost event 3, which wallet main saw", "wallet sync main --accept-older-ledger")
    assert content(set_back) == before


def test_the_audit_of_an_older_ledger_names_the_wallet_that_saw_more(set_back):
    ran = zksettle(set_back.path, "ledger", "audit")
    assert ran.code == 1 and ran.out == "" and "the wallet main saw the event" in ran.err
    assert "at height 3, which this history lacks: events were lost" in ran.err


def test_a_wallet_that_accepts_the_older_ledger_keeps_what_it_knew_and_starts_over(set_back):
    before = content(set_back)["main.json"]
    ran = zksettle(set_back.path, "wallet", "sync", "main", "--accept-older-ledger", "--json")
    assert ran.code == 0, ran
    document = json.loads(ran.out)
    assert document["balances"]["USDC"] == "1000000000"
    after = content(set_back)
    assert after["main.json.seen-3"] == before and document["evidence"].endswith("main.json.seen-3")
    # The other wallet saw that event too, so its owner must accept as well.
    refused(zksettle(set_back.path, "wallet", "sync", "main"), 1, "which wallet other saw")
    ran = zksettle(set_back.path, "wallet", "sync", "other", "--accept-older-ledger")
    assert ran.code == 0 and "other.json.seen-3" in ran.out
    assert zksettle(set_back.path, "withdraw", "400 USDC", "--wallet", "main").code == 0
    nothing_lost = zksettle(set_back.path, "wallet", "sync", "main", "--accept-older-ledger", "--json")
    assert nothing_lost.code == 0 and json.loads(nothing_lost.out)["evidence"] is None
