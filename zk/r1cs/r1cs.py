"""Rank-1 constraint systems: A·w ∘ B·w = C·w over a prime field, as three sparse matrices.

The vector w is the witness: one value for each wire.  Wire 0 is the constant one, wires 1 to num_public are the public
inputs.  Coefficients are canonical ints in [1, modulus), rows are sorted by wire.  (Groth16, section 2.3, writes the
same system as a quadratic arithmetic program.)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

Row = list[tuple[int, int]]


@dataclass(frozen=True)
class SparseMatrix:
    """Compressed sparse rows: row i is columns[starts[i]:starts[i+1]], its wires, and the values beside them."""

    starts: np.ndarray  # int64 (rows + 1,)
    columns: np.ndarray  # int32 (non-zeros,)
    values: list[int]

    def rows(self) -> Iterator[Row]:
        """Each row as a list of (wire, value)."""
        wires, starts = self.columns.tolist(), self.starts.tolist()
        for start, end in pairwise(starts):
            yield list(zip(wires[start:end], self.values[start:end], strict=True))

    def row(self, index: int) -> Row:
        """Row `index` as a list of (wire, value)."""
        start, end = int(self.starts[index]), int(self.starts[index + 1])
        return list(zip(self.columns[start:end].tolist(), self.values[start:end], strict=True))


@dataclass(frozen=True)
class R1CS:
    """The constraints <a_i, w>·<b_i, w> = <c_i, w> on witnesses w of `num_wires` field elements with w[0] = 1."""

    modulus: int
    num_wires: int
    num_public: int
    a: SparseMatrix
    b: SparseMatrix
    c: SparseMatrix

    @property
    def num_constraints(self) -> int:
        """The number of constraints."""
        return len(self.a.starts) - 1


def matrix(rows: Sequence[Row]) -> SparseMatrix:
    """The sparse matrix with these rows: lists of (wire, value) with distinct wires in ascending order."""
    starts = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, rows), dtype=np.int64, count=len(rows)), out=starts[1:])
    wires = np.fromiter((wire for row in rows for wire, _ in row), dtype=np.int32, count=int(starts[-1]))
    return SparseMatrix(starts, wires, [value for row in rows for _, value in row])


def evaluate(row: Row, witness: Sequence[int], modulus: int) -> int:
    """<row, witness> modulo `modulus`."""
    return sum(value * witness[wire] for wire, value in row) % modulus


def first_unsatisfied(r1cs: R1CS, witness: Sequence[int]) -> int | None:
    """The index of the first constraint that the witness violates, or None when it satisfies all of them.

    Raises ValueError as `unsatisfied`.
    """
    return next(iter(unsatisfied(r1cs, witness)), None)


def unsatisfied(r1cs: R1CS, witness: Sequence[int]) -> list[int]:
    """The indices of all constraints that the witness violates, in order.

    Raises ValueError when the witness has the wrong length or its first value is not 1.
    """
    if len(witness) != r1cs.num_wires or witness[0] != 1:
        raise ValueError("a witness must have one value for each wire, and the first must be 1")
    values = np.array(witness, dtype=object)
    a, b, c = (_times(matrix, values) for matrix in (r1cs.a, r1cs.b, r1cs.c))
    return np.flatnonzero((a * b - c) % r1cs.modulus).tolist()


def _times(matrix: SparseMatrix, vector: np.ndarray) -> np.ndarray:
    """matrix·vector over the integers, as Python ints."""
    products = np.array(matrix.values, dtype=object) * vector[matrix.columns]
    sums = np.zeros(len(matrix.starts) - 1, dtype=object)
    is_filled = np.diff(matrix.starts) > 0
    if is_filled.any():
        sums[is_filled] = np.add.reduceat(products, matrix.starts[:-1][is_filled])
    return sums
