"""Points and bytes as rows of Montgomery words, converted in lanes: for whoever has loaded the kernels.

zk/curves/g1.py and g2.py do the same with Python's integers.
"""

from collections.abc import Sequence

import numpy as np

from zk.curves import g1, g2
from zk.curves.bn254 import G1Point, G2Point
from zk.fields import array, conversion
from zk.fields.prime import FP, WORDS, Prime
from zk.fields.words import words


def of_g1(points: Sequence[G1Point]) -> np.ndarray:
    """(n, 2, 4) Montgomery words: what g1.encode returns, converted in lanes."""
    plain = array.plain(coordinate for point in points for coordinate in (point.x, point.y))
    return conversion.from_plain(FP, plain).reshape(-1, *g1.SHAPE)


def of_g2(points: Sequence[G2Point]) -> np.ndarray:
    """(n, 2, 2, 4) Montgomery words: what g2.encode returns, converted in lanes."""
    plain = array.plain(coordinate for point in points for coordinate in (*point.x, *point.y))
    return conversion.from_plain(FP, plain).reshape(-1, *g2.SHAPE)


def from_bytes(prime: Prime, data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """The Montgomery words (n, 4) of n numbers of 32 big-endian bytes, and whether each is below the modulus.

    The row of one that is not is zero.
    """
    plain = np.frombuffer(data, ">u8").reshape(-1, WORDS)[:, ::-1].astype(np.uint64)
    are_reduced = _are_below(prime.modulus, plain)
    plain[~are_reduced] = 0
    return conversion.from_plain(prime, plain), are_reduced


def _are_below(modulus: int, plain: np.ndarray) -> np.ndarray:
    """Whether each row of plain words is below the modulus; compares word by word from the top."""
    below, equal_so_far = np.zeros(len(plain), bool), np.ones(len(plain), bool)
    for column, word in reversed(list(zip(plain.T, words(modulus), strict=True))):
        below |= equal_so_far & (column < word)
        equal_so_far &= column == word
    return below
