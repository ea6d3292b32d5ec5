"""The container of circom's and snarkjs's binary files: a magic word, a version, numbered sections.

    4 bytes magic | u32 version | u32 count | count × (u32 id | u64 length | length bytes)       all little-endian

A file is read whole before anything in it is believed, so no length in it makes anybody allocate more than it has, and
nobody changes it under the reader.  Sections are views of those bytes.  What iden3's own readers overlook is refused: a
section that occurs twice, one that the format does not know (it might change what the others mean), bytes after the
last section.  (iden3, "binary file format for R1CS", section "General structure".)
"""

import struct
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from zk.errors import FormatError
from zk.fields import array
from zk.fields.prime import WORDS, Prime

FIELD_BYTES = 32

_HEAD = struct.Struct("<4sII")
_SECTION = struct.Struct("<IQ")
_U32 = struct.Struct("<I")


@dataclass(frozen=True)
class Section:
    """A run of bytes and the name by which error messages call it."""

    data: memoryview
    what: str

    def check_length(self, length: int) -> None:
        """Raises FormatError unless the section has so many bytes."""
        if len(self.data) != length:
            raise FormatError(f"{self.what} has {len(self.data)} bytes instead of {length}")

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
        """Field elements as they lie in the file, words (*shape, 4); the array cannot be written to.

        Raises FormatError when the section has another length or one of them is not below the modulus.
        """
        self.check_length(int(np.prod(shape)) * FIELD_BYTES)
        words = np.frombuffer(self.data, dtype="<u8").reshape(*shape, WORDS)
        if not array.is_canonical(prime, words.reshape(-1, WORDS)):
            raise FormatError(f"{self.what} has a number that is not below the modulus")
        return words


def split(data: bytes, magic: bytes, version: int, names: Mapping[int, str], what: str) -> dict[int, Section]:
    """The sections of a file by their numbers; `names` has every number that the format knows.

    Raises FormatError, naming `what`: another magic word or version, a section that is unknown, occurs twice or reaches
    beyond the end, or bytes after the last one.
    """
    if len(data) < _HEAD.size or data[:4] != magic:
        raise FormatError(f"{what} is not a .{magic.decode()} file")
    _, found, count = _HEAD.unpack_from(data)
    if found != version:
        raise FormatError(f"{what} has version {found}; this program knows {version}")
    sections: dict[int, Section] = {}
    view, position = memoryview(data), _HEAD.size
    for _ in range(count):
        if len(data) - position < _SECTION.size:
            raise FormatError(f"{what} ends before its {count} sections do")
        number, length = _SECTION.unpack_from(data, position)
        position += _SECTION.size
        if number not in names:
            raise FormatError(f"{what} has a section {number}, which the format does not know")
        if number in sections:
            raise FormatError(f"{what} has {names[number]} twice")
        if length > len(data) - position:
            raise FormatError(f"{what} ends before {names[number]} does")
        sections[number] = Section(view[position : position + length], f"{what}: {names[number]}")
        position += length
    if position != len(data):
        raise FormatError(f"{what} goes on after its last section")
    return sections


def pick(file: BinaryIO, wanted: Collection[int], limit: int, what: str) -> dict[int, Section]:
    """Some sections of an open file, without reading the others and without asking whether the file is whole.

    Raises FormatError when the file ends before its sections do, or one of these is longer than `limit` bytes.
    """
    sections: dict[int, Section] = {}
    head = file.read(_HEAD.size)
    count = _HEAD.unpack(head)[2] if len(head) == _HEAD.size else 0
    for _ in range(count):
        if len(start := file.read(_SECTION.size)) < _SECTION.size:
            raise FormatError(f"{what} ends before its {count} sections do")
        number, length = _SECTION.unpack(start)
        if length > limit and number in wanted or length >> 62:
            raise FormatError(f"{what} has a section {number} of {length} bytes, which is too long")
        if number in wanted:
            sections[number] = Section(memoryview(file.read(length)), f"{what}: section {number}")
        else:
            file.seek(length, 1)
    return sections


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
            written += file.write(memoryview(buffer).cast("B"))
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
