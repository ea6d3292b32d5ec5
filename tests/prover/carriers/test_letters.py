"""Letters: one reader opens them, nobody else learns anything, and each costs a stranger one exchange."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import x25519
from hypothesis import given
from hypothesis import strategies as st

from prover.carriers import letters
from prover.trader import bases, keys
from prover.trader.addresses import Address
from tests.reference import letters as reference
from zk import entropy
from zk.errors import FormatError
from zk.fields.prime import R

HERS, HIS = keys.ViewingKey(bytes(range(32)), ()), keys.ViewingKey(bytes(range(1, 33)), ())
READER = letters.Reader(HERS)


def address(owner, view=HERS):
    return Address(owner, bases.multiply(keys.viewing_key(view), owner))


TO, REPLY = address(5), address(7, HIS)


@given(st.binary(max_size=900), st.integers(0, 255), st.integers(0, 2**63 - 1), st.sampled_from([None, REPLY]))
def test_a_letter_opens_to_what_was_sealed(body, kind, expires_ms, reply):
    sealed = letters.seal(kind, body, TO, reply, expires_ms)
    opened = READER.open(sealed)
    assert opened == letters.Letter(kind, body, 5, reply, expires_ms, letters.identify(sealed))
    assert letters.open(HERS, sealed) == opened and letters.open(HIS, sealed) is None


@pytest.mark.parametrize("length", [0, 848, 849, 3920, 3921, 16208, 16209, letters.MAX_BODY_BYTES])
@pytest.mark.parametrize("reply", [None, REPLY])
def test_it_has_the_bytes_that_its_definition_says(monkeypatch, length, reply):
    monkeypatch.setattr(entropy, "token", lambda count: bytes(range(count)))
    there = None if reply is None else (reply.owner, reply.viewing)
    body = bytes(i % 251 for i in range(length))
    expected = reference.seal(bytes(range(16)), 5, bases.of(5), TO.viewing, 9, 77, there, body)
    assert letters.seal(9, body, TO, reply, 77) == expected
    assert READER.open(expected).body == body


def test_a_body_that_is_too_long_is_refused():
    with pytest.raises(FormatError, match="room for 65360 bytes"):
        letters.seal(1, bytes(letters.MAX_BODY_BYTES + 1), TO, None, 0)


def test_every_changed_byte_is_noticed():
    sealed = letters.seal(1, b"hers", TO, REPLY, 0)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 0x40
        assert READER.open(bytes(changed)) is None, place


@pytest.mark.parametrize("length", [0, 1, 1023, 1025, 2048, 65535, 65537, 1 << 20])
def test_another_length_is_no_letter(length):
    assert READER.open(bytes(length)) is None


def test_a_sealing_of_another_size_is_no_letter(monkeypatch):
    """Sizes between would tell the kinds of letters apart."""
    monkeypatch.setattr(reference, "SIZES", (2048,))
    assert READER.open(forged()) is None


def test_a_point_of_low_order_is_no_letter():
    assert READER.open(bytes(1024)) is None


def forged(**changes):
    """A letter whose plaintext somebody wrote himself who knows the address."""
    whole = dict(owner=5, base=bases.of(5), viewing=TO.viewing, kind=1, expires_ms=0, reply=None, body=b"")
    return reference.seal(bytes(16), **{**whole, **changes})


def test_a_letter_that_says_another_address_than_its_own_is_not_opened():
    """Whoever knows two addresses cannot find out so that they are one wallet's: E is on the base of one of them."""
    assert READER.open(forged()) is not None
    other = address(6)
    assert READER.open(forged(owner=6, base=bases.of(5), viewing=TO.viewing)) is None
    assert READER.open(forged(owner=6, base=bases.of(6), viewing=other.viewing)).to == 6


@pytest.mark.parametrize("reply", [(R, bytes([9]) * 32), (5, bytes(32)), (0, bytes(32))])
def test_a_reply_address_that_is_none_is_refused(reply):
    assert READER.open(forged(reply=(7, REPLY.viewing))).reply == REPLY
    assert READER.open(forged(reply=reply)) is None


def test_an_expiry_beyond_63_bits_is_refused():
    assert READER.open(forged(expires_ms=(1 << 63) - 1)) is not None
    assert READER.open(forged(expires_ms=1 << 63)) is None


def test_what_stands_behind_the_body_or_in_place_of_no_address_is_refused():
    """So a letter has no room for what a reader would not see."""
    sealed = letters.seal(1, b"hers", TO, None, 0)
    key = x25519.X25519PrivateKey.from_private_bytes(HERS.viewing)
    shared = key.exchange(x25519.X25519PublicKey.from_public_bytes(sealed[:32]))
    secret, nonce = letters._keys(shared, sealed[:32])
    box = letters.ChaCha20Poly1305(secret)
    plaintext = bytearray(box.decrypt(nonce, sealed[34:], None))
    for place in (len(plaintext) - 1, letters.HEAD_BYTES + 4, letters.HEAD_BYTES - 5, 16 + 32 + 1 + 8):
        changed = bytearray(plaintext)
        changed[place] ^= 1
        assert READER.open(sealed[:34] + box.encrypt(nonce, bytes(changed), None)) is None, place
    assert READER.open(sealed[:34] + box.encrypt(nonce, bytes(plaintext), None)) is not None


def test_letters_to_others_cost_one_exchange_each_and_no_decryption(monkeypatch):
    sealed = [letters.seal(1, b"his", address(i, HIS), None, 0) for i in range(50)]
    others = [each for each in sealed if not reference.is_to(HERS.viewing, each)]
    assert len(others) > 40  # a tag of another reader fits one time in 65,536
    exchanges = []

    class Counting:
        def exchange(self, peer):
            exchanges.append(peer)
            return keys.viewing_key(HERS).exchange(peer)

    reader = letters.Reader(HERS)
    reader._secret = Counting()
    monkeypatch.setattr(letters, "ChaCha20Poly1305", None)
    monkeypatch.setattr(letters, "HKDF", None)
    assert [reader.open(each) for each in others] == [None] * len(others)
    assert len(exchanges) == len(others)


def test_two_letters_of_the_same_have_nothing_in_common():
    first, second = (letters.seal(1, b"hers", TO, REPLY, 5) for _ in range(2))
    assert len(first) == len(second) == 1024
    assert not any(first[i : i + 8] in second for i in range(len(first) - 8))


def test_fresh_addresses_are_the_wallets_and_all_different():
    fresh = [letters.fresh_address(HERS) for _ in range(5)]
    assert len({each.owner for each in fresh} | {each.viewing for each in fresh}) == 10
    for each in fresh:
        opened = READER.open(letters.seal(3, b"x", each, replace(each), 0))
        assert opened.to == each.owner and opened.reply == each


def test_neither_a_letter_nor_a_reader_shows_what_is_in_it():
    assert repr(READER) == "Reader"
    assert repr(READER.open(letters.seal(1, b"hers", TO, None, 0))) == "Letter"
