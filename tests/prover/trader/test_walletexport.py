"""A wallet under another passphrase, and in a file outside its home: nothing is lost, nothing is overwritten."""

import os

import pytest

from prover.trader import walletfile, walletformat, wallets
from prover.trader.walletfile import WrongPassphrase
from tests.prover import kills
from tests.prover.trader.conftest import PASSPHRASE
from zk.errors import FormatError

OTHER = "another passphrase"


pytestmark = pytest.mark.usefixtures("cheap")


@pytest.fixture
def path(tmp_path, held):
    with walletfile.create(tmp_path / "alice.json", PASSPHRASE, held):
        pass
    return tmp_path / "alice.json"


def content(path, passphrase):
    with walletfile.open(path, passphrase) as file:
        return file.wallet


def test_only_the_new_passphrase_opens_it_under_a_fresh_salt(path, held):
    before = walletformat.parse(path, path.read_bytes())
    with walletfile.open(path, PASSPHRASE) as file:
        file.change_passphrase(OTHER)
        file.save(file.wallet)  # goes on under the new one
    after = walletformat.parse(path, path.read_bytes())
    assert after.salt != before.salt and after.check != before.check
    assert content(path, OTHER) == held
    with pytest.raises(WrongPassphrase):
        content(path, PASSPHRASE)


def test_a_change_that_cannot_be_saved_leaves_the_old_passphrase(path, held, monkeypatch):
    with walletfile.open(path, PASSPHRASE) as file:
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
            with pytest.raises(OSError, match="No space left"):
                file.change_passphrase(OTHER)
        file.save(held)
    assert content(path, PASSPHRASE) == held


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the test forks")
def test_killed_at_any_step_one_of_the_two_passphrases_opens_all_of_it(path, held):
    def change() -> None:
        with walletfile.open(path, PASSPHRASE) as file:
            file.change_passphrase(OTHER)

    steps, lived, opened = 0, False, set()
    while not lived:
        data = path.read_bytes()
        lived = kills.lives(change, steps)
        for passphrase in (PASSPHRASE, OTHER):
            try:
                assert content(path, passphrase) == held
                opened.add(passphrase)
                break
            except WrongPassphrase:
                continue
        else:
            pytest.fail("neither opens it")
        path.write_bytes(data)
        steps += 1
    assert opened == {PASSPHRASE, OTHER} and steps > 10


def test_an_exported_wallet_is_read_back_and_comes_back(path, held, tmp_path):
    exported = tmp_path / "cold"
    walletfile.export(exported, OTHER, held)
    assert exported.stat().st_mode & 0o777 == 0o600
    assert walletfile.read_exported(exported, OTHER) == wallets.imported(held)
    assert walletfile.read_exported(path, PASSPHRASE) == wallets.imported(held), "a wallet's own file too"
    assert sorted(each.name for each in tmp_path.iterdir() if each.suffix != ".lock") == ["alice.json", "cold"]
    with pytest.raises(WrongPassphrase):
        walletfile.read_exported(exported, PASSPHRASE)
    with pytest.raises(FileExistsError, match="is there already: choose a new file"):
        walletfile.export(exported, OTHER, wallets.new())
    assert walletfile.read_exported(exported, OTHER) == wallets.imported(held)


def test_an_export_that_reads_back_differently_leaves_no_file(held, tmp_path, monkeypatch):
    seal = walletformat.seal
    monkeypatch.setattr(walletformat, "seal", lambda *given: (seal(*given)[0], seal(*given)[1][:-9]))
    with pytest.raises(FormatError):
        walletfile.export(tmp_path / "cold", OTHER, held)
    assert list(tmp_path.iterdir()) == []


def test_a_short_passphrase_is_refused(path, held, tmp_path):
    with walletfile.open(path, PASSPHRASE) as file, pytest.raises(FormatError, match="fewer than 8 characters"):
        file.change_passphrase("1234567")
    with pytest.raises(FormatError, match="fewer than 8 characters"):
        walletfile.export(tmp_path / "cold", "1234567", held)
    assert content(path, PASSPHRASE) == held and not (tmp_path / "cold").exists()


def test_a_damaged_export_is_refused(held, tmp_path):
    exported = tmp_path / "cold"
    walletfile.export(exported, OTHER, held)
    data = exported.read_bytes()
    for changed in (data[:-20], data.replace(b'"seen_height": ', b'"seen_height": 1'), b"{}", b""):
        assert changed != data
        exported.write_bytes(changed)
        with pytest.raises(FormatError):
            walletfile.read_exported(exported, OTHER)
