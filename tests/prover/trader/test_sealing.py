"""Sealed data: only its reader opens it, only beside its commitment, and it shows nothing but its length."""

import pytest
from cryptography.hazmat.primitives.asymmetric import x25519
from hypothesis import given
from hypothesis import strategies as st

from prover.trader import bases, sealing
from prover.trader.addresses import Address
from settlement.bundles.bundle import CIPHERTEXT_BYTES
from zk.fields.prime import R

HERS = x25519.X25519PrivateKey.from_private_bytes(bytes(range(32)))
ADDRESS = Address(5, bases.multiply(HERS, 5))
OTHER = Address(6, bases.multiply(HERS, 6))
OPENER = sealing.Opener(HERS)


@given(st.binary(max_size=sealing.BODY_BYTES), st.integers(0, R - 1))
def test_what_is_sealed_opens_to_itself_and_zeros(body, commitment):
    sealed = sealing.seal(body, ADDRESS, commitment)
    assert len(sealed) == sealing.SEALED_BYTES == 274 == CIPHERTEXT_BYTES
    opened = OPENER.open(sealed, commitment)
    assert opened is not None and opened.body == body.ljust(208, b"\0")


def test_a_stranger_does_not_open_it():
    sealed = sealing.seal(b"hers", ADDRESS, 1)
    stranger = sealing.Opener(x25519.X25519PrivateKey.generate())
    assert stranger.open(sealed, 1) is None


def test_it_opens_beside_its_own_commitment_only():
    sealed = sealing.seal(b"hers", ADDRESS, 1)
    assert OPENER.open(sealed, 2) is None


def test_every_changed_byte_is_noticed():
    sealed = sealing.seal(b"hers", ADDRESS, 1)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 0x40
        assert OPENER.open(bytes(changed), 1) is None, place


@pytest.mark.parametrize("length", [0, 1, 273, 275, 548])
def test_another_length_is_not_ours(length):
    assert OPENER.open(bytes(length), 1) is None


def test_a_point_of_low_order_is_not_ours():
    assert OPENER.open(bytes(274), 1) is None


def test_a_strangers_view_tag_stops_the_reader_before_decryption(monkeypatch):
    tried = []
    sealed = sealing.seal(b"hers", ADDRESS, 1)
    changed = sealed[:32] + bytes([sealed[32] ^ 1]) + sealed[33:]
    monkeypatch.setattr(sealing, "ChaCha20Poly1305", tried.append)
    assert OPENER.open(changed, 1) is None
    assert not tried


def test_two_sealings_of_the_same_have_nothing_in_common():
    first, second = sealing.seal(b"hers", ADDRESS, 1), sealing.seal(b"hers", ADDRESS, 1)
    assert first[:32] != second[:32] and first[34:] != second[34:]


def test_what_is_sealed_to_everybody_is_opened_by_everybody():
    sealed = sealing.seal(b"terms", sealing.EVERYBODY_ADDRESS, 1)
    opened = sealing.Opener(sealing.EVERYBODY).open(sealed, 1)
    assert opened is not None and opened.body.startswith(b"terms")


def test_one_opener_opens_what_is_sealed_to_any_address_of_its_wallet():
    for address in (ADDRESS, OTHER):
        sealed = sealing.seal(b"hers", address, 1)
        opened = OPENER.open(sealed, 1)
        assert opened is not None and opened.body.startswith(b"hers")
        assert [owner for owner in (5, 6, 7) if sealing.is_to(owner, sealed, opened.seed, 1)] == [address.owner]


def test_an_opener_does_not_show_its_key():
    assert repr(OPENER) == "Opener"


@pytest.mark.parametrize("many", [1, sealing.MANY])
def test_many_open_as_one_by_one(monkeypatch, many):
    """With kernels and without; among them are a stranger's, damaged ones, other lengths and a point of low order."""
    monkeypatch.setattr(sealing, "MANY", many)
    hers = [sealing.seal(bytes([i]), ADDRESS, i) for i in range(20)]
    strangers = Address(5, bases.multiply(x25519.X25519PrivateKey.generate(), 5))
    damaged, his = hers[1][:-1] + bytes([hers[1][-1] ^ 1]), sealing.seal(b"a stranger's", strangers, 1)
    others = [b"", bytes(31), bytes(274), hers[0][:-1], hers[0] + b"\0", damaged, hers[2], b"\xff" * 274, his]
    sealed, commitments = [*others, *hers], [1] * len(others) + list(range(20))
    opened = OPENER.open_many(sealed, commitments)
    bodies = [None if each is None else each.body for each in opened]
    assert bodies == [None] * len(others) + [bytes([i]).ljust(208, b"\0") for i in range(20)]
    assert opened == [OPENER.open(*pair) for pair in zip(sealed, commitments, strict=True)]
    assert OPENER.open_many([], []) == []


def test_every_sealing_needs_its_commitment():
    with pytest.raises(ValueError):
        OPENER.open_many([bytes(274)], [])
