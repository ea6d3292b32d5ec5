"""Randomness: the operating system's, and no other."""

import secrets


def scalar(modulus: int) -> int:
    """A uniform integer in [1, modulus)."""
    return 1 + secrets.randbelow(modulus - 1)


def token(length: int) -> bytes:
    """`length` uniform bytes."""
    return secrets.token_bytes(length)
