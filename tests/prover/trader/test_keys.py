"""Seed phrases and the keys that follow from them."""

import pytest
from cryptography.hazmat.primitives.asymmetric import x25519

from prover.trader import keys
from zk.curves import babyjubjub
from zk.errors import FormatError
from zk.fields.prime import R

ZERO_PHRASE = "abandon " * 23 + "art"
ZERO_SEED = (  # BIP-39 reference vector for 256 zero bits with an empty passphrase (bip39 test suite, iancoleman.io)
    "408b285c123836004f4b8842c89324c1f01382450c0d439af345ba7fc49acf70"
    "5489c6fc77dbd4e3dc1dd8cc6bc9f043db8ada1e243c4a0eafb290d399480840"
)
KNOWN_OWNER = 2276460397165343856015396193760005884236534366495996148970559283378386690286
KNOWN_VIEWING = "6995dc52a0c3dd43742604cce31468dcd692b9cb596c12e56ac034512801057b"


def test_a_new_phrase_has_24_words_and_reads_back():
    phrase = keys.new_phrase()
    assert len(phrase.split()) == 24
    assert keys.read_phrase(phrase) == phrase
    assert keys.new_phrase() != phrase


def test_the_seed_is_bip39s():
    assert keys.derive(ZERO_PHRASE.strip()).data.hex() == ZERO_SEED


def test_a_phrase_may_be_typed_with_capitals_and_spaces():
    assert keys.read_phrase("  " + ZERO_PHRASE.upper().replace(" ", "\n ")) == ZERO_PHRASE


@pytest.mark.parametrize(
    "text, why",
    [
        ("abandon " * 12, "12 words instead of 24"),
        ("", "0 words"),
        ("abandon " * 23 + "arrt", "word 24 of the seed phrase is not"),
        ("abandon " * 24, "checksum"),
        ("art " + "abandon " * 23, "checksum"),
    ],
)
def test_a_wrong_phrase_is_refused_without_repeating_a_word_of_it(text, why):
    with pytest.raises(FormatError, match=why) as refusal:
        keys.read_phrase(text)
    assert "abandon" not in str(refusal.value)
    assert "arrt" not in str(refusal.value)


def test_the_same_seed_gives_the_same_keys_and_every_index_others():
    seed, again = keys.derive(ZERO_PHRASE), keys.derive(ZERO_PHRASE)
    assert keys.account(seed, 3) == keys.account(again, 3)
    assert keys.viewing_key(seed).private_bytes_raw() == keys.viewing_key(again).private_bytes_raw()
    several = [keys.account(seed, index) for index in range(5)]
    for name in ("ask", "ak", "nk", "owner"):
        assert len({getattr(item, name) for item in several}) == 5


def test_the_keys_of_a_known_phrase_never_change():
    seed = keys.derive(ZERO_PHRASE)
    first = keys.account(seed, 0)
    assert first.owner == KNOWN_OWNER
    assert keys.viewing_key(seed).public_key().public_bytes_raw().hex() == KNOWN_VIEWING


def test_keys_lie_in_their_groups():
    seed = keys.derive(ZERO_PHRASE)
    for item in [keys.account(seed, index) for index in (0, 1, keys.MAX_INDEX - 1)] + [keys.throwaway()]:
        assert 1 <= item.ask < babyjubjub.ORDER
        assert 0 <= item.nk < R
        assert babyjubjub.point(*item.ak, "AK") == babyjubjub.multiply(item.ask, babyjubjub.BASE8)
    assert isinstance(keys.viewing_key(seed), x25519.X25519PrivateKey)


def test_an_index_out_of_range_is_our_own_bug():
    with pytest.raises(AssertionError):
        keys.account(keys.derive(ZERO_PHRASE), keys.MAX_INDEX)


def test_throwaway_keys_are_never_the_same():
    assert keys.throwaway() != keys.throwaway()
    assert keys.throwaway().index is None


def test_secrets_do_not_show_themselves():
    seed = keys.derive(ZERO_PHRASE)
    assert repr(seed) == str(seed) == "Seed"
    assert repr(keys.account(seed, 0)) == "AccountKeys"
