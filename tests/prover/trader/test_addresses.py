"""Addresses: one spelling each, and nothing else decodes."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.trader import addresses, keys
from zk.errors import FormatError
from zk.fields.prime import R

SEED = keys.derive("abandon " * 23 + "art")
HERS = addresses.encode(addresses.of(SEED, 0))


def spelled(body: bytes) -> str:
    """Any 64 bytes with a right checksum, by the module's documentation and not by its code."""
    data = body + hashlib.sha256(b"zksettle/address" + body).digest()[:4]
    number = int.from_bytes(data, "big") << 1
    letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    return "zks1" + "".join(letters[number >> shift & 31] for shift in range(540, -1, -5))


def test_an_address_reads_back():
    for index in range(3):
        hers = addresses.of(SEED, index)
        assert addresses.decode(addresses.encode(hers)) == hers


def test_an_address_is_written_as_its_module_says():
    hers = addresses.of(SEED, 0)
    assert HERS == spelled(hers.owner.to_bytes(32, "big") + hers.viewing)
    assert len(HERS) == addresses.TEXT_LENGTH


@given(st.integers(4, addresses.TEXT_LENGTH - 1), st.sampled_from("qpzry9x8gf2tvdw0s3jn54khce6mua7l"))
def test_no_mistaken_letter_passes(place, letter):
    mistaken = HERS[:place] + letter + HERS[place + 1 :]
    if mistaken != HERS:
        with pytest.raises(FormatError):
            addresses.decode(mistaken)


def test_the_spare_bit_of_the_last_letter_must_be_zero():
    letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    other = HERS[:-1] + letters[letters.index(HERS[-1]) ^ 1]
    with pytest.raises(FormatError, match="checksum"):
        addresses.decode(other)


@pytest.mark.parametrize(
    "text, why",
    [
        ("", "begin with zks1"),
        ("zks2" + HERS[4:], "begin with zks1"),
        (HERS.upper(), "begin with zks1"),
        ("zks1" + HERS[4:].upper(), "character"),
        (HERS[:-1], "characters instead of"),
        (HERS + "q", "characters instead of"),
        (HERS[:-1] + "b", "character that no address has"),
        (HERS[:-1] + "٣", "character that no address has"),
        (spelled(R.to_bytes(32, "big") + addresses.of(SEED, 0).viewing), "owner is not below"),
        (spelled((2**256 - 1).to_bytes(32, "big") + addresses.of(SEED, 0).viewing), "owner is not below"),
        (spelled(bytes(64)), "low order"),
        (spelled(bytes(32) + (1).to_bytes(32, "little")), "low order"),
    ],
)
def test_anything_else_is_refused_in_one_sentence(text, why):
    with pytest.raises(FormatError, match=why):
        addresses.decode(text)


def test_base32_is_the_standard_librarys_in_other_letters():
    assert len(base64.b32encode(bytes(68)).rstrip(b"=")) == addresses.TEXT_LENGTH - len(addresses.PREFIX)
