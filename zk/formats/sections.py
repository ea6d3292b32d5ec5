"""The container of circom's and snarkjs's binary files: a magic word, a version, numbered sections.

    4 bytes magic | u32 version | u32 count | count × (u32 id | u64 length | length bytes)       all little-endian

The table of sections is compared with the file's true length before anything else is read.  A section is read whole and
once, when its bytes are first requested.  So a header can rule out the lengths of the other sections before they cost
anything, no length in a file makes a reader allocate more than the file has, and bytes cannot change between their
check and their use.  Some things that iden3's own readers accept are refused: a section that occurs twice, a section
that the format does not know (it might change the meaning of others), and bytes after the last section.  (iden3,
"binary file format for R1CS", section "General structure".)
"""

import math
import os
import struct
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from io import BufferedIOBase
from typing import BinaryIO

import numpy as np

from zk.errors import FormatError
from zk.fields import array
from zk.fields.prime import WORDS, Prime

FIELD_BYTES = 32
MAX_LOG_SIZE = 22  # of a circuit's domain: four million constraints
MAX_WIRES = 1 << 24
MAX_TERMS = 1 << 26  # of a circuit's matrices: two or three gigabytes

Source = bytes | memoryview | BufferedIOBase  # a file's content, or the file itself, open while sections are read
_Read = Callable[[int, int], memoryview]  # (start, length) to the bytes there; fewer at the end of the file

_HEAD = struct.Struct("<4sII")
_SECTION = struct.Struct("<IQ")
_U32 = struct.Struct("<I")


class Section:
    """A run of bytes of a known length; `what` is its name in error messages."""

    def __init__(self, read: _Read, length: int, what: str):
        self._read, self.length, self.what = read, length, what

    def first(self, length: int) -> "Section":
        """Its first bytes, or all when it has fewer.  The others are not read."""
        return self.section(0, min(length, self.length), self.what)

    def section(self, start: int, length: int, what: str) -> "Section":
        """`length` bytes from `start` on, as a section of their own."""
        return Section(lambda first, count: self._read(start + first, count), length, what)

    def part(self, start: int, length: int) -> memoryview:
        """`length` bytes from `start` on, and no others, are read.  Raises FormatError when the file became shorter."""
        data = self._read(start, length)
        if len(data) != length:
            raise FormatError(f"{self.what} became shorter while it was read")
        return data

    @cached_property
    def data(self) -> memoryview:
        """All bytes.  Raises FormatError when the file has become shorter."""
        return self.part(0, self.length)

    def check_length(self, length: int) -> None:
        """Raises FormatError unless the section has this length."""
        if self.length != length:
            raise FormatError(f"{self.what} has {self.length} bytes instead of {length}")

    def cut(self, *lengths: int) -> list["Section"]:
        """Parts of these lengths, one after another.  Raises FormatError unless they make up the whole section."""
        self.check_length(sum(lengths))
        ends = [sum(lengths[: i + 1]) for i in range(len(lengths))]
        cuts = zip(ends, lengths, strict=True)
        return [of_bytes(self.data[end - length : end], self.what) for end, length in cuts]

    def number(self) -> int:
        """The section as a u32.  Raises FormatError when it has another length."""
        self.check_length(_U32.size)
        return int.from_bytes(self.data, "little")

    def rows(self, prime: Prime, *shape: int) -> np.ndarray:
        """The section's field elements as words (*shape, 4), in the form that they have in the file.

        Raises FormatError when the section has another length or an element is not below the modulus.
        """
        self.check_length(math.prod(shape) * FIELD_BYTES)
        words = np.frombuffer(self.data, dtype="<u8").reshape(*shape, WORDS)
        if not array.is_canonical(prime, words.reshape(-1, WORDS)):
            raise FormatError(f"{self.what} has a number that is not below the modulus")
        return words


def of_bytes(data: bytes | memoryview, what: str) -> Section:
    """The section with these bytes."""
    view = memoryview(data)
    return Section(lambda start, length: view[start : start + length], len(view), what)


def split(source: Source, magic: bytes, version: int, names: Mapping[int, str], what: str) -> dict[int, Section]:
    """The sections of a file by their numbers; `names` has every number that the format knows.

    Raises FormatError, naming `what`, for another magic word or version, a section that is unknown, occurs twice or
    reaches beyond the end, and bytes after the last one.
    """
    file = _whole(source, what)
    head = file.first(_HEAD.size).data
    if len(head) < _HEAD.size or head[:4] != magic:
        raise FormatError(f"{what} is not a .{magic.decode()} file")
    _, file_version, count = _HEAD.unpack(head)
    if file_version != version:
        raise FormatError(f"{what} has version {file_version}; this program knows {version}")
    sections: dict[int, Section] = {}
    position = _HEAD.size
    for _ in range(count):
        if position + _SECTION.size > file.length:
            raise FormatError(f"{what} ends before its {count} sections do")
        number, length = _SECTION.unpack(file.part(position, _SECTION.size))
        position += _SECTION.size
        if number not in names:
            raise FormatError(f"{what} has a section {number}, which the format does not know")
        if number in sections:
            raise FormatError(f"{what} has {names[number]} twice")
        if length > file.length - position:
            raise FormatError(f"{what} ends before {names[number]} does")
        sections[number] = file.section(position, length, f"{what}: {names[number]}")
        position += length
    if position != file.length:
        raise FormatError(f"{what} goes on after its last section")
    return sections


def _whole(source: Source, what: str) -> Section:
    """The whole file as a section."""
    if not isinstance(source, BufferedIOBase):
        return of_bytes(source, what)
    file = source

    def read(start: int, length: int) -> memoryview:
        data = np.empty(length, dtype=np.uint8)  # writable, so that kernels use arrays of it without a copy
        file.seek(start)
        return data.data[: file.readinto(data.data)]

    return Section(read, file.seek(0, os.SEEK_END), what)


def write(
    file: BinaryIO, magic: bytes, version: int, parts: Collection[tuple[int, int, Iterable[bytes | memoryview]]]
) -> None:
    """Writes a file of sections (number, length, buffers) in this order.

    A section's buffers are requested after the sections before it are written, so they may be made from the file.
    Raises ValueError when the buffers do not have the stated length.
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
    """Raises FormatError unless these two parts of a header are 32, and `modulus` in 32 bytes."""
    if size.number() != FIELD_BYTES or int.from_bytes(value.data, "little") != modulus:
        raise FormatError(f"{value.what} is for a field that is not BN254's")
