"""Sparse matrices over Fr: matrix times vector, and vector times matrix.

Row i of a matrix is terms[starts[i]:starts[i+1]], pairs (wire, index of a coefficient).  The first two coefficients are
1 and -1, which cost no product.  Vectors are (n, 4) Montgomery words.  Indices are trusted: the types that hold
matrices check them.
"""

import numpy as np

from zk.fields import fr, memory
from zk.ntt import ntt
from zk.r1cs import witness
from zk.runtime.jit import inner, kernel

ONE, MINUS_ONE = 0, 1  # the indices of 1 and -1 among the coefficients
_GENERAL = 2  # stands for any other coefficient, and for a row of several terms


@inner
def _single(row, starts, terms):
    """The coefficient index of a row with one term, or `_GENERAL` for other rows."""
    first = starts[row]
    return terms[first, 1] if starts[row + 1] == first + 1 else _GENERAL


@inner
def _copy(starts, terms, vector, bits, column):
    """The rows that are a wire or its negative, as most rows of most circuits are.  No product."""
    for i in range(starts.shape[0] - 1):
        place = _single(i, starts, terms)
        if place <= MINUS_ONE:
            value = memory.load(vector, terms[starts[i], 0])
            memory.store(column, ntt.reverse_bits(i, bits), fr.neg(value) if place == MINUS_ONE else value)


@kernel
def times_vector(
    starts: np.ndarray, terms: np.ndarray, coefficients: np.ndarray, vector: np.ndarray, bits: int, column: np.ndarray
) -> None:
    """column[i with its bits reversed] = <row i, vector>, 0 beyond the last row."""
    rows = starts.shape[0] - 1
    _copy(starts, terms, vector, bits, column)
    for i in range(rows):
        if _single(i, starts, terms) > MINUS_ONE:
            value = witness.combination(i, starts, terms, coefficients, vector, fr.ZERO)
            memory.store(column, ntt.reverse_bits(i, bits), value)
    for i in range(rows, column.shape[0]):
        memory.store(column, ntt.reverse_bits(i, bits), fr.ZERO)


@kernel
def add_columns(
    starts: np.ndarray, terms: np.ndarray, coefficients: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> None:
    """columns[j] += Σ_i rows[i]·matrix[i, j].  1 mul for each term."""
    for i in range(starts.shape[0] - 1):
        value = memory.load(rows, i)
        for k in range(starts[i], starts[i + 1]):
            wire, place = terms[k, 0], terms[k, 1]
            total = memory.load(columns, wire)
            if place == ONE:
                total = fr.add(total, value)
            elif place == MINUS_ONE:
                total = fr.sub(total, value)
            else:
                total = fr.add(total, fr.mul(memory.load(coefficients, place), value))
            memory.store(columns, wire, total)
