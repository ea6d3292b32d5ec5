"""Canonical ints to arrays of words and back: the only module for it.  No kernel, no Numba.

An array of n field elements is (n, 4) unsigned 64-bit words, least significant first, C-contiguous; in Montgomery form
unless the function says `plain`.
"""

from collections.abc import Iterable

import numpy as np

from zk.fields.prime import MONTGOMERY, WORDS, Prime

_BYTES = WORDS * 8


def plain(values: Iterable[int]) -> np.ndarray:
    """(n, 4) plain words of non-negative ints below 2^256.  Raises OverflowError otherwise."""
    data = b"".join(int(value).to_bytes(_BYTES, "little") for value in values)
    return np.frombuffer(data, dtype="<u8").reshape(-1, WORDS).copy()


def from_plain(array: np.ndarray) -> list[int]:
    """The ints in an array of plain words."""
    data = np.ascontiguousarray(array, dtype="<u8").tobytes()
    return [int.from_bytes(data[i : i + _BYTES], "little") for i in range(0, len(data), _BYTES)]


def encode(prime: Prime, values: Iterable[int]) -> np.ndarray:
    """(n, 4) Montgomery words of ints, reduced modulo the prime."""
    return plain(value * MONTGOMERY % prime.modulus for value in values)


def decode(prime: Prime, array: np.ndarray) -> list[int]:
    """The canonical ints in an array of Montgomery words."""
    inverse = pow(MONTGOMERY, -1, prime.modulus)
    return [value * inverse % prime.modulus for value in from_plain(array)]


def is_canonical(prime: Prime, array: np.ndarray) -> bool:
    """Whether every row is below the modulus; compares word by word from the top."""
    below = np.zeros(len(array), dtype=bool)
    equal_so_far = np.ones(len(array), dtype=bool)
    for i in reversed(range(WORDS)):
        word = np.uint64(prime.modulus >> (64 * i) & (2**64 - 1))
        below |= equal_so_far & (array[:, i] < word)
        equal_so_far &= array[:, i] == word
    return bool(below.all())
