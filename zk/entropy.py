"""The only source of randomness: the operating system."""

import secrets
from collections.abc import Iterable
from typing import TypeVar

Item = TypeVar("Item")


def scalar(modulus: int) -> int:
    """A uniform integer in [1, modulus)."""
    return 1 + secrets.randbelow(modulus - 1)


def token(length: int) -> bytes:
    """`length` uniform bytes."""
    return secrets.token_bytes(length)


def shuffled(items: Iterable[Item]) -> list[Item]:
    """The items in a uniformly random order."""
    order = list(items)
    secrets.SystemRandom().shuffle(order)
    return order
