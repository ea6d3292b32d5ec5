"""The bytes of a wallet file: whatever is wrong with them is said in a sentence, and of old ones the phrase is read."""

import json
import threading
import time

import pytest

from prover.trader import walletfile, walletformat
from tests.prover.trader.conftest import OLD, PASSPHRASE
from zk.errors import FormatError

pytestmark = pytest.mark.usefixtures("cheap")


def edited(path, **changes):
    """The file with some fields changed, None for taken away."""
    content = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({name: value for name, value in content.items() if value is not None}))


KDF = {"name": "argon2id", "iterations": 1, "lanes": 1, "memory_kib": 64}


@pytest.mark.parametrize(
    "changes, why",
    [
        ({"version": 4}, "version 4; this program knows 3"),
        ({"version": 0}, "version 0"),
        ({"version": 1}, "unknown field 'ledger_id'"),
        ({"version": 2}, "was written by an earlier version"),
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
        ({"seen_height": 5}, "damaged"),
        ({"seen": "ef" * 32}, "damaged"),
        ({"ledger_id": "ef" * 32}, "damaged"),
        ({"seen": "ef"}, "seen is not 64 lower-case"),
        ({"seen_height": -1}, "seen_height is not an integer"),
        ({"ledger_id": 5}, "ledger_id is not 64 lower-case"),
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


@pytest.mark.parametrize("version", OLD)
def test_of_a_wallet_that_an_earlier_version_wrote_the_phrase_is_left(tmp_path, version):
    """Its accounts had eight balances, which no pool of today has."""
    path = tmp_path / "alice.json"
    path.write_bytes(OLD[version].read_bytes())
    with pytest.raises(FormatError, match="written by an earlier version, .* `zksettle wallet phrase alice` shows"):
        with walletfile.open(path, PASSPHRASE):
            pass
    assert walletfile.phrase(path, PASSPHRASE) == "abandon " * 23 + "art"
    with pytest.raises(walletfile.WrongPassphrase):
        walletfile.phrase(path, "wrong horse")
    assert path.read_bytes() == OLD[version].read_bytes()


def test_of_a_wallet_of_today_the_phrase_is_read_too(path, held):
    assert walletfile.phrase(path, PASSPHRASE) == held.phrase


def test_the_smallest_cost_that_argon2id_allows_is_accepted(tmp_path, held, monkeypatch):
    monkeypatch.setattr(walletfile, "COST", {"iterations": 1, "lanes": 1, "memory_kib": 8})
    with walletfile.create(tmp_path / "bob.json", PASSPHRASE, held):
        pass
    with walletfile.open(tmp_path / "bob.json", PASSPHRASE) as opened:
        assert opened.wallet == held


def test_a_file_may_ask_for_a_gibibyte_and_no_more():
    assert walletformat.MAX_COST == {"iterations": 16, "lanes": 16, "memory_kib": 1024 * 1024}


def test_two_threads_stretch_a_passphrase_over_several_lanes_one_after_the_other(monkeypatch):
    threads, most = set(), []

    class Counted:
        def __init__(self, **_):
            pass

        def derive(self, key):
            threads.add(threading.get_ident())
            most.append(len(threads))
            time.sleep(0.01)  # another one would come meanwhile
            threads.discard(threading.get_ident())
            return bytes(walletformat.KEY_BYTES + walletformat.CHECK_BYTES)

    monkeypatch.setattr(walletformat, "Argon2id", Counted)
    work = [
        threading.Thread(target=walletformat.stretch, args=("x", bytes(16), walletformat.Kdf(**KDF))) for _ in range(4)
    ]  # fmt: skip
    for each in work:
        each.start()
    for each in work:
        each.join()
    assert most == [1, 1, 1, 1]
