"""The wallet file: it comes back as it went in, it is whole or absent, and whatever is wrong is said in a sentence."""

import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from prover.machine import files
from prover.trader import walletfile
from zk.errors import FormatError

PASSPHRASE = "correct horse"
COST_OF_A_RELEASE = dict(walletfile.COST)  # before any fixture makes it cheap


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    """A passphrase that is stretched in a millisecond."""
    monkeypatch.setattr(walletfile, "COST", {"iterations": 1, "lanes": 1, "memory_kib": 64})


@pytest.fixture
def path(tmp_path, held):
    path = tmp_path / "alice.json"
    with walletfile.create(path, PASSPHRASE, held):
        return path


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


def edited(path, **changes):
    """The file with some fields changed, None for taken away."""
    content = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({name: value for name, value in content.items() if value is not None}))


KDF = {"name": "argon2id", "iterations": 1, "lanes": 1, "memory_kib": 64}


@pytest.mark.parametrize(
    "changes, why",
    [
        ({"version": 2}, "version 2; this program knows 1"),
        ({"version": None}, "version None"),
        ({"format": "other"}, "not a wallet file"),
        ({"version": True}, "version True"),
        ({"box": None}, "box is missing"),
        ({"more": 1}, "unknown field 'more'"),
        ({"kdf": {**KDF, "iterations": 17}}, "kdf.iterations is not an integer from 1 to 16"),
        ({"kdf": {**KDF, "iterations": 0}}, "kdf.iterations is not an integer from 1 to 16"),
        ({"kdf": {**KDF, "lanes": 17, "memory_kib": 1024}}, "kdf.lanes is not an integer from 1 to 16"),
        ({"kdf": {**KDF, "memory_kib": 2**31}}, "kdf.memory_kib is not an integer"),
        ({"kdf": {**KDF, "memory_kib": True}}, "kdf.memory_kib is not an integer"),
        ({"kdf": {**KDF, "lanes": 2, "memory_kib": 15}}, "kdf: memory_kib must be at least 8 for each lane"),
        ({"kdf": {**KDF, "name": "scrypt"}}, "kdf.name is not 'argon2id'"),
        ({"kdf": [1]}, "kdf is not an object"),
        ({"salt": "?"}, "salt is not base64"),
        ({"salt": "AAAA"}, "salt has 3 bytes instead of 16"),
        ({"check": "AAAA"}, "check has 3 bytes instead of 16"),
        ({"nonce": "AAAA"}, "nonce has 3 bytes instead of 12"),
        ({"nonce": 5}, "nonce is not base64"),
        ({"nonce": "AAAAAAAAAAAAAAAA"}, "damaged"),
        ({"box": "AAAA"}, "damaged"),
    ],
)
def test_a_damaged_file_says_what_is_wrong(path, changes, why):
    edited(path, **changes)
    with pytest.raises(FormatError, match=why), walletfile.open(path, PASSPHRASE):
        pass


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"{", b"[" * 100_000, b"null"])
def test_what_is_no_wallet_file_is_refused(path, content):
    """py_ecc raises the recursion limit for everybody, so that Python's own reader would overflow the stack."""
    import py_ecc  # noqa: F401

    path.write_bytes(content)
    with pytest.raises(FormatError), walletfile.open(path, PASSPHRASE):
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
    assert repr(held.holdings[0]) == "Holding"
    assert repr(held.orders[0]) == "OwnOrder"
    assert repr(held.orders[0].terms) == "Terms"


def test_a_file_that_an_earlier_release_wrote_still_opens(tmp_path, held):
    """tests/vectors/wallet_version_1.json, as zksettle wrote it at commit b19bd29."""
    path = tmp_path / "alice.json"
    path.write_bytes((Path(__file__).parents[2] / "vectors" / "wallet_version_1.json").read_bytes())
    phrase = "abandon " * 23 + "art"
    with walletfile.open(path, PASSPHRASE) as opened:
        assert opened.wallet == replace(held, phrase=phrase, seen="cd" * 32, seen_height=4)


def test_the_passphrase_is_stretched_as_expensively_as_rfc_9106_asks():
    """RFC 9106, section 4: the second recommended option, t = 3, p = 4 and 64 MiB."""
    assert COST_OF_A_RELEASE == {"iterations": 3, "lanes": 4, "memory_kib": 64 * 1024}


def test_a_passphrase_for_a_new_wallet_has_eight_characters():
    walletfile.check_passphrase("12345678")
    with pytest.raises(FormatError, match="fewer than 8 characters: choose a longer one"):
        walletfile.check_passphrase("1234567")


def test_the_smallest_cost_that_argon2id_allows_is_accepted(tmp_path, held, monkeypatch):
    monkeypatch.setattr(walletfile, "COST", {"iterations": 1, "lanes": 1, "memory_kib": 8})
    with walletfile.create(tmp_path / "bob.json", PASSPHRASE, held):
        pass
    with walletfile.open(tmp_path / "bob.json", PASSPHRASE) as opened:
        assert opened.wallet == held


def test_a_file_may_ask_for_a_gibibyte_and_no_more():
    assert walletfile.MAX_COST == {"iterations": 16, "lanes": 16, "memory_kib": 1024 * 1024}
