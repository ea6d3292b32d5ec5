"""The bytes of a wallet file: whatever is wrong with them is said in a sentence, and version 1 is still read."""

import json

import pytest

from prover.trader import archive, keys, walletfile, walletformat, wallets
from tests.prover.trader.conftest import PASSPHRASE, VERSION_1
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
        ({"version": 3}, "version 3; this program knows 1 and 2"),
        ({"version": 0}, "version 0"),
        ({"version": 1}, "unknown field 'ledger_id'"),
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


@pytest.fixture
def version_1(tmp_path):
    path = tmp_path / "alice.json"
    path.write_bytes(VERSION_1.read_bytes())
    return path


def of_version_1(held):
    """The wallet in that file: one account is live, another is spent."""
    phrase = "abandon " * 23 + "art"
    return wallets.Wallet(phrase, held.ledger_id, 4, "cd" * 32, 8, 2, live=held.live[:1], orders=held.orders)


def test_a_file_that_an_earlier_release_wrote_still_opens(version_1, held):
    with walletfile.open(version_1, PASSPHRASE) as opened:
        assert opened.wallet == of_version_1(held)


def test_it_becomes_version_2_when_it_is_saved_and_its_spent_accounts_go_to_the_archive(version_1, held):
    with walletfile.open(version_1, PASSPHRASE) as opened:
        opened.save(opened.wallet)
        opened.save(opened.wallet)
    assert json.loads(version_1.read_text())["version"] == 2
    with walletfile.open(version_1, PASSPHRASE) as opened:
        assert opened.wallet == of_version_1(held)
        key = keys.archive_key(keys.viewing_key(opened.wallet.seed))
        spent = wallets.Holding(held.live[0].account, 0, 3)
        assert list(archive.read(archive.beside(version_1), key)) == [spent]
    assert len(archive.beside(version_1).read_text().splitlines()) == 1


def test_the_smallest_cost_that_argon2id_allows_is_accepted(tmp_path, held, monkeypatch):
    monkeypatch.setattr(walletfile, "COST", {"iterations": 1, "lanes": 1, "memory_kib": 8})
    with walletfile.create(tmp_path / "bob.json", PASSPHRASE, held):
        pass
    with walletfile.open(tmp_path / "bob.json", PASSPHRASE) as opened:
        assert opened.wallet == held


def test_a_file_may_ask_for_a_gibibyte_and_no_more():
    assert walletformat.MAX_COST == {"iterations": 16, "lanes": 16, "memory_kib": 1024 * 1024}
