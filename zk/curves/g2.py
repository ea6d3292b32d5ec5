"""Converts points of G2 to arrays (n, 2, 2, 4) of Montgomery words and back.  No kernels and no Numba."""

from collections.abc import Iterable

import numpy as np

from zk.curves import bn254
from zk.curves.bn254 import G2Point
from zk.fields import array
from zk.fields.prime import FP

SHAPE = (2, 2, 4)


def encode(points: Iterable[G2Point | None]) -> np.ndarray:
    """(n, 2, 2, 4) Montgomery words: x.c0, x.c1, y.c0, y.c1.  The identity, None, becomes zeros."""
    coordinates = [(0, 0, 0, 0) if point is None else (*point.x, *point.y) for point in points]
    return array.encode(FP, [c for four in coordinates for c in four]).reshape(-1, *SHAPE)


def decode(points: np.ndarray) -> list[G2Point | None]:
    """The points in an array from `encode` or a kernel.  They are not checked."""
    values = array.decode(FP, points.reshape(-1, 4))
    fours = zip(values[::4], values[1::4], values[2::4], values[3::4], strict=True)
    return [G2Point((x0, x1), (y0, y1)) if x0 or x1 or y0 or y1 else None for x0, x1, y0, y1 in fours]


GENERATOR = encode([bn254.G2])
