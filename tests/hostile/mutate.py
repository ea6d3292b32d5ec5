"""Damages a file of sections at random, with knowledge of its numbers, elements and records.

Blind changes rarely pass the first check.  Most changes here keep the container intact: each has one of a few kinds, is
made where something of that kind is stored, and uses values that readers often get wrong.
"""

import random
import struct
from collections.abc import Callable

from tests.hostile import goods
from tests.hostile.goods import FIELD_BYTES, Format, P, Parts, R

RECORDS = (1, 4, 32, 36, 44, 64, 128)  # bytes of numbers, elements, terms and points
WORDS = (0, 1, 2, 3, 7, 8, 2**16, 2**16 + 1, 2**22, 2**24, 2**28, 2**31 - 1, 2**31, 2**32 - 1)
VALUES = (0, 1, 2, 3, P - 1, P, P + 1, R - 1, R, R + 1, 2**253, 2**254, 2**255, 2**256 - 1)
LENGTHS = (0, 1, 12, 2**31, 2**32 - 1, 2**62, 2**63, 2**64 - 12, 2**64 - 1)

Change = Callable[[random.Random, Format, Parts], Parts]


def mutated(chance: random.Random, kind: Format, sections: Parts) -> tuple[Parts, bytes]:
    """Sections with one to four changes, and the file, whose container is sometimes damaged too."""
    for _ in range(chance.choice((1, 1, 2, 3, 4))):
        sections = chance.choice(_CHANGES)(chance, kind, sections)
    data = goods.joined(kind.magic, kind.version, sections)
    if chance.random() < 0.1:
        data = chance.choice((_cut, _longer, _flipped, _other_length))(chance, data)
    return sections, data


def _with(sections: Parts, place: int, data: bytes) -> Parts:
    return [*sections[:place], (sections[place][0], data), *sections[place + 1 :]]


def _overwritten(sections: Parts, place: int, offset: int, data: bytes) -> Parts:
    old = sections[place][1]
    return _with(sections, place, (old[:offset] + data + old[offset + len(data) :])[: len(old)])


def _place(chance: random.Random, sections: Parts) -> int:
    return chance.randrange(len(sections)) if sections else -1


def _header_number(chance: random.Random, kind: Format, sections: Parts) -> Parts:
    """Changes a number of the header, often by one."""
    for place, (number, data) in enumerate(sections):
        if number == kind.header:
            offset = chance.choice(list(kind.numbers.values()))
            if len(data) >= offset + 4:
                old = struct.unpack_from("<I", data, offset)[0]
                value = chance.choice((*WORDS, old + 1, old - 1, 2 * old, old // 2)) % 2**32
                return _overwritten(sections, place, offset, struct.pack("<I", value))
    return sections


def _word(chance: random.Random, _: Format, sections: Parts) -> Parts:
    """Replaces four bytes by a number."""
    place = _place(chance, sections)
    if place < 0 or len(sections[place][1]) < 4:
        return sections
    offset = chance.randrange(len(sections[place][1]) // 4) * 4
    old = struct.unpack_from("<I", sections[place][1], offset)[0]
    value = chance.choice((*WORDS, old + 1, old - 1, chance.getrandbits(5))) % 2**32
    return _overwritten(sections, place, offset, struct.pack("<I", value))


def _element(chance: random.Random, kind: Format, sections: Parts) -> Parts:
    """Replaces a field element by another one of the file or by one at the edge of the fields."""
    place = _place(chance, sections)
    if place < 0:
        return sections
    number, data = sections[place]
    _, first, distance = kind.elements.get(number, (0, 0, 4))
    if len(data) < first + FIELD_BYTES:
        return sections
    offsets = range(first, len(data) - FIELD_BYTES + 1, distance)
    offset, other = chance.choice(offsets), chance.choice(offsets)
    value = chance.choice((data[other : other + FIELD_BYTES], chance.choice(VALUES).to_bytes(FIELD_BYTES, "little")))
    return _overwritten(sections, place, offset, value)


def _record(chance: random.Random, _: Format, sections: Parts) -> Parts:
    """Removes, repeats or zeroes records, and sometimes adjusts the number that counts them."""
    place = _place(chance, sections)
    if place < 0:
        return sections
    data, size = sections[place][1], chance.choice(RECORDS)
    first = chance.randrange(len(data) // size + 1) * size
    count = chance.choice((1, 1, 1, 2, 5))
    old = data[first : first + size * count]
    new = chance.choice((b"", bytes(len(old)), old + old, data[:size]))
    changed = data[:first] + new + data[first + len(old) :]
    if chance.random() < 0.5 and len(changed) >= 4:
        total = struct.unpack_from("<I", changed)[0] + (len(new) - len(old)) // size
        changed = struct.pack("<I", total % 2**32) + changed[4:]
    return _with(sections, place, changed)


def _byte(chance: random.Random, _: Format, sections: Parts) -> Parts:
    """Replaces one byte."""
    place = _place(chance, sections)
    if place < 0 or not sections[place][1]:
        return sections
    return _overwritten(sections, place, chance.randrange(len(sections[place][1])), chance.randbytes(1))


def _section(chance: random.Random, _: Format, sections: Parts) -> Parts:
    """Removes, doubles, renames or moves a section, or gives it the content of another."""
    place = _place(chance, sections)
    if place < 0:
        return sections
    number, data = sections[place]
    others = sections[:place] + sections[place + 1 :]
    other = _place(chance, sections)
    return chance.choice((
        others,
        [*sections, (number, data)],
        [*others, (number, data)],
        [*others, (chance.choice((0, *range(1, 17), 2**32 - 1)), data)],
        _with(sections, place, sections[other][1]),
        _with(sections, place, data[: len(sections[other][1])].ljust(len(sections[other][1]), b"\0")),
    ))  # fmt: skip


def _cut(chance: random.Random, data: bytes) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _longer(chance: random.Random, data: bytes) -> bytes:
    return data + chance.randbytes(chance.choice((1, 4, 12, 100)))


def _flipped(chance: random.Random, data: bytes) -> bytes:
    place = chance.randrange(min(len(data), 100))
    return data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :]


def _other_length(chance: random.Random, data: bytes) -> bytes:
    """The length of the first section in the table."""
    return data[:16] + struct.pack("<Q", chance.choice(LENGTHS)) + data[24:]


_CHANGES: tuple[Change, ...] = (_header_number, _word, _word, _element, _element, _record, _record, _byte, _section)
