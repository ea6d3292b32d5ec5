"""The container of circom's and snarkjs's binary files: a magic word, a version, numbered sections.

    4 bytes magic | u32 version | u32 count | count × (u32 id | u64 length | length bytes)       all little-endian

The table of sections is compared with the file's true length before anything else is read, and a section is read whole
and once, when its bytes are first asked for.  So a header can contradict the lengths of the others before they cost
anything, no length in a file makes anybody allocate more than the file has, and nobody changes bytes between their
check and their use.  What iden3's own readers overlook is refused: a section that occurs twice, one that the format
does not know (it might change what the others mean), bytes after the last section.  (iden3, "binary file format for
R1CS", section "General structure".)
"""

import math
import os
import struct
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from typing import BinaryIO

import numpy as np

from zk.errors import FormatError
from zk.fields import array
from zk.fields.prime import WORDS, Prime

FIELD_BYTES = 32
MAX_LOG_SIZE = 22  # of a circuit's domain: four million constraints
MAX_WIRES = 1 << 24
MAX_TERMS = 1 << 26  # of a circuit's matrices: two or three gigabytes

_HEAD = struct.Struct("<4sII")
_SECTION = struct.Struct("<IQ")
_U32 = struct.Struct("<I")


class Section:
    """A run of bytes, their number, and the name by which error messages call it."""

    def __init__(self, data: memoryview, what: str):
        self.data, self.length, self.what = data, len(data), what

    def first(self, length: int) -> "Section":
        """Its first bytes, or all when it has fewer: so much can be asked for without reading the others."""
        return Section(self.data[:length], self.what)

    def part(self, start: int, length: int) -> memoryview:
        """Bytes from `start` on, of a section that is long enough; a file is read for them, and nothing else of it."""
        return self.data[start : start + length]

    def check_length(self, length: int) -> None:
        """Raises FormatError unless the section has so many bytes."""
        if self.length != length:
            raise FormatError(f"{self.what} has {self.length} bytes instead of {length}")

    def cut(self, *lengths: int) -> list["Section"]:
        """Parts of these lengths, one after another.  Raises FormatError unless they are the whole section."""
        self.check_length(sum(lengths))
        ends = [sum(lengths[: i + 1]) for i in range(len(lengths))]
        return [Section(self.data[end - length : end], self.what) for end, length in zip(ends, lengths)]

    def number(self) -> int:
        """The u32 that the section is.  Raises FormatError when it has another length."""
        self.check_length(_U32.size)
        return _U32.unpack(self.data)[0]

    def rows(self, prime: Prime, *shape: int) -> np.ndarray:
        """Field elements as they lie in the file, words (*shape, 4).

        Raises FormatError when the section has another length or one of them is not below the modulus.
        """
        self.check_length(math.prod(shape) * FIELD_BYTES)
        words = np.frombuffer(self.data, dtype="<u8").reshape(*shape, WORDS)
        if not array.is_canonical(prime, words.reshape(-1, WORDS)):
            raise FormatError(f"{self.what} has a number that is not below the modulus")
        return words


class _Unread(Section):
    """A section that is read from an open file when its bytes are first asked for."""

    def __init__(self, file: BinaryIO, place: int, length: int, what: str):
        self._file, self._place, self.length, self.what = file, place, length, what

    def first(self, length: int) -> Section:
        self._file.seek(self._place)
        return Section(memoryview(self._file.read(min(length, self.length))), self.what)

    def part(self, start: int, length: int) -> memoryview:
        """As Section's, in memory of their own.  Raises FormatError when the file has become shorter."""
        found = memoryview(np.empty(length, dtype=np.uint8))
        self._file.seek(self._place + start)
        if self._file.readinto(found) != length:
            raise FormatError(f"{self.what} became shorter while it was read")
        return found

    @cached_property
    def data(self) -> memoryview:
        """The bytes, in memory of their own.  Raises FormatError when the file has become shorter."""
        return self.part(0, self.length)


def split(
    source: bytes | memoryview | BinaryIO, magic: bytes, version: int, names: Mapping[int, str], what: str
) -> dict[int, Section]:
    """The sections of a file by their numbers; `names` has every number that the format knows.

    `source` is the file's content, of which sections are then views, or the file itself, open for as long as sections
    are read.  Raises FormatError, naming `what`: another magic word or version, a section that is unknown, occurs twice
    or reaches beyond the end, or bytes after the last one.
    """
    size, read, section = _readers(source)
    head = read(0, _HEAD.size)
    if len(head) < _HEAD.size or head[:4] != magic:
        raise FormatError(f"{what} is not a .{magic.decode()} file")
    _, found, count = _HEAD.unpack(head)
    if found != version:
        raise FormatError(f"{what} has version {found}; this program knows {version}")
    sections: dict[int, Section] = {}
    position = _HEAD.size
    for _ in range(count):
        if len(start := read(position, _SECTION.size)) < _SECTION.size:
            raise FormatError(f"{what} ends before its {count} sections do")
        number, length = _SECTION.unpack(start)
        position += _SECTION.size
        if number not in names:
            raise FormatError(f"{what} has a section {number}, which the format does not know")
        if number in sections:
            raise FormatError(f"{what} has {names[number]} twice")
        if length > size - position:
            raise FormatError(f"{what} ends before {names[number]} does")
        sections[number] = section(position, length, f"{what}: {names[number]}")
        position += length
    if position != size:
        raise FormatError(f"{what} goes on after its last section")
    return sections


def _readers(source: bytes | memoryview | BinaryIO) -> tuple[int, Callable, Callable]:
    """The size of a source; what gives a few of its bytes, by place and length; and what makes a section of them."""
    if isinstance(source, (bytes, memoryview)):
        view = memoryview(source)

        def given(place: int, length: int) -> memoryview:
            return view[place : place + length]

        return len(view), given, lambda place, length, what: Section(given(place, length), what)

    def read(place: int, length: int) -> bytes:
        source.seek(place)
        return source.read(length)

    return source.seek(0, os.SEEK_END), read, lambda place, length, what: _Unread(source, place, length, what)


def write(
    file: BinaryIO, magic: bytes, version: int, parts: Collection[tuple[int, int, Iterable[bytes | memoryview]]]
) -> None:
    """Write a file of sections (number, length, buffers) in this order.

    Buffers are asked for one after another and written at once, so that those of a later section may be made from
    what stands in the file.  Raises ValueError when a section's buffers have another length than it was said to have.
    """
    file.write(_HEAD.pack(magic, version, len(parts)))
    for number, length, buffers in parts:
        file.write(_SECTION.pack(number, length))
        written = 0
        for buffer in buffers:
            written += file.write(buffer)
        if written != length:
            raise ValueError(f"section {number} has {written} bytes instead of {length}")


def required(sections: Mapping[int, Section], number: int, names: Mapping[int, str], what: str) -> Section:
    """The section of this number.  Raises FormatError when the file has none."""
    if number not in sections:
        raise FormatError(f"{what} lacks {names[number]}")
    return sections[number]


def check_modulus(size: Section, value: Section, modulus: int) -> None:
    """Raises FormatError unless the two parts of a header are 32, and `modulus` in 32 bytes."""
    if size.number() != FIELD_BYTES or int.from_bytes(value.data, "little") != modulus:
        raise FormatError(f"{value.what} is for a field that is not BN254's")
