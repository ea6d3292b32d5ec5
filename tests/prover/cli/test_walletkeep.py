"""Wallets under other passphrases and in other places, by commands only."""

import contextlib
import errno
import io
import re

import pytest

from prover.cli import main
from prover.cli.frame import passphrase
from prover.cli.trader import walletkeep
from prover.trader import wallets
from tests.prover.cli.conftest import PASSPHRASE
from tests.prover.cli.run import as_json, refused, zksettle

COLD = "a passphrase for the cellar"


@pytest.fixture(scope="module")
def world(home):
    """A pool, and two wallets of which alice holds 100 USDC; alice's address."""
    assert zksettle(home, "pool", "new", "--insecure-dev").code == 0
    made = {name: as_json(home, "wallet", "new", name)["address"] for name in ("alice", "bob")}
    for name in made:
        assert zksettle(home, "deposit", "100 USDC", "--wallet", name).code == 0
    return made


@pytest.fixture
def cold(monkeypatch):
    monkeypatch.setenv(passphrase.NEW_VARIABLE, COLD)


@pytest.fixture
def swapped(monkeypatch):
    """What exists has the cold passphrase, and what is made gets the usual one."""
    def swap():
        monkeypatch.setenv(passphrase.VARIABLE, COLD)
        monkeypatch.setenv(passphrase.NEW_VARIABLE, PASSPHRASE)

    return swap


def test_a_watch_only_wallet_sees_what_its_owner_does_and_moves_nothing(home, world, cold, swapped, tmp_path,
                                                                        monkeypatch):
    told = zksettle(home, "wallet", "watch-key", "alice", tmp_path / "view")
    assert told.code == 0 and "Who opens this file sees what the wallet has at the addresses 0 to 64" in told.out
    assert (tmp_path / "view").stat().st_mode & 0o777 == 0o600
    swapped()
    imported = as_json(home, "wallet", "import", "watch", tmp_path / "view")
    assert imported["watch_only"] is True and imported["address"] == world["alice"]
    monkeypatch.setenv(passphrase.VARIABLE, PASSPHRASE)
    assert as_json(home, "wallet", "sync", "watch")["balances"]["USDC"] == "100000000"

    placed = as_json(home, "order", "place", "--wallet", "bob", "--sell", "1 USDC", "--buy", "0.001 ETH", "--to",
                     world["alice"])  # fmt: skip
    assert as_json(home, "order", "show", placed["order"], "--wallet", "watch")["terms"] == placed["terms"]
    assert zksettle(home, "pay", "30 USDC", "--to", world["bob"], "--wallet", "alice").code == 0
    seen = as_json(home, "wallet", "sync", "watch")
    assert (seen["balances"]["USDC"], seen["spent"], seen["watch_only"]) == ("70000000", 1, True)
    shown = zksettle(home, "wallet", "show", "watch")
    assert shown.code == 0 and "it sees what its owner has at the addresses 0 to 64, and moves nothing" in shown.out
    assert zksettle(home, "wallet", "history", "watch").code == 0
    assert zksettle(home, "wallet", "address", "watch").out == world["alice"] + "\n"

    before = (home / "wallets" / "watch.json").read_bytes()
    for arguments in (("withdraw", "1 USDC"), ("deposit", "1 USDC"), ("pay", "1 USDC", "--to", world["bob"]),
                      ("order", "place", "--sell", "1 USDC", "--buy", "0.001 ETH", "--to", world["bob"]),
                      ("order", "take", placed["order"], "--yes"), ("order", "cancel", placed["order"])):  # fmt: skip
        refused(zksettle(home, *arguments, "--wallet", "watch"), 1, "the wallet is watch-only")
    refused(zksettle(home, "wallet", "phrase", "watch"), 1, "the wallet is watch-only")
    refused(zksettle(home, "wallet", "watch-key", "watch", tmp_path / "again"), 1, "the wallet is watch-only")
    assert (home / "wallets" / "watch.json").read_bytes() == before and not (tmp_path / "again").exists()
    assert as_json(home, "wallet", "sync", "alice")["balances"]["USDC"] == "70000000"


def test_an_exported_wallet_is_imported_and_withdraws(home, world, cold, swapped, tmp_path, monkeypatch):
    told = zksettle(home, "wallet", "export", "bob", tmp_path / "cold")
    assert told.code == 0 and "Who opens this file owns everything in the wallet." in told.out
    refused(zksettle(home, "wallet", "import", "bob2", tmp_path / "cold"), 1, "the passphrase of wallet cold is wrong")
    swapped()
    assert as_json(home, "wallet", "import", "bob2", tmp_path / "cold")["watch_only"] is False
    refused(zksettle(home, "wallet", "import", "alice", tmp_path / "cold"), 1, "there is a wallet named alice already")
    monkeypatch.setenv(passphrase.VARIABLE, PASSPHRASE)
    assert zksettle(home, "withdraw", "5 USDC", "--wallet", "bob2").code == 0
    assert as_json(home, "wallet", "sync", "bob")["balances"] == as_json(home, "wallet", "sync", "bob2")["balances"]


