"""Sums of points by the columns of a sparse matrix: Σ_i M[i, j]·P_i for every column j, with one point for each row i.

A term of the matrix with the coefficient 1 or -1 is the point of its row, or its negative, as it is.  Others need a
multiple of it, made once for each pair of a row and a coefficient up to its sign (zk/msm/pointwise.py).  Then the
terms of each column are added with shared inversions (zk/msm/batch_affine.py): a term costs an addition, a coefficient a
multiplication.

Points are arrays (n, 2, 4) or (n, 2, 2, 4) of Montgomery words, all of them in their groups; coefficients are (n, 4)
plain words below r.
"""

from dataclasses import dataclass

import numpy as np

from zk import entropy
from zk.fields import array
from zk.fields.prime import WORDS, R
from zk.msm import batch_affine, pointwise
from zk.runtime import parallel
from zk.runtime.progress import Progress, silent

_NOTHING = -1  # the place of a term that adds nothing
_WORD_MASK = (1 << 64) - 1
_ONE = array.plain([1])[0]
_TASK_TERMS = 1 << 16  # of an addition; a hundredth of a second


@dataclass(frozen=True)
class Terms:
    """The terms of a matrix with so many rows, prepared for any points of its rows.

    The points of the rows are followed by the multiples: point bases[k] times scalars[k] is at place rows + k.
    """

    rows: int
    bases: np.ndarray  # int64 (m,)
    scalars: np.ndarray  # uint64 (m, 4)
    columns: np.ndarray  # int64 (n,): of each term
    entries: np.ndarray  # int64 (n,): twice the place of its point, and 1 more to take it off; below 0 for nothing


def prepare(rows: int, bases: np.ndarray, columns: np.ndarray, values: np.ndarray) -> Terms:
    """The terms values[k] at row bases[k] and column columns[k], of which several may be in one place."""
    is_negative = _subtract((R - 1) // 2, values)[1]
    scalars = np.where(is_negative[:, np.newaxis], _subtract(R, values)[0], values)
    is_single, is_zero = (scalars == _ONE).all(axis=1), ~scalars.any(axis=1)
    others = np.flatnonzero(~(is_single | is_zero))
    first, places = _distinct(bases[others], scalars[others])
    entries = 2 * bases.astype(np.int64) + is_negative
    entries[others] = 2 * (rows + places) + is_negative[others]
    entries[is_zero] = _NOTHING
    made = others[first]
    return Terms(rows, bases[made].astype(np.int64), scalars[made], columns.astype(np.int64), entries)


def expand(terms: Terms, points: np.ndarray, progress: Progress = silent) -> np.ndarray:
    """The points of the rows and behind them the multiples.  Not to be called from a task of the pool."""
    points = np.require(points, np.uint64, ["C"])
    return np.concatenate([points, pointwise.multiply(points[terms.bases], terms.scalars, progress)])


def add_up(points: np.ndarray, columns: np.ndarray, entries: np.ndarray, count: int) -> np.ndarray:
    """The sum of each of `count` columns, affine points, all zero where there is nothing to add.

    `entries` name places among the points as those of `Terms` do.  Not to be called from a task of the pool.
    """
    order = np.argsort(columns, kind="stable")
    order = order[entries[order] >= 0]
    entries = entries[order].astype(np.int32)
    starts = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(columns[order], minlength=count), out=starts[1:])
    ends = np.unique(np.searchsorted(starts, np.arange(_TASK_TERMS, starts[-1] + _TASK_TERMS, _TASK_TERMS)))
    bounds = np.unique(np.concatenate([[0], np.minimum(ends, count), [count]]))

    def part(task: int) -> np.ndarray:
        begin, end = bounds[task], bounds[task + 1]
        inside = starts[begin : end + 1]
        return batch_affine.of_groups(points, entries[inside[0] : inside[-1]], inside - inside[0])

    return np.concatenate([points[:0], *parallel.map(part, range(len(bounds) - 1))])


def _distinct(bases: np.ndarray, scalars: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first place of each distinct pair of a base and a scalar, and of every pair its number among those.

    Pairs are told apart by a hash with random weights, and what it says is checked.
    """
    rows = np.column_stack([bases.astype(np.uint64), scalars])
    while True:
        _, first, places = np.unique(_hashed(rows), return_index=True, return_inverse=True)
        if np.array_equal(rows[first][places], rows):
            return first, places


def _hashed(rows: np.ndarray) -> np.ndarray:
    """64 bits of each row: twice the upper half of Σ weight·half, each half of a word with a random weight of 64 bits.

    Two rows, whoever chose them, have the same hash with probability 2^-64.  (Lemire, Kaser, "Strongly universal string
    hashing is fast", 2014, section 3.)
    """
    halves = rows.view(np.uint32).astype(np.uint64)
    weights = np.frombuffer(entropy.token(16 * halves.shape[1]), np.uint64).reshape(-1, 2)
    both = halves @ weights >> np.uint64(32)
    return both[:, 0] << np.uint64(32) | both[:, 1]


def _subtract(number: int, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """number - value modulo 2^256 for every row, and whether it is below zero."""
    result, borrow = np.empty_like(values), np.zeros(len(values), bool)
    for i in range(WORDS):
        word = np.uint64(number >> 64 * i & _WORD_MASK)
        result[:, i] = word - values[:, i] - borrow
        borrow = (values[:, i] > word) | ((values[:, i] == word) & borrow)
    return result, borrow
