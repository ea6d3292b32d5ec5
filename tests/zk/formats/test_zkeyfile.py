"""A .zkey file with its contributions is read as it was written; a malformed one is refused by part."""

import io

import pytest

from tests.zk.ceremony import test_phase2
from tests.zk.formats import iden3, test_zkey
from zk.errors import FormatError
from zk.formats import zkey, zkeycontributions, zkeyfile
from zk.formats.zkeycontributions import HASH_BYTES, Ceremony
from zk.formats.zkeyfile import KeyFile

RECORD = 3 * 64 + 128 + HASH_BYTES
FIRST = HASH_BYTES + 4  # where the first record begins


def written(key: KeyFile) -> bytes:
    file = io.BytesIO()
    zkeyfile.write(file, key)
    return file.getvalue()


def sections(data: bytes) -> iden3.Sections:
    """The sections in the order of the file."""
    found, place = {}, 12
    while place < len(data):
        number, length = (
            int.from_bytes(data[place : place + 4], "little"),
            int.from_bytes(data[place + 4 : place + 12], "little"),
        )
        found[number] = data[place + 12 : place + 12 + length]
        place += 12 + length
    return found


@pytest.mark.parametrize("number", range(4))
def test_a_file_that_is_written_is_read_again(number):
    key = test_phase2.keys()[number]
    data = written(key)
    assert written(zkeyfile.decode(data)) == written(zkeyfile.decode(io.BytesIO(data))) == data
    found = zkeyfile.decode(data)
    assert (found.header, found.ceremony) == (key.header, key.ceremony)


def test_a_new_key_has_snarkjs_order_of_sections_and_a_later_one_that_of_their_numbers():
    assert list(sections(written(test_phase2.keys()[0]))) == [1, 2, 4, 3, 9, 8, 5, 6, 7, 10]
    assert list(sections(written(test_phase2.keys()[1]))) == list(range(1, 11))


def test_a_key_before_phase_two_is_read_for_ceremonies_only():
    data = written(test_phase2.keys()[0])
    assert zkeyfile.decode(data).header.delta_g2 == zkeyfile.decode(data).header.gamma_g2
    with pytest.raises(FormatError, match="delta = ±gamma"):
        zkey.decode(data)
    assert zkey.decode(written(test_phase2.keys()[1])).num_public == 2


def with_ceremony(place: int, data: bytes) -> bytes:
    """The key after one contribution, some bytes of its last section replaced."""
    found = sections(written(test_phase2.keys()[1]))
    old = found[10]
    return iden3.container(b"zkey", 1, found | {10: old[:place] + data + old[place + len(data) :]})


def cut(length: int) -> bytes:
    found = sections(written(test_phase2.keys()[1]))
    return iden3.container(b"zkey", 1, found | {10: found[10][:length]})


LIES = {
    "no count": (lambda: cut(FIRST - 1), "the contributions are cut short"),
    "a short record": (lambda: cut(FIRST + RECORD - 1), "contribution 1 is cut short"),
    "a short attribution": (lambda: cut(FIRST + RECORD + 7), "contribution 1 is cut short"),
    "one more": (lambda: with_ceremony(HASH_BYTES, iden3.u32(2)), "contribution 2 is cut short"),
    "very many": (lambda: with_ceremony(HASH_BYTES, iden3.u32(4097)), "there are 4097, and the limit is 4096"),
    "one less": (lambda: with_ceremony(HASH_BYTES, iden3.u32(0)), "the contributions have extra bytes after the last"),
    "a byte more": (lambda: with_ceremony(1 << 16, b"\0"), "bytes instead of"),
    "delta": (lambda: with_ceremony(FIRST, test_zkey.OFF_CURVE), "contribution 1: delta is not on the curve"),
    "s": (lambda: with_ceremony(FIRST + 64, bytes(64)), "contribution 1: s is the identity"),
    "x·s": (lambda: with_ceremony(FIRST + 128, test_zkey.OFF_CURVE), "contribution 1: x·s is not on the curve"),
    "unreduced": (lambda: with_ceremony(FIRST, test_zkey.UNREDUCED), "has a coordinate that is not below the modulus"),
    "x·t": (lambda: with_ceremony(FIRST + 192, test_zkey.outside_g2()), "contribution 1: x·t is not in the subgroup"),
    "a kind": (lambda: with_ceremony(FIRST + RECORD, iden3.u32(2)), "contribution 1 has the unknown kind 2"),
}


@pytest.mark.parametrize("name", LIES)
def test_contributions_with_one_lie_in_them_are_refused_by_part(name):
    lie, why = LIES[name]
    with pytest.raises(FormatError, match=why):
        zkeyfile.decode(lie())


def test_a_key_without_its_contributions_is_refused():
    found = sections(written(test_phase2.keys()[1]))
    del found[10]
    with pytest.raises(FormatError, match="the key lacks the contributions"):
        zkeyfile.decode(iden3.container(b"zkey", 1, found))


def test_more_contributions_than_can_be_read_are_not_written(monkeypatch):
    monkeypatch.setattr(zkeycontributions, "MAX_CONTRIBUTIONS", 2)
    found = test_phase2.keys()[3].ceremony
    with pytest.raises(FormatError, match="3 contributions, and the limit is 2"):
        zkeycontributions.encode(found)
    assert zkeycontributions.encode(Ceremony(found.circuit_hash, found.contributions[:2]))
