"""Systematic damage to a file of sections: every case with a name and its bytes."""

import struct
from collections.abc import Iterator
from itertools import pairwise

from tests.hostile import goods
from tests.hostile.goods import FIELD_BYTES, HEAD_BYTES, SECTION_HEAD_BYTES, Format

Case = tuple[str, bytes]

LENGTHS = (0, 1, 2**31, 2**32 - 1, 2**32, 2**62, 2**63, 2**64 - 1)
NUMBERS = (0, 1, 2**16 + 1, 2**24 + 1, 2**28, 2**28 + 1, 2**31 - 1, 2**31, 2**32 - 1)


def container(kind: Format) -> Iterator[Case]:
    """Damage to the container: its head, the table of sections, its end."""
    data, sections = kind.good(), goods.parts(kind.good())
    yield "empty", b""
    yield "another magic word", b"zkey"[::-1] + data[4:]
    for version in (0, kind.version + 1, 2**32 - 1):
        yield f"version {version}", data[:4] + struct.pack("<I", version) + data[8:]
    for count in (0, len(sections) - 1, len(sections) + 1, 2**31, 2**32 - 1):
        yield f"{count} sections", data[:8] + struct.pack("<I", count) + data[12:]
    yield "a byte more", data + b"\0"
    yield "all of it twice", data + data
    yield from _truncated(data, sections)
    for place, (number, found) in enumerate(sections):
        others = sections[:place] + sections[place + 1 :]
        yield f"without section {number}", goods.joined(kind.magic, kind.version, others)
        yield f"section {number} twice", goods.joined(kind.magic, kind.version, [*sections, (number, found)])
        for unknown in (0, 99, 2**31, 2**32 - 1):
            renamed = [*sections[:place], (unknown, found), *sections[place + 1 :]]
            yield f"section {number} called {unknown}", goods.joined(kind.magic, kind.version, renamed)
        for length in (found[:-1], found + b"\0", b"", found + found):
            changed = [*sections[:place], (number, length), *sections[place + 1 :]]
            yield f"section {number} of {len(length)} bytes", goods.joined(kind.magic, kind.version, changed)
    for (one, left), (other, right) in pairwise(sections):
        swapped = [{one: (one, right), other: (other, left)}.get(number, (number, d)) for number, d in sections]
        yield f"sections {one} and {other} exchanged", goods.joined(kind.magic, kind.version, swapped)


def _truncated(data: bytes, sections: goods.Parts) -> Iterator[Case]:
    """Cut at every boundary and next to it, and with lengths that reach too far or into the next section."""
    places, position = {1, 3, 4, 8, 11, HEAD_BYTES}, HEAD_BYTES
    for place, (number, found) in enumerate(sections):
        after = sections[place + 1 : place + 2]
        overlap = [len(found) + SECTION_HEAD_BYTES + len(next_data) for _, next_data in after]
        for length in {*LENGTHS, *overlap, len(found) + 1} - {len(found)}:
            changed = data[: position + 4] + struct.pack("<Q", length) + data[position + 12 :]
            yield f"section {number} said to have {length} bytes", changed
        start, position = position + SECTION_HEAD_BYTES, position + SECTION_HEAD_BYTES + len(found)
        places |= {start - 1, start, start + 1, (start + position) // 2, position - 1, position}
    for place in sorted(places - {len(data)}):
        yield f"cut after {place} bytes", data[:place]


def numbers(kind: Format) -> Iterator[Case]:
    """Each number of the header replaced by others at the limits of its range."""
    for name, offset in kind.numbers.items():
        old = struct.unpack_from("<I", dict(goods.parts(kind.good()))[kind.header], offset)[0]
        for value in {*NUMBERS, old + 1, old - 1, 2 * old} - {old}:
            if 0 <= value < 2**32:
                yield f"{name} is {value}", changed(kind, kind.header, offset, struct.pack("<I", value))


def indices(kind: Format) -> Iterator[Case]:
    """Numbers inside sections, such as wires and rows, that are at the limit, or negative when read as signed."""
    for section, places in kind.indices.items():
        length = len(dict(goods.parts(kind.good()))[section])
        for offset, distance in places:
            for place in {offset, length - 1 - (length - 1 - offset) % distance}:
                for value in (2**31 - 1, 2**31, 2**32 - 1):
                    data = changed(kind, section, place, struct.pack("<I", value))
                    yield f"{value} at byte {place} of section {section}", data


def elements(kind: Format) -> Iterator[Case]:
    """Field elements, the first, one in the middle and the last of each section, that are not below their modulus."""
    for section, (modulus, offset, distance) in kind.elements.items():
        count = 1 + (len(dict(goods.parts(kind.good()))[section]) - FIELD_BYTES - offset) // distance
        for index in {0, count // 2, count - 1}:
            for name, value in (("the modulus", modulus), ("2^256 - 1", 2**256 - 1)):
                data = changed(kind, section, offset + index * distance, value.to_bytes(FIELD_BYTES, "little"))
                yield f"element {index} of section {section} is {name}", data


def changed(kind: Format, section: int, offset: int, data: bytes) -> bytes:
    """The good file with some bytes of one section replaced."""
    sections = [
        (number, found[:offset] + data + found[offset + len(data) :] if number == section else found)
        for number, found in goods.parts(kind.good())
    ]
    return goods.joined(kind.magic, kind.version, sections)
