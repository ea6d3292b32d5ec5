"""Sealed data: only its reader opens it, only beside its commitment, and it shows nothing but its length."""

import pytest
from cryptography.hazmat.primitives.asymmetric import x25519
from hypothesis import given
from hypothesis import strategies as st

from prover.trader import sealing
from zk.fields.prime import R

HERS = x25519.X25519PrivateKey.from_private_bytes(bytes(range(32)))
VIEWING = HERS.public_key().public_bytes_raw()
OPENER = sealing.Opener(HERS)


@given(st.binary(max_size=sealing.PLAINTEXT_BYTES), st.integers(0, R - 1))
def test_what_is_sealed_opens_to_itself_and_zeros(plaintext, commitment):
    sealed = sealing.seal(plaintext, VIEWING, commitment)
    assert len(sealed) == sealing.SEALED_BYTES == 210
    assert OPENER.open(sealed, commitment) == plaintext.ljust(160, b"\0")


def test_a_stranger_does_not_open_it():
    sealed = sealing.seal(b"hers", VIEWING, 1)
    stranger = sealing.Opener(x25519.X25519PrivateKey.generate())
    assert stranger.open(sealed, 1) is None


def test_it_opens_beside_its_own_commitment_only():
    sealed = sealing.seal(b"hers", VIEWING, 1)
    assert OPENER.open(sealed, 2) is None


def test_every_changed_byte_is_noticed():
    sealed = sealing.seal(b"hers", VIEWING, 1)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 0x40
        assert OPENER.open(bytes(changed), 1) is None, place


@pytest.mark.parametrize("length", [0, 1, 209, 211, 420])
def test_another_length_is_not_ours(length):
    assert OPENER.open(bytes(length), 1) is None


def test_a_point_of_low_order_is_not_ours():
    assert OPENER.open(bytes(210), 1) is None


def test_a_strangers_view_tag_stops_the_reader_before_decryption(monkeypatch):
    tried = []
    sealed = sealing.seal(b"hers", VIEWING, 1)
    changed = sealed[:32] + bytes([sealed[32] ^ 1]) + sealed[33:]
    monkeypatch.setattr(sealing, "ChaCha20Poly1305", tried.append)
    assert OPENER.open(changed, 1) is None
    assert not tried


def test_two_sealings_of_the_same_have_nothing_in_common():
    first, second = sealing.seal(b"hers", VIEWING, 1), sealing.seal(b"hers", VIEWING, 1)
    assert first[:32] != second[:32] and first[34:] != second[34:]


def test_what_is_sealed_to_everybody_is_opened_by_everybody():
    sealed = sealing.seal(b"terms", sealing.EVERYBODY.public_key().public_bytes_raw(), 1)
    assert sealing.Opener(sealing.EVERYBODY).open(sealed, 1).startswith(b"terms")


def test_an_opener_does_not_show_its_key():
    assert repr(OPENER) == "Opener"


@pytest.mark.parametrize("many", [1, sealing.MANY])
def test_many_open_as_one_by_one(monkeypatch, many):
    """With kernels and without; among them are a stranger's, damaged ones, other lengths and a point of low order."""
    monkeypatch.setattr(sealing, "MANY", many)
    hers = [sealing.seal(bytes([i]), VIEWING, i) for i in range(20)]
    strangers = x25519.X25519PrivateKey.generate().public_key().public_bytes_raw()
    damaged, his = hers[1][:-1] + bytes([hers[1][-1] ^ 1]), sealing.seal(b"a stranger's", strangers, 1)
    others = [b"", bytes(31), bytes(210), hers[0][:-1], hers[0] + b"\0", damaged, hers[2], b"\xff" * 210, his]
    sealed, commitments = [*others, *hers], [1] * len(others) + list(range(20))
    opened = OPENER.open_many(sealed, commitments)
    assert opened == [None] * len(others) + [bytes([i]).ljust(160, b"\0") for i in range(20)]
    assert opened == [OPENER.open(*pair) for pair in zip(sealed, commitments, strict=True)]
    assert OPENER.open_many([], []) == []


def test_every_sealing_needs_its_commitment():
    with pytest.raises(ValueError):
        OPENER.open_many([bytes(210)], [])
