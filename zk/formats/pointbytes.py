"""Points as the bytes that ceremonies hash, whole arrays at once: big-endian, as ffjavascript writes them.

    uncompressed    x | y               64 bytes in G1, 128 in G2; the identity is all zero
    compressed      x, with the sign of y in its top bits   32 bytes in G1, 64 in G2
                    the first byte has the bit 80 when y > -y, and 40 for the identity, whose other bits are 0

A coordinate in G2 is c1 | c0, and its sign is that of c1, or of c0 when c1 = 0.  Both moduli leave the top two bits
free.  The points are rows of affine Montgomery words: (n, 2, 4) or (n, 2, 2, 4).

Source: wasmcurves, "build_curve_jacobian_a0.js", LEMtoU and LEMtoC.
"""

from itertools import pairwise

import numpy as np

from zk.fields import array, conversion
from zk.fields.prime import FP, WORDS, P
from zk.runtime import parallel

_NEGATIVE, _IDENTITY = 0x80, 0x40
_SPLIT_ABOVE = 4096  # coordinates; fewer are one task


def uncompressed(points: np.ndarray) -> np.ndarray:
    """(n, 64) bytes of points of G1, (n, 128) of G2.  Not to be called from a pool task."""
    return _big_endian(_to_plain(points))


def compressed(points: np.ndarray) -> np.ndarray:
    """(n, 32) bytes of points of G1, (n, 64) of G2.  Not to be called from a pool task."""
    plain = _to_plain(points)
    data = _big_endian(plain[:, :1])
    data[_is_above_half(plain[:, 1].reshape(len(points), -1, WORDS)), 0] |= _NEGATIVE
    data[~plain.reshape(len(points), -1).any(axis=1), 0] = _IDENTITY
    return data


def _to_plain(rows: np.ndarray) -> np.ndarray:
    """Plain words of Montgomery words of Fp, converted by all threads."""
    source = np.require(rows, np.uint64, ["C", "A", "W"]).reshape(-1, WORDS)
    result = np.empty(source.shape, np.uint64)
    tasks = parallel.threads() if len(source) > _SPLIT_ABOVE else 1
    ends = [len(source) * i // tasks for i in range(tasks + 1)]
    parallel.map(lambda part: conversion.to_plain(FP, source[slice(*part)], result[slice(*part)]), pairwise(ends))
    return result.reshape(rows.shape)


def _big_endian(plain: np.ndarray) -> np.ndarray:
    """(n, bytes) of coordinates (n, k, …), each as one big-endian number."""
    words = plain.reshape(*plain.shape[:2], -1)[:, :, ::-1].astype(">u8")
    return words.view(np.uint8).reshape(len(plain), -1)


def _is_above_half(parts: np.ndarray) -> np.ndarray:
    """Whether each element (n, k, 4), plain words, is above (p - 1) / 2, decided by its last part that is not 0."""
    half = array.plain([(P - 1) // 2])[0]
    above = np.zeros(len(parts), bool)
    for part in np.moveaxis(parts, 1, 0):
        is_zero, greater = ~part.any(axis=1), np.zeros(len(parts), bool)
        for word in range(WORDS):
            greater = (part[:, word] > half[word]) | ((part[:, word] == half[word]) & greater)
        above = np.where(is_zero, above, greater)
    return above
