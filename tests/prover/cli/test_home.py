"""A home is backed up, checked, restored and used again, by commands only."""

import json

import pytest

from tests.prover.cli.run import as_json, refused, zksettle


@pytest.fixture(scope="module")
def backup(home, tmp_path_factory):
    """The backup of a home with a pool and a wallet that holds 100 USDC."""
    assert zksettle(home, "pool", "new", "--insecure-dev").code == 0
    assert zksettle(home, "wallet", "new", "alice").code == 0
    assert zksettle(home, "deposit", "100 USDC", "--wallet", "alice").code == 0
    made = tmp_path_factory.mktemp("backup") / "home.backup"
    ran = zksettle(home, "home", "backup", made)
    assert ran.code == 0 and "was read back and checked" in ran.out and "contains secrets" in ran.out
    assert made.stat().st_mode & 0o777 == 0o600
    return made


def test_what_was_deposited_is_withdrawn_from_the_restored_home(home, backup, tmp_path):
    restored = tmp_path / "restored"
    told = as_json(restored, "home", "restore", backup)
    assert told["home"] == str(restored) and told["wallets"] == ["alice"]
    assert told["ledger"]["id"] == as_json(home, "ledger", "show")["ledger_id"]
    assert as_json(restored, "wallet", "show", "alice")["balances"]["USDC"] == "100000000"
    assert zksettle(restored, "withdraw", "60 USDC", "--wallet", "alice").code == 0
    assert as_json(restored, "wallet", "sync", "alice")["balances"]["USDC"] == "40000000"
    assert zksettle(restored, "oracle", "publish").code == 0
    assert as_json(restored, "ledger", "audit")["sound"]
    assert as_json(home, "wallet", "show", "alice")["balances"]["USDC"] == "100000000"


def test_a_backup_is_checked_without_a_home(backup, tmp_path):
    told = as_json(tmp_path / "nowhere", "home", "check", backup)
    assert "pool/ledger.sqlite" in told["files"] and "home" not in told
    assert "The backup is complete and undamaged." in zksettle(tmp_path / "nowhere", "home", "check", backup).out
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_backup_is_one_sentence_and_restores_nothing(backup, tmp_path):
    data = bytearray(backup.read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "damaged").write_bytes(data)
    (tmp_path / "cut").write_bytes(data[: len(data) // 3])
    for name, words in (("damaged", "has another SHA-256"), ("cut", "is cut off in"), ("none", "cannot be read")):
        refused(zksettle(tmp_path / "home", "home", "check", tmp_path / name), 3, words)
        refused(zksettle(tmp_path / "home", "home", "restore", tmp_path / name), 3, words)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cut", "damaged"]


def test_nothing_is_overwritten(home, backup, tmp_path):
    refused(zksettle(home, "home", "backup", backup), 1, "is there already: a backup overwrites nothing")
    refused(zksettle(home, "home", "restore", backup), 1, "there is something in", "choose a new folder with --home")


def test_a_file_that_cannot_be_written_leaves_nothing(home, backup, tmp_path):
    refused(zksettle(home, "home", "backup", tmp_path / "no" / "folder"), 1, "No such file or directory")
    assert list(tmp_path.iterdir()) == [] and not list(home.glob(".*"))


def test_no_secret_is_printed(home, backup):
    secrets = json.loads((home / "pool" / "oracles.json").read_text())["secrets"]
    printed = zksettle(home, "home", "check", backup, "--json").out
    assert not any(secret in printed for secret in secrets)
