import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.zk.formats import iden3
from zk.errors import FormatError
from zk.fields import array
from zk.fields.prime import P, R
from zk.formats import sections, wtns

VALUES = [1, 0, R - 1, 2**253, 7]
SECTIONS = iden3.wtns_sections(VALUES)


def with_(number: int, data: bytes) -> bytes:
    return iden3.container(b"wtns", 2, SECTIONS | {number: data})


def test_a_witness_that_is_written_is_read_again():
    assert array.from_plain(wtns.decode(iden3.wtns(VALUES))) == VALUES


def test_the_number_of_wires_is_read_without_the_values():
    assert wtns.read_num_wires(iden3.wtns(VALUES)) == len(VALUES)
    assert wtns.read_num_wires(iden3.wtns([2, R])) == 2
    with pytest.raises(FormatError, match="the values has 160 bytes instead of 128"):
        wtns.read_num_wires(with_(1, HEADER[:-4] + iden3.u32(4)))


def test_a_witness_is_written_as_others_write_it():
    assert wtns.encode(array.plain(VALUES)) == iden3.wtns(VALUES)


def test_a_section_of_another_length_than_announced_is_not_written():
    with pytest.raises(ValueError, match="section 1 has 3 bytes instead of 5"):
        sections.write(io.BytesIO(), b"wtns", 2, [(1, 5, [b"ab", b"c"])])


def test_sections_may_stand_in_any_order():
    assert array.from_plain(wtns.decode(iden3.container(b"wtns", 2, dict(reversed(SECTIONS.items()))))) == VALUES


GOOD = iden3.wtns(VALUES)
HEADER = SECTIONS[1]
LIES = [
    (b"", "is not a .wtns file"),
    (GOOD[:11], "is not a .wtns file"),
    (b"zkey" + GOOD[4:], "is not a .wtns file"),
    (iden3.container(b"wtns", 1, SECTIONS), "has version 1; this program knows 2"),
    (iden3.container(b"wtns", 2, SECTIONS | {3: b""}), "a section 3, which the format does not know"),
    (iden3.container(b"wtns", 2, {1: HEADER}), "the witness lacks the values"),
    (iden3.container(b"wtns", 2, {2: SECTIONS[2]}), "the witness lacks the header"),
    (GOOD[:8] + iden3.u32(3) + GOOD[12:] + GOOD[12:64], "the header twice"),
    (GOOD[:8] + iden3.u32(2**32 - 1) + GOOD[12:], "ends before its 4294967295 sections do"),
    (GOOD[:8] + iden3.u32(1) + GOOD[12:], "goes on after its last section"),
    (GOOD + b"\0", "goes on after its last section"),
    (GOOD[:-1], "ends before the values do"),
    (GOOD[:16] + struct.pack("<Q", 2**64 - 1) + GOOD[24:], "ends before the header does"),
    (with_(1, HEADER[:-1]), "the header has 39 bytes instead of 40"),
    (with_(1, iden3.u32(31) + HEADER[4:]), "the header is for a field"),
    (with_(1, iden3.u32(32) + iden3.field(P) + HEADER[36:]), "the header is for a field"),
    (with_(1, HEADER[:-4] + iden3.u32(4)), "the values has 160 bytes instead of 128"),
    (with_(1, HEADER[:-4] + iden3.u32(2**32 - 1)), "has 4294967295 wires, and 16777216 is the limit"),
    (iden3.wtns([]), "do not begin with one"),
    (iden3.wtns([2, 1]), "do not begin with one"),
    (iden3.wtns([1, R]), "a number that is not below the modulus"),
    (iden3.wtns([1, 2**256 - 1]), "a number that is not below the modulus"),
]


@pytest.mark.parametrize("data, why", LIES, ids=[why for _, why in LIES])
def test_a_witness_with_one_lie_in_it_is_refused_by_part(data, why):
    with pytest.raises(FormatError, match=why):
        wtns.decode(data)


@given(st.integers(0, len(GOOD)), st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=4))
def test_random_damage_ends_in_a_format_error_or_in_canonical_values(length, changes):
    bad = bytearray(GOOD[: length or len(GOOD)])
    for place, byte in changes:
        bad[place % len(bad)] = byte
    try:
        values = array.from_plain(wtns.decode(bytes(bad)))
    except FormatError:
        return
    assert values[0] == 1 and max(values) < R
