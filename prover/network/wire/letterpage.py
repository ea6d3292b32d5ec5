"""Letters on their way, for whoever carries them and cannot open any (prover/carriers/letters.py).

    page = "zkL1" │ number of letters 2 │ each of them: its number 8 │ its length 4 │ the letter
"""

from collections.abc import Iterable

from settlement.fieldreader import FieldReader
from zk.errors import FormatError

LETTER_SIZES = (1 << 10, 4 << 10, 16 << 10, 64 << 10)
MAX_PAGE_BYTES = 1 << 20
"""How many bytes of letters come in one answer."""

PAGE_MAGIC = b"zkL1"
MAX_NUMBER = (1 << 63) - 1


def encode_page(letters: Iterable[tuple[int, bytes]]) -> bytes:
    """Letters with their numbers."""
    listed = list(letters)
    parts = [PAGE_MAGIC, len(listed).to_bytes(2, "big")]
    for number, letter in listed:
        parts += [number.to_bytes(8, "big"), len(letter).to_bytes(4, "big"), letter]
    return b"".join(parts)


def decode_page(data: bytes) -> list[tuple[int, bytes]]:
    """The letters of a page with their numbers, which grow.  Raises FormatError."""
    reader = FieldReader(data, "the page of letters")
    reader.magic(PAGE_MAGIC, {})
    listed: list[tuple[int, bytes]] = []
    for count in range(reader.number(2, "number of letters")):
        number = reader.number(8, f"number of letter {count}", most=MAX_NUMBER)
        length = reader.number(4, f"length of letter {count}", most=max(LETTER_SIZES))
        if length not in LETTER_SIZES or listed and number <= listed[-1][0]:
            raise FormatError(f"the page of letters: letter {count} has a size or a number that none can have")
        listed.append((number, reader.take(length, f"letter {count}")))
    reader.finish()
    return listed
