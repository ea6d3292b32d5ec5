"""Tables of roots of unity: the factors that butterflies multiply by, in the order they need them.

All tables come from one list, whose row i is w^j for a 2N-th root of unity w and the index j that is i with its log N
bits reversed.  Block b of m, in any layer, needs row b of the list for the N-th roots and row m + b for the odd coset.

Where the lanes hold places of the same block, all need the same root: `shared` has these as rows of FACTOR_WORDS words.
In the last layers, with halves of 4, 2 and 1 rows, each lane is a block: `lanes` has for every eight blocks 1 + 2 + 4
rows of factors, one for each lane.  On the coset every factor is used once, so the tables, 80 bytes a factor and N
factors, are read sequentially.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from zk.fields import array, fr, memory, shoup
from zk.fields.prime import FR
from zk.ntt import butterflies
from zk.runtime import cpu
from zk.runtime.jit import kernel

LANES = cpu.LANES
LANE_ROOTS = butterflies.LANE_ROOTS
SMALLEST = LANES * LANES  # rows of a transform in lanes


class Roots(NamedTuple):
    """The factors of one transform."""

    coset: int  # 1 for the odd coset, else 0
    shared: np.ndarray  # (N / LANES, FACTOR_WORDS); (N, 4) Montgomery words for a transform too small for lanes
    lanes: np.ndarray  # (LANE_ROOTS·N / SMALLEST, FACTOR_WORDS·LANES) for this coset
    scale: np.ndarray  # (1, FACTOR_WORDS·LANES): 1/N


@lru_cache(maxsize=16)
def table(log_size: int, coset: int, is_inverse: bool) -> Roots:
    """The roots or their inverses for a transform of 2^log_size points, log_size in 0..27."""
    size, exponent = 1 << log_size, -1 if is_inverse else 1
    steps = array.encode(FR, [pow(FR.root_of_unity(i + 2), exponent, FR.modulus) for i in range(log_size)])
    rows = np.empty((size, 4), dtype=np.uint64)
    _fill(rows, steps)
    scale = array.encode(FR, [pow(size, -1, FR.modulus)] * LANES)
    if size < SMALLEST:
        return Roots(coset, rows, np.empty((0, shoup.FACTOR_WORDS * LANES), np.uint64), scale)
    groups = size // SMALLEST
    shared = np.empty((size // LANES, shoup.FACTOR_WORDS), np.uint64)
    lanes = np.empty((LANE_ROOTS * groups, shoup.FACTOR_WORDS * LANES), np.uint64)
    scratch = np.empty((1, shoup.FACTOR_WORDS * LANES), np.uint64)
    _precompute_shared(rows, shared, scratch)
    _precompute_lanes(rows, lanes, coset * groups)
    return Roots(coset, shared, lanes, precomputed(scale))


def precomputed(rows: np.ndarray) -> np.ndarray:
    """(n, FACTOR_WORDS·LANES): factors from (n·LANES, 4) Montgomery words."""
    result = np.empty((len(rows) // LANES, shoup.FACTOR_WORDS * LANES), np.uint64)
    _precompute(rows, result)
    return result


@kernel
def _fill(rows: np.ndarray, steps: np.ndarray) -> None:
    """rows[2^k + j] = rows[j]·steps[k] for j < 2^k, from rows[0] = 1."""
    memory.store(rows, 0, fr.ONE)
    for k in range(steps.shape[0]):
        step = memory.load(steps, k)
        for j in range(1 << k):
            memory.store(rows, (1 << k) + j, fr.mul(memory.load(rows, j), step))


@kernel
def _precompute(rows: np.ndarray, result: np.ndarray) -> None:
    """Row i of `result` holds the factors of LANES rows of `rows`."""
    for i in range(result.shape[0]):
        memory.spill(result, i, shoup.precompute(memory.load_lanes(rows, i * LANES, 1)))


@kernel
def _precompute_shared(rows: np.ndarray, shared: np.ndarray, scratch: np.ndarray) -> None:
    """shared[i] = the factor of rows[i]; `scratch` has one row."""
    for i in range(0, shared.shape[0], LANES):
        memory.spill(scratch, 0, shoup.precompute(memory.load_lanes(rows, i, 1)))
        for lane in range(LANES):
            for word in range(shoup.FACTOR_WORDS):
                shared[i + lane, word] = scratch[0, word * LANES + lane]


@kernel
def _precompute_lanes(rows: np.ndarray, lanes: np.ndarray, first: int) -> None:
    """For each group of LANES blocks from `first`: each block's 1, 2 and 4 roots of the last three layers."""
    place = 0
    for block in range(first * LANES, first * LANES + lanes.shape[0] // max(1, LANE_ROOTS) * LANES, LANES):
        count = 1
        while count < LANES:
            for i in range(count):
                values = memory.load_lanes(rows, count * block + i, count)
                memory.spill(lanes, place, shoup.precompute(values))
                place += 1
            count *= 2
