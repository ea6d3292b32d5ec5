"""The diary gives back what was noted, to who has the viewing key; nothing fails for want of it."""

import pytest

from prover.trader import diary, wallets
from prover.trader.diary import Note, What

VIEW = wallets.restore("abandon " * 23 + "art").view
NOTES = [
    Note(b"a" * 32, What.PLACED, parties=("zks1abc", "everybody"), group=b"a group of lots."),
    Note(b"b" * 32, What.LOTS, (b"1" * 32, b"2" * 32)),
    Note(b"c" * 32, What.PAYMENT, parties=("zks1def",)),
]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "alice.json"


def test_what_was_noted_is_read_again(path):
    diary.keep(path, VIEW, NOTES[:2])
    diary.keep(path, VIEW, NOTES[2:])
    assert diary.read(path, VIEW) == {note.made: note for note in NOTES}


def test_the_last_note_of_a_thing_counts(path):
    again = Note(b"a" * 32, What.ORDER)
    diary.keep(path, VIEW, [*NOTES, again])
    assert diary.read(path, VIEW)[b"a" * 32] == again


def test_only_the_viewing_key_reads_it(path):
    diary.keep(path, VIEW, NOTES)
    assert b"zks1abc" not in diary.path_of(path).read_bytes()
    assert diary.read(path, wallets.new().view) == {}


def test_there_need_not_be_one_and_nothing_fails_when_it_cannot_be_written(path):
    assert diary.read(path, VIEW) == {}
    diary.path_of(path).mkdir()
    diary.keep(path, VIEW, NOTES)


HEAD = bytes([2]) + bytes(48)


@pytest.mark.parametrize("line", [
    b"", b"\x01", bytes([9]) + bytes(50), HEAD + b"\x02" + bytes(40), HEAD + b"\x00\x01\x05abc", HEAD + b"\x00\x00rest"
])  # fmt: skip
def test_a_line_of_a_later_version_is_passed_over(line):
    assert diary._decode(line) is None
    assert diary._decode(diary._encode(NOTES[1])) == NOTES[1]
