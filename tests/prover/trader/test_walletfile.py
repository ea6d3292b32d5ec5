"""The wallet file: it comes back as it went in, it is whole or absent, and whatever is wrong is said in a sentence."""

import json
import os
import stat
import subprocess
import sys
from dataclasses import replace

import pytest

from prover.machine import files
from prover.machine.home import Home
from prover.trader import archive, walletfile, walletformat, wallets
from tests.prover.trader.conftest import OLD, PASSPHRASE
from zk.errors import FormatError

COST_OF_A_RELEASE = dict(walletfile.COST)  # before any fixture makes it cheap

pytestmark = pytest.mark.usefixtures("cheap")


def test_a_wallet_comes_back_as_it_went_in(path, held):
    with walletfile.open(path, PASSPHRASE) as opened:
        assert opened.wallet == held


def test_a_saved_change_is_there_the_next_time(path, held):
    with walletfile.open(path, PASSPHRASE) as opened:
        opened.save(replace(held, scanned=99))
        assert opened.wallet.scanned == 99
    with walletfile.open(path, PASSPHRASE) as opened:
        assert opened.wallet == replace(held, scanned=99)


def test_two_spellings_of_one_passphrase_are_one(tmp_path, held):
    path = tmp_path / "bob.json"
    with walletfile.create(path, "caf\u00e9", held):
        pass
    with walletfile.open(path, "cafe\u0301") as opened:
        assert opened.wallet == held


def test_the_file_is_its_users_only_and_shows_nothing(path, held):
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    text = path.read_text()
    for word in held.phrase.split():
        assert f" {word} " not in text
    assert "owner" not in text


def test_a_nonce_is_never_used_twice(path, held):
    seen = set()
    with walletfile.open(path, PASSPHRASE) as opened:
        for _ in range(5):
            opened.save(held)
            seen.add(json.loads(path.read_text())["nonce"])
    assert len(seen) == 5


def test_a_wallet_is_never_made_over_another(path, held):
    with pytest.raises(FileExistsError, match="alice already"), walletfile.create(path, "other", held):
        pass


def test_the_wrong_passphrase_is_called_that(path):
    with pytest.raises(walletfile.WrongPassphrase, match="the passphrase of wallet alice is wrong"):
        with walletfile.open(path, "battery"):
            pass


def test_a_missing_file_is_called_that(tmp_path):
    with pytest.raises(FormatError, match="no wallet named nobody"), walletfile.open(tmp_path / "nobody.json", "x"):
        pass


def test_a_crash_in_the_middle_of_writing_leaves_the_old_file(path, held, monkeypatch):
    before = path.read_bytes()
    with walletfile.open(path, PASSPHRASE) as opened:
        monkeypatch.setattr(files.os, "replace", lambda *_: (_ for _ in ()).throw(OSError("the disk is full")))
        with pytest.raises(OSError):
            opened.save(replace(held, scanned=99))
        assert opened.wallet == held
    assert path.read_bytes() == before
    assert [item.name for item in path.parent.iterdir() if ".alice" in item.name] == []


def test_one_process_at_a_time(path):
    script = (
        "import sys, pathlib\n"
        "from prover.machine import files\nfrom prover.trader import walletfile\n"
        "try:\n"
        "    with walletfile.open(pathlib.Path(sys.argv[1]), sys.argv[2]): print('open')\n"
        "except files.Busy as busy: print(busy)\n"
    )
    arguments = [sys.executable, "-c", script, str(path), PASSPHRASE]
    with walletfile.open(path, PASSPHRASE):
        said = subprocess.run(arguments, capture_output=True, text=True).stdout
        assert said == "the wallet alice is in use by another process\n"
    assert subprocess.run(arguments, capture_output=True, text=True).stdout == "open\n"


def test_secrets_do_not_show_themselves(path, held):
    with walletfile.open(path, PASSPHRASE) as opened:
        assert repr(opened) == "WalletFile"
    assert repr(held) == "Wallet"
    assert repr(held.live[0]) == "Holding"
    assert repr(held.orders[0]) == "OwnOrder"
    assert repr(held.orders[0].terms) == "Terms"


def test_what_every_wallet_saw_last_is_read_without_a_passphrase(tmp_path, held):
    """A wallet of an earlier version is of another pool, a new one saw nothing, a file of another name is no wallet."""
    home = Home(tmp_path)
    assert walletfile.last_seen(home) == []
    for name, content in (("alice", held), ("bob", replace(held, seen_height=5)), ("new", wallets.new())):
        with walletfile.create(home.wallet(name), PASSPHRASE, content):
            pass
    for version, path in OLD.items():
        home.wallet(f"old-{version}").write_bytes(path.read_bytes())
    (home.wallets / "Copy of alice.json").write_text("{}")
    names = [(name, held.ledger_id, height, held.seen) for name, height in (("alice", 4), ("bob", 5))]
    assert walletfile.last_seen(home) == [walletfile.LastSeen(*seen) for seen in names]


def test_an_unreadable_wallet_is_named_when_what_it_saw_is_asked_for(tmp_path):
    files.make_folder(tmp_path / "wallets")
    (tmp_path / "wallets" / "alice.json").write_text("{}")
    with pytest.raises(FormatError, match="alice.json is not a wallet file"):
        walletfile.last_seen(Home(tmp_path))


def test_a_wallet_that_could_not_be_read_again_is_not_saved(path, held, monkeypatch):
    before = path.read_bytes()
    with walletfile.open(path, PASSPHRASE) as opened:
        monkeypatch.setattr(walletformat, "MAX_FILE_BYTES", len(before) + 1000)
        many = replace(held, orders=held.orders * 10)
        with pytest.raises(FormatError, match="wallet alice is not saved, for it could not be read again.*the limit"):
            opened.save(many, held.live)
        assert opened.wallet == held
    assert path.read_bytes() == before and not archive.beside(path).exists()


def test_evidence_is_kept_under_a_name_of_its_own(path, held):
    with walletfile.open(path, PASSPHRASE) as opened:
        assert not archive.beside(path).exists()
        opened.save(held, held.live)
        assert archive.beside(path).exists()
        before = path.read_bytes()
        first, second = opened.keep_evidence(), opened.keep_evidence()
    assert (first.name, second.name) == ("alice.json.seen-4", "alice.json.seen-4-2")
    assert path.read_bytes() == first.read_bytes() == second.read_bytes() == before
    assert (tmp := path.parent / "alice.json.seen-4.archive").exists() and stat.S_IMODE(tmp.stat().st_mode) == 0o600
    assert not archive.beside(path).exists()


def test_the_passphrase_is_stretched_as_expensively_as_rfc_9106_asks():
    """RFC 9106, section 4: the second recommended option, t = 3, p = 4 and 64 MiB."""
    assert COST_OF_A_RELEASE == {"iterations": 3, "lanes": 4, "memory_kib": 64 * 1024}


def test_a_passphrase_for_a_new_wallet_has_eight_characters():
    walletfile.check_passphrase("12345678")
    with pytest.raises(FormatError, match="fewer than 8 characters: choose a longer one"):
        walletfile.check_passphrase("1234567")
