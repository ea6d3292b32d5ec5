"""Contacts: which names and addresses a list takes, what it finds, and what a fingerprint tells apart."""

import base64
import hashlib
import json
from dataclasses import replace

import pytest

from prover.trader import addresses, beside, contacts, keys, wallets
from settlement.ids import LedgerId
from zk.errors import FormatError, Unsatisfied

LEDGER, OTHER = LedgerId(bytes(32)), LedgerId(bytes([1]) * 32)
BOB, CAROL = (addresses.encode(addresses.of(wallets.new().seed, number)) for number in (0, 1))
NOW = 1_000
KEPT = contacts.add((), "bob", BOB, NOW)


@pytest.fixture
def view() -> keys.View:
    return wallets.new().view


def test_what_was_written_is_read_by_the_same_wallet_alone_and_sorted_by_name(tmp_path, view):
    kept = contacts.add(KEPT, "Anna-Müller.2", CAROL, NOW + 1)
    contacts.write(tmp_path / "main.json", view, kept)
    assert contacts.read(tmp_path / "main.json", view) == (kept[1], kept[0])
    assert contacts.read(tmp_path / "other.json", view) == ()
    written = (tmp_path / "main.contacts").read_bytes()
    assert b"bob" not in written and BOB.encode() not in written
    with pytest.raises(FormatError, match=r"main\.contacts is damaged, or of another wallet"):
        contacts.read(tmp_path / "main.json", wallets.new().view)


@pytest.mark.parametrize("name", ["", "two words", "everybody", "Everybody", "zks1abc", "a=b", "-a", "x" * 33, "a\n",
                                  "u\u0308ber"])  # fmt: skip
def test_a_name_that_could_be_mistaken_is_refused(name):
    with pytest.raises(FormatError, match="cannot be the name of a contact"):
        contacts.add((), name, BOB, NOW)


def test_a_name_and_an_address_are_there_once():
    with pytest.raises(FormatError, match="there is a contact named bob already"):
        contacts.add(KEPT, "BOB", CAROL, NOW)
    with pytest.raises(FormatError, match="that address is bob's already"):
        contacts.add(KEPT, "robert", BOB, NOW)
    with pytest.raises(FormatError, match="a character is mistyped"):
        contacts.add(KEPT, "carol", CAROL[:-1] + ("q" if CAROL[-1] != "q" else "p"), NOW)


@pytest.mark.parametrize("second", [
    {"name": "BOB", "address": CAROL}, {"name": "robert", "address": BOB}, {"name": "everybody", "address": CAROL},
    {"name": "carol", "address": "zks1"},
])  # fmt: skip
def test_a_list_that_nobody_could_have_made_is_refused(tmp_path, view, second):
    record = {"format": "zksettle-contacts", "version": 1, "contacts": [
        {"name": "bob", "address": BOB, "added_ms": 0, "compared_ms": 0}, {**second, "added_ms": 0, "compared_ms": 0},
    ]}  # fmt: skip
    beside.write(tmp_path / "main.json", view, contacts.SUFFIX, json.dumps(record).encode())
    with pytest.raises(FormatError):
        contacts.read(tmp_path / "main.json", view)


def test_a_full_list_takes_no_more(monkeypatch):
    monkeypatch.setattr(contacts, "MAX_CONTACTS", 1)
    with pytest.raises(FormatError, match="the wallet has 1 contacts, and no more are kept"):
        contacts.add(KEPT, "carol", CAROL, NOW)


def test_a_text_is_an_address_or_a_name_and_what_is_neither_is_refused_in_a_sentence():
    kept = contacts.add(KEPT, "rob", CAROL, NOW)
    assert contacts.resolve(kept, CAROL) == contacts.resolve(kept, "Rob") == addresses.decode(CAROL)
    assert contacts.name_of(kept, CAROL) == "rob" and contacts.name_of((), CAROL) is None
    for text, why in (("dave", "no contact named 'dave': `zksettle contact add"), ("bobb", "did you mean bob?"),
                      ("zks1bob", "the address has 7 characters"), ("a b", "neither an address"),
                      (CAROL.upper(), "neither an address")):  # fmt: skip
        with pytest.raises(FormatError) as refused:
            contacts.resolve(kept, text)
        assert why in str(refused.value)


def test_a_renamed_contact_keeps_what_was_compared():
    compared = (replace(KEPT[0], compared_ms=7),)
    assert contacts.rename(compared, "bob", "Bob") == (replace(compared[0], name="Bob"),)
    assert contacts.remove(contacts.add(KEPT, "carol", CAROL, NOW), "BOB") == contacts.add((), "carol", CAROL, NOW)
    with pytest.raises(FormatError, match="there is a contact named carol already"):
        contacts.rename(contacts.add(KEPT, "carol", CAROL, NOW), "bob", "carol")


def test_a_fingerprint_is_the_first_100_bits_of_a_hash_of_the_pool_and_the_address():
    text = contacts.fingerprint(LEDGER, addresses.decode(BOB))
    assert [len(group) for group in text.split()] == [4] * 5
    letters = BOB[4:].translate(str.maketrans("qpzry9x8gf2tvdw0s3jn54khce6mua7l", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
    body = base64.b32decode(letters + "===")[:64]
    digest = base64.b32encode(hashlib.sha256(b"zksettle/fingerprint-of-address" + bytes(32) + body).digest()).decode()
    back = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "qpzry9x8gf2tvdw0s3jn54khce6mua7l")
    assert text.replace(" ", "") == digest.translate(back)[:20]
    assert len({text, contacts.fingerprint(OTHER, addresses.decode(BOB)),
                contacts.fingerprint(LEDGER, addresses.decode(CAROL))}) == 3  # fmt: skip


def test_only_the_right_fingerprint_marks_a_contact_as_compared():
    right = contacts.fingerprint(LEDGER, addresses.decode(BOB))
    wrong = contacts.fingerprint(OTHER, addresses.decode(BOB))
    for told in (right, right.upper(), right.replace(" ", "-"), right.replace(" ", "")):
        assert contacts.compare(KEPT, "Bob", told, LEDGER, 9) == (replace(KEPT[0], compared_ms=9),)
    with pytest.raises(Unsatisfied, match="not the fingerprint of the address that bob has here"):
        contacts.compare(KEPT, "bob", wrong, LEDGER, 9)
    for told in (right[:-1], right + "q", "b" * 20, ""):
        with pytest.raises(FormatError, match="5 groups of 4 letters"):
            contacts.compare(KEPT, "bob", told, LEDGER, 9)
