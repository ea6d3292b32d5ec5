"""Sums of points by the columns of a sparse matrix: Σ_i M[i, j]·P_i for every column j, with one point for each row i.

A term with coefficient 1 or -1 contributes the point of its row or its negative.  Other coefficients need a multiple of
that point, which is computed once for each distinct pair of a row and a coefficient up to sign (zk/msm/pointwise.py).
The terms of each column are then added with shared inversions (zk/msm/batch_affine.py).  So a term costs an addition,
and a distinct coefficient a multiplication.

Points are arrays (n, 2, 4) or (n, 2, 2, 4) of Montgomery words and must be in their group.  Coefficients are (n, 4)
plain words below r.
"""

from dataclasses import dataclass

import numpy as np

from zk import entropy
from zk.fields import array
from zk.fields.prime import WORDS, R
from zk.msm import group_sums, pointwise
from zk.runtime import parallel
from zk.runtime.progress import Progress, silent

_NOTHING = -1  # the entry of a term that is zero
_WORD_MASK = (1 << 64) - 1
_ONE = array.plain([1])[0]
_TASK_TERMS = 1 << 16  # additions in a task: a hundredth of a second


@dataclass(frozen=True)
class Terms:
    """The terms of a matrix with `num_rows` rows, ready for any points of its rows.

    The array that `with_multiples` makes has the points of the rows first.  Behind them, at place num_rows + k, is the
    multiple scalars[k] of the point of row bases[k].
    """

    num_rows: int
    bases: np.ndarray  # int64 (m,)
    scalars: np.ndarray  # uint64 (m, 4)
    columns: np.ndarray  # int64 (n,): the column of each term
    entries: np.ndarray  # int64 (n,): twice the place of its point, plus 1 to subtract it; negative for a zero term


def terms(num_rows: int, rows: np.ndarray, columns: np.ndarray, values: np.ndarray) -> Terms:
    """The terms values[k] at row rows[k] and column columns[k].  Several may share a row and column."""
    is_negative = _subtract((R - 1) // 2, values)[1]
    scalars = np.where(is_negative[:, np.newaxis], _subtract(R, values)[0], values)
    is_one, is_zero = (scalars == _ONE).all(axis=1), ~scalars.any(axis=1)
    others = np.flatnonzero(~(is_one | is_zero))
    first, places = _distinct(rows[others], scalars[others])
    entries = 2 * rows.astype(np.int64) + is_negative
    entries[others] = 2 * (num_rows + places) + is_negative[others]
    entries[is_zero] = _NOTHING
    multiplied = others[first]
    return Terms(num_rows, rows[multiplied].astype(np.int64), scalars[multiplied], columns.astype(np.int64), entries)


def with_multiples(terms: Terms, points: np.ndarray, progress: Progress = silent) -> np.ndarray:
    """The points of the rows, followed by the multiples that the terms need.  Not to be called from a pool task."""
    points = np.require(points, np.uint64, ["C"])
    return np.concatenate([points, pointwise.multiply(points[terms.bases], terms.scalars, progress)])


def sums(points: np.ndarray, columns: np.ndarray, entries: np.ndarray, num_columns: int) -> np.ndarray:
    """The sum of each column as affine points, zeros for an empty column.

    `entries` refer to places among the points as those of `Terms` do.  Not to be called from a pool task.
    """
    order = np.argsort(columns, kind="stable")
    order = order[entries[order] >= 0]
    entries = entries[order].astype(np.int32)
    starts = np.zeros(num_columns + 1, np.int64)
    np.cumsum(np.bincount(columns[order], minlength=num_columns), out=starts[1:])
    ends = np.unique(np.searchsorted(starts, np.arange(_TASK_TERMS, starts[-1] + _TASK_TERMS, _TASK_TERMS)))
    bounds = np.unique(np.concatenate([[0], np.minimum(ends, num_columns), [num_columns]]))

    def part(task: int) -> np.ndarray:
        begin, end = bounds[task], bounds[task + 1]
        part_starts = starts[begin : end + 1]
        part_entries = entries[part_starts[0] : part_starts[-1]]
        return group_sums.sum_groups(points, part_entries, part_starts - part_starts[0])

    return np.concatenate([points[:0], *parallel.map(part, range(len(bounds) - 1))])


def _distinct(rows: np.ndarray, scalars: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first place of each distinct (row, scalar), and for every pair its number among the distinct ones."""
    pairs = np.column_stack([rows.astype(np.uint64), scalars])
    while True:
        # Sorting 64-bit hashes is faster than sorting rows of 40 bytes.  A collision shows below: hash anew.
        _, first, places = np.unique(_hashed(pairs), return_index=True, return_inverse=True)
        if np.array_equal(pairs[first][places], pairs):
            return first, places


def _hashed(rows: np.ndarray) -> np.ndarray:
    """A 64-bit hash of each row: twice the upper half of Σ key·half, a random 64-bit key for each 32-bit half-word.

    Any two rows collide with probability 2^-64, even rows chosen by an attacker.  (Lemire, Kaser, "Strongly universal
    string hashing is fast", 2014, section 3.)
    """
    halves = rows.view(np.uint32).astype(np.uint64)
    keys = np.frombuffer(entropy.token(16 * halves.shape[1]), np.uint64).reshape(-1, 2)
    both = halves @ keys >> np.uint64(32)
    return both[:, 0] << np.uint64(32) | both[:, 1]


def _subtract(number: int, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """number - value modulo 2^256 for every row, and whether the difference is negative."""
    result, borrow = np.empty_like(values), np.zeros(len(values), bool)
    for i in range(WORDS):
        word = np.uint64(number >> 64 * i & _WORD_MASK)
        result[:, i] = word - values[:, i] - borrow
        borrow = (values[:, i] > word) | ((values[:, i] == word) & borrow)
    return result, borrow
