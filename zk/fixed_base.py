"""Many multiples of the generators, as key generation needs them: no doublings, only additions of table entries.

The table holds k·2^(bits·i)·generator for every window i and digit magnitude k, so a multiple is the sum of one entry
for each of its digits.  These sums are the groups of `zk.curves.sums`, whose additions share their inversions.
Source: Brickell, Gordon, McCurley, Wilson, "Fast exponentiation with precomputation" (1992).
"""

from functools import lru_cache

import numpy as np

from zk import digits, parallel
from zk.curves import g1 as g1_arrays
from zk.curves import g2 as g2_arrays
from zk.curves import sums, weierstrass
from zk.fields import array
from zk.fields.prime import FR
from zk.jit import kernel

_BITS = 8
_WINDOWS = digits.windows(_BITS)
_LARGEST = max(digits.magnitudes(_BITS))
_CHUNK = 1024  # scalars a task; its first round of sums then stays near the core's cache


@kernel
def _fill_table(base, largest, bits, table):
    """table[i·largest + k - 1] = k·2^(bits·i)·base[0] in XYZZ form."""
    step = weierstrass.from_affine(weierstrass.load(base, 0))
    for i in range(0, table.shape[0], largest):
        multiple = step
        for k in range(largest):
            weierstrass.store_xyzz(table, i + k, multiple)
            multiple = weierstrass.add(multiple, step)
        for _ in range(bits):
            step = weierstrass.double(step)


@kernel
def _multiples(table, recoded, bits, largest, count):
    """The multiple of each recoded scalar, as affine points."""
    entries = np.empty(recoded.shape[0] * count, np.int32)
    starts = np.zeros(recoded.shape[0] + 1, np.int64)
    found = 0
    for i in range(recoded.shape[0]):
        for window in range(count):
            digit = digits.digit(recoded, i, window, bits, count)
            if digit != 0:
                entries[found] = 2 * (window * largest + abs(digit) - 1) + (digit < 0)
                found += 1
        starts[i + 1] = found
    return sums.of_groups(table, entries[:found], starts)


@lru_cache(maxsize=2)
def _table(is_g2: bool) -> np.ndarray:
    """The affine table of a group's generator: 256 KiB for G1, 512 KiB for G2."""
    generator = g2_arrays.GENERATOR if is_g2 else g1_arrays.GENERATOR
    size, shape = _WINDOWS * _LARGEST, generator.shape[1:]
    points = np.empty((size, 4, *shape[1:]), np.uint64)
    _fill_table(generator, _LARGEST, _BITS, points)
    table = np.empty((size, *shape), np.uint64)
    weierstrass.normalise(points, table)
    return table


def _multiply(is_g2: bool, scalars: np.ndarray) -> np.ndarray:
    if scalars.shape[1:] != (4,) or not array.is_canonical(FR, scalars):
        raise ValueError("a scalar is not below r")
    table = _table(is_g2)
    recoded = np.empty((len(scalars), 4), np.uint64)
    digits.recode(np.require(scalars, np.uint64, ["C", "W"]), array.plain([digits.offset(_BITS)]), recoded)
    chunks = [recoded[first : first + _CHUNK] for first in range(0, len(recoded), _CHUNK)]
    made = parallel.map(lambda chunk: _multiples(table, chunk, _BITS, _LARGEST, _WINDOWS), chunks)
    return np.concatenate([np.empty((0, *table.shape[1:]), np.uint64), *made])


def g1(scalars: np.ndarray) -> np.ndarray:
    """The multiples of G1's generator by (n, 4) plain words, as (n, 2, 4).  Raises ValueError for one not below r."""
    return _multiply(False, scalars)


def g2(scalars: np.ndarray) -> np.ndarray:
    """The multiples of G2's generator by (n, 4) plain words, as (n, 2, 2, 4).  Raises as `g1`."""
    return _multiply(True, scalars)