def test_a_changed_passphrase_is_the_only_one(home, world, cold, swapped, monkeypatch):
    assert zksettle(home, "wallet", "new", "carol").code == 0
    changed = zksettle(home, "wallet", "passphrase", "carol")
    assert changed.code == 0 and "exported files and other copies keep the passphrase" in changed.out
    refused(zksettle(home, "wallet", "address", "carol"), 1, "the passphrase of wallet carol is wrong")
    refused(zksettle(home, "wallet", "passphrase", "carol"), 1, "the passphrase of wallet carol is wrong")
    swapped()
    assert zksettle(home, "wallet", "address", "carol").code == 0
    monkeypatch.setenv(passphrase.NEW_VARIABLE, "short")
    refused(zksettle(home, "wallet", "passphrase", "carol"), 3, "fewer than 8 characters")


def test_the_new_passphrase_is_never_the_old_one_by_default(home, world, tmp_path, monkeypatch):
    monkeypatch.delenv(passphrase.NEW_VARIABLE, raising=False)
    for arguments in (("passphrase", "bob"), ("export", "bob", tmp_path / "cold"),
                      ("watch-key", "bob", tmp_path / "view")):  # fmt: skip
        refused(zksettle(home, "wallet", *arguments), 2, "there is no terminal to ask on", "--new-passphrase-file")
    (tmp_path / "new").write_text(COLD + "\n")
    told = zksettle(home, "wallet", "export", "bob", tmp_path / "cold", "--new-passphrase-file", tmp_path / "new")
    assert told.code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cold", "new"]


def test_nothing_is_overwritten_and_what_is_missing_is_named(home, world, cold, tmp_path):
    (tmp_path / "file").write_text("precious")
    for command in ("export", "watch-key"):
        refused(zksettle(home, "wallet", command, "bob", tmp_path / "file"), 1, "is there already: choose a new file")
        refused(zksettle(home, "wallet", command, "nobody", tmp_path / "x"), 3, "there is no wallet named nobody")
    assert (tmp_path / "file").read_text() == "precious"
    refused(zksettle(home, "wallet", "import", "dave", tmp_path / "none"), 3, "cannot be read")
    refused(zksettle(home, "wallet", "import", "dave", tmp_path / "file"), 3, "is not JSON")
    refused(zksettle(home, "wallet", "import", "../dave", tmp_path / "file"), 3, "a wallet's name must be")


def test_a_passphrase_in_another_encoding_is_refused_in_a_sentence(home, world, monkeypatch):
    monkeypatch.setenv(passphrase.VARIABLE, "gr\udcfcezi mitenand")  # a terminal in Latin-1 has ü as one byte
    refused(zksettle(home, "wallet", "address", "bob"), 3, "ZKSETTLE_PASSPHRASE is not valid text in UTF-8")
    refused(zksettle(home, "wallet", "new", "gus"), 3, "ZKSETTLE_PASSPHRASE is not valid text in UTF-8")


def test_the_stated_reserve_is_the_wallets():
    assert walletkeep.RESERVE == wallets.RESERVE


class Full(io.StringIO):
    """A standard output on a disk that is full."""

    def write(self, *_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_reader_who_is_gone_makes_no_failure_of_what_is_done(home, world):
    class Gone(io.StringIO):
        def write(self, *_: object) -> int:
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    err = io.StringIO()
    with contextlib.redirect_stdout(Gone()), contextlib.redirect_stderr(err):
        assert main.main(["wallet", "new", "frank", "--home", str(home)]) == 4
    assert "wallet frank is created, but then: standard output: Broken pipe. " in err.getvalue()
    assert "internal error" not in err.getvalue()


def test_what_is_done_is_not_told_as_failed_when_telling_it_fails(home, world, cold, tmp_path):
    for arguments, told in (
        (("wallet", "new", "erin"), "wallet erin is created, but then: .*wallet phrase erin. shows its seed phrase"),
        (("wallet", "export", "erin", tmp_path / "cold"), "wallet erin is in .*cold, but then: "),
        (("wallet", "watch-key", "erin", tmp_path / "view"), "the viewing key of wallet erin is in .*view, but then: "),
        (("home", "backup", tmp_path / "backup"), "the backup is in .*backup, but then: .*home check. tells"),
        (("home", "restore", tmp_path / "backup"), "the backup is restored in .*new, but then: "),
        (("wallet", "passphrase", "erin"), "the passphrase of wallet erin is changed, but then: "),
    ):
        where = tmp_path / "new" if "restore" in arguments else home
        err = io.StringIO()
        with contextlib.redirect_stdout(Full()), contextlib.redirect_stderr(err):
            assert main.main([*map(str, arguments), "--home", str(where)]) == 4
        assert re.search(told, err.getvalue()) and "No space left on device" in err.getvalue()
        assert err.getvalue().count("\n") == 1
