"""Values as a ledger's columns hold them.

A damaged page can return anything for a column, also in a STRICT table, so every value is checked when it is read.
Each function returns the value, and raises ValueError when the column cannot have it.
"""

from zk.fields.prime import R

_DIGEST_BYTES = 32


def integer(value: object) -> int:
    """An integer."""
    if type(value) is not int:
        raise ValueError("the value is not an integer")
    return value


def flag(value: object) -> bool:
    """An integer that is 0 or 1."""
    number = integer(value)
    if number not in (0, 1):
        raise ValueError("the value is neither 0 nor 1")
    return bool(number)


def binary(value: object) -> bytes:
    """Bytes."""
    if type(value) is not bytes:
        raise ValueError("the value is not a byte string")
    return value


def digest(value: object) -> bytes:
    """32 bytes."""
    data = binary(value)
    if len(data) != _DIGEST_BYTES:
        raise ValueError("the value does not have 32 bytes")
    return data


def element(value: object) -> int:
    """A field element, which is 32 big-endian bytes."""
    number = int.from_bytes(digest(value), "big")
    if number >= R:
        raise ValueError("the value is not a field element")
    return number
