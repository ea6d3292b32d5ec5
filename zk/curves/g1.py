"""Converts points of G1 to arrays (n, 2, 4) of Montgomery words and back.  No kernels and no Numba."""

from collections.abc import Iterable

import numpy as np

from zk.curves import bn254
from zk.curves.bn254 import G1Point
from zk.fields import array
from zk.fields.prime import FP

SHAPE = (2, 4)


def encode(points: Iterable[G1Point | None]) -> np.ndarray:
    """(n, 2, 4) Montgomery words.  The identity, None, becomes zeros."""
    coordinates = [(0, 0) if point is None else (point.x, point.y) for point in points]
    return array.encode(FP, [c for pair in coordinates for c in pair]).reshape(-1, *SHAPE)


def decode(points: np.ndarray) -> list[G1Point | None]:
    """The points in an array from `encode` or a kernel.  They are not checked."""
    values = array.decode(FP, points.reshape(-1, 4))
    return [G1Point(x, y) if x or y else None for x, y in zip(values[::2], values[1::2], strict=True)]


GENERATOR = encode([bn254.G1])
