"""Sums of a few points in XYZZ form, one after the other, where affine ones would need an inversion each.

Points are rows (n, 4, …) of Montgomery words in XYZZ form (zk/curves/weierstrass.py).
"""

import numpy as np

from zk.curves import weierstrass
from zk.runtime.jit import kernel

_WINDOW = 4
_DIGITS = 64 // _WINDOW  # in a word


@kernel
def add(points: np.ndarray, result: np.ndarray) -> None:
    """result[0] = Σ points[i]."""
    total = weierstrass.load_xyzz(points, 0)
    for i in range(1, points.shape[0]):
        total = weierstrass.add(total, weierstrass.load_xyzz(points, i))
    weierstrass.store_xyzz(result, 0, total)


@kernel
def add_multiples(points: np.ndarray, scalars: np.ndarray, result: np.ndarray) -> None:
    """result[0] += Σ scalars[i]·points[i], for rows of plain words.  256 doublings, and 80 additions for each point.

    Not constant-time: it passes over digits that are 0.  (Straus, "Addition chains of vectors", 1964.)
    """
    count = points.shape[0]
    table = np.empty((count << _WINDOW,) + points.shape[1:], np.uint64)
    total = weierstrass.identity_xyzz(weierstrass.load_xyzz(points, 0)[0])
    for i in range(count):
        point = weierstrass.load_xyzz(points, i)
        multiple = point
        for k in range(1, 1 << _WINDOW):
            weierstrass.store_xyzz(table, (i << _WINDOW) + k, multiple)
            multiple = weierstrass.add(multiple, point)
    for place in range(4 * _DIGITS - 1, -1, -1):
        for _ in range(_WINDOW):
            total = weierstrass.double(total)
        for i in range(count):
            word = scalars[i, place // _DIGITS] >> np.uint64(_WINDOW * (place % _DIGITS))
            digit = np.int64(word & np.uint64((1 << _WINDOW) - 1))
            if digit:
                total = weierstrass.add(total, weierstrass.load_xyzz(table, (i << _WINDOW) + digit))
    weierstrass.store_xyzz(result, 0, weierstrass.add(total, weierstrass.load_xyzz(result, 0)))


def total(*points: np.ndarray) -> np.ndarray:
    """(1, 4, …): the sum of points of one group, arrays (1, 4, …) in XYZZ form or (1, 2, …) affine."""
    rows = np.concatenate([point if point.shape[1] == 4 else lifted(point) for point in points])
    result = np.empty_like(rows[:1])
    add(rows, result)
    return result


def lifted(points: np.ndarray) -> np.ndarray:
    """(n, 4, …): affine points, (n, 2, …), in XYZZ form."""
    result = np.empty((len(points), 4, *points.shape[2:]), np.uint64)
    _lift(points, result)
    return result


@kernel
def _lift(points: np.ndarray, result: np.ndarray) -> None:
    """result[i] = points[i] in XYZZ form."""
    for i in range(points.shape[0]):
        weierstrass.store_xyzz(result, i, weierstrass.from_affine(weierstrass.load(points, i)))


def affine(*points: np.ndarray) -> np.ndarray:
    """(n, 2, …): points in XYZZ form, each (1, 4, …), in affine form, with one inversion for all."""
    rows = np.concatenate(points)
    result = np.empty((len(rows), 2, *rows.shape[2:]), np.uint64)
    weierstrass.normalise(rows, result)
    return result
