"""Vectors of wires, (n, 4) Montgomery words: whether they are reduced, and how, and where, two of them differ."""

import numpy as np

from zk.fields import fr, memory
from zk.fields.prime import R
from zk.fields.words import ONE_WORD, ZERO_WORD, sbb, words
from zk.runtime.jit import kernel

_R = words(R)


@kernel
def are_reduced(rows: np.ndarray) -> bool:
    """Whether every row is below r."""
    are_below = ONE_WORD
    for i in range(rows.shape[0]):
        row = memory.load(rows, i)
        _, borrow = sbb(row[0], _R[0], ZERO_WORD)
        _, borrow = sbb(row[1], _R[1], borrow)
        _, borrow = sbb(row[2], _R[2], borrow)
        _, borrow = sbb(row[3], _R[3], borrow)
        are_below &= borrow
    return are_below == ONE_WORD


@kernel
def subtract(left: np.ndarray, right: np.ndarray, result: np.ndarray) -> None:
    """result[i] = left[i] - right[i]."""
    for i in range(left.shape[0]):
        memory.store(result, i, fr.sub(memory.load(left, i), memory.load(right, i)))


@kernel
def count_different(left: np.ndarray, right: np.ndarray) -> int:
    """In how many rows they differ."""
    count = 0
    for i in range(left.shape[0]):
        a, b = memory.load(left, i), memory.load(right, i)
        if a[0] != b[0] or a[1] != b[1] or a[2] != b[2] or a[3] != b[3]:
            count += 1
    return count
