"""Multiples of points that are known in advance: no doublings, only additions of table entries.

The table holds k·2^(bits·i)·base for every base, window i and digit magnitude k, so Σ scalar·base is the sum of one
table entry for each nonzero digit.  zk/msm/group_sums.py adds them up.

Source: Brickell, Gordon, McCurley, Wilson, "Fast exponentiation with precomputation" (1992).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from zk.curves import g1 as g1_arrays
from zk.curves import g2 as g2_arrays
from zk.curves import weierstrass
from zk.fields import array
from zk.fields.prime import FR
from zk.msm import group_sums, recoding
from zk.msm.recoding import Windows
from zk.runtime import parallel
from zk.runtime.jit import kernel

_GENERATOR_BITS = 8
_CHUNK = 1024  # scalars in a task, so that its first round of sums stays near the core's cache


@dataclass(frozen=True, eq=False)
class Table:
    """The affine multiples of the bases: rows (bases · windows · largest digit, …)."""

    bases: int
    windows: Windows
    rows: np.ndarray


@kernel
def _fill_table(bases: np.ndarray, largest: int, bits: int, count: int, table: np.ndarray) -> None:
    """table[(b·count + i)·largest + k - 1] = k·2^(bits·i)·bases[b] in XYZZ form, for windows i < count."""
    for b in range(bases.shape[0]):
        step = weierstrass.from_affine(weierstrass.load(bases, b))
        for i in range(count):
            multiple = step
            for k in range(largest):
                weierstrass.store_xyzz(table, (b * count + i) * largest + k, multiple)
                multiple = weierstrass.add(multiple, step)
            for _ in range(bits):
                step = weierstrass.double(step)


@kernel
def _combinations(
    table: np.ndarray, recoded: np.ndarray, bases: int, windows: np.ndarray, largest: int
) -> np.ndarray:
    """Σ_b scalar·base_b for each run of `bases` recoded scalars, as affine points."""
    count, n = windows.shape[0], recoded.shape[1]
    digits = np.empty((count, n), np.uint32)
    for window in range(count):
        recoding.read(recoded, windows[window], digits[window])
    entries, starts, end = np.empty(n * count, np.int32), np.zeros(n // bases + 1, np.int64), 0
    for i in range(n):
        first = i % bases * count * largest
        for window in range(count):
            digit = digits[window, i]
            if digit > 1:
                entries[end] = 2 * (first + window * largest - 1) + digit
                end += 1
        starts[i // bases + 1] = end
    return group_sums.sum_groups(table, entries[:end], starts)


def table(bases: np.ndarray, bits: int) -> Table:
    """The table of these affine points, with windows of `bits` bits."""
    windows = recoding.windows(bits, recoding.SCALAR_BITS // bits + 1, 1)
    count, largest, shape = windows.table.shape[1], windows.largest, bases.shape[1:]
    points = np.empty((len(bases) * count * largest, 4, *shape[1:]), np.uint64)
    _fill_table(bases, largest, bits, count, points)
    rows = np.empty((len(points), *shape), np.uint64)
    weierstrass.normalise(points, rows)
    return Table(len(bases), windows, rows)


def combinations(table: Table, scalars: np.ndarray) -> np.ndarray:
    """Σ_b scalars[i·bases + b]·base_b for every i, affine, from (n·bases, 4) plain words.

    Raises ValueError for a scalar that is not below r.
    """
    recoded = np.empty((4, len(scalars)), np.uint64)
    if not recoding.recode(scalars, array.plain([table.windows.offset]), recoded):
        raise ValueError("a scalar is not below r")
    return _combinations(table.rows, recoded, table.bases, table.windows.table[0], table.windows.largest)


@lru_cache(maxsize=2)
def _generator(is_g2: bool) -> Table:
    """The table of the group's generator: 256 KiB for G1, 512 KiB for G2."""
    return table(g2_arrays.GENERATOR if is_g2 else g1_arrays.GENERATOR, _GENERATOR_BITS)


def _multiply(is_g2: bool, scalars: np.ndarray) -> np.ndarray:
    if scalars.shape[1:] != (4,) or not array.is_canonical(FR, scalars):
        raise ValueError("a scalar is not below r")
    generator, scalars = _generator(is_g2), np.require(scalars, np.uint64, ["C", "W"])
    chunks = [scalars[first : first + _CHUNK] for first in range(0, len(scalars), _CHUNK)]
    multiples = parallel.map(lambda chunk: combinations(generator, chunk), chunks)
    return np.concatenate([np.empty((0, *generator.rows.shape[1:]), np.uint64), *multiples])


def g1(scalars: np.ndarray) -> np.ndarray:
    """Scalar multiples (n, 2, 4) of G1's generator, for (n, 4) plain words.  Raises ValueError for a scalar >= r."""
    return _multiply(False, scalars)


def g2(scalars: np.ndarray) -> np.ndarray:
    """Scalar multiples (n, 2, 2, 4) of G2's generator, for (n, 4) plain words.  Raises as `g1`."""
    return _multiply(True, scalars)
