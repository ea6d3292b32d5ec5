"""Sparse matrices over Fr: matrices times vector, and vector times matrix.

Row i of a matrix is terms[starts[i]:starts[i+1]], pairs (wire, index of a coefficient).  The first two coefficients are
1 and -1.  Vectors are (n, 4) Montgomery words.  Indices are trusted: the types that hold matrices check them.

Products with a vector take two steps.  Many rows of a circuit's matrices are equal: a square has the same sum in A and
in B, and the next product has it again.  So first each distinct row is computed once, LANES of them side by side, and
then each place of a column takes the value of its row.  Rows are sorted by length, so that those side by side have
about as many terms; a shorter one ends in terms whose coefficient is zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zk.fields import accumulator, fr, memory
from zk.runtime import cpu
from zk.runtime.jit import inner, kernel

LANES = cpu.LANES
ONE, MINUS_ONE = 0, 1  # the indices of 1 and -1 among the coefficients
_PROBES = 8  # in the table of rows.  A row that finds no place there counts as distinct, and is only computed again
_MANY = accumulator.MANY

Matrix = tuple[np.ndarray, np.ndarray]  # starts and terms


@dataclass(frozen=True, eq=False)
class Products:
    """Some matrices, ready for products with vectors: a sequence of steps, each a term of LANES rows side by side."""

    steps: np.ndarray  # int64 (m + 1,): where the terms of each LANES rows begin, in steps
    wires: np.ndarray  # int32 (steps · LANES,)
    places: np.ndarray  # int32 (steps · LANES,): of coefficients
    coefficients: np.ndarray  # uint64 (k, 4), with zero behind them
    sources: np.ndarray  # int32 (matrices, N): the row of each place of a column

    @property
    def terms(self) -> int:
        """The number of terms of distinct rows."""
        return int(np.count_nonzero(self.places < len(self.coefficients) - 1))


@inner
def _are_equal(starts, terms, one, other):
    """Whether two rows have the same terms, in the same order."""
    length = starts[one + 1] - starts[one]
    if starts[other + 1] - starts[other] != length:
        return False
    for k in range(length):
        a, b = starts[one] + k, starts[other] + k
        if terms[a, 0] != terms[b, 0] or terms[a, 1] != terms[b, 1]:
            return False
    return True


@kernel
def _find_equal(starts: np.ndarray, terms: np.ndarray, table: np.ndarray, first: np.ndarray) -> None:
    """first[i] = the first row that is equal to row i.  `table` has a power of two of places, all -1."""
    last = table.shape[0] - 1
    for i in range(first.shape[0]):
        mixed = np.uint64(0)
        for k in range(starts[i], starts[i + 1]):
            mixed = (mixed ^ np.uint64(terms[k, 0])) * np.uint64(0x9E3779B97F4A7C15)
            mixed = (mixed ^ (mixed >> np.uint64(32)) ^ np.uint64(terms[k, 1])) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
        first[i] = i
        for probe in range(_PROBES):
            slot = np.int64(mixed >> np.uint64(1)) + probe & last
            if table[slot] < 0:
                table[slot] = i
                break
            if _are_equal(starts, terms, table[slot], i):
                first[i] = table[slot]
                break


@kernel
def _lay_out(
    starts: np.ndarray, terms: np.ndarray, rows: np.ndarray, steps: np.ndarray, wires: np.ndarray, places: np.ndarray
) -> None:
    """Writes the terms of rows[i] to lane i % LANES of the steps of its LANES rows."""
    for i in range(rows.shape[0]):
        begin, step = starts[rows[i]], steps[i // LANES]
        for k in range(starts[rows[i] + 1] - begin):
            place = (step + k) * LANES + i % LANES
            wires[place], places[place] = terms[begin + k, 0], terms[begin + k, 1]


def prepare(matrices: Sequence[Matrix], coefficients: np.ndarray, bits: int) -> Products:
    """The products of these matrices, of at most 2^bits rows each, with a vector.  About 4 ns for each term."""
    empty_row = sum(len(starts) - 1 for starts, _ in matrices)
    ends = np.cumsum([0, *(len(terms) for _, terms in matrices)])
    moved = (own[:-1] + end for (own, _), end in zip(matrices, ends[:-1], strict=True))
    starts = np.concatenate([*moved, ends[[-1, -1]]])
    terms = np.concatenate([terms for _, terms in matrices])
    first = np.empty(empty_row + 1, np.int64)
    table = np.full(2 << int(len(first)).bit_length(), -1, np.int32)
    _find_equal(starts, terms, table, first)
    rows = np.flatnonzero(first == np.arange(len(first)))
    lengths = np.diff(starts)[rows]
    by_length = np.argsort(-lengths, kind="stable")
    rows, lengths = rows[by_length], lengths[by_length]
    steps = np.concatenate([[0], np.cumsum(lengths[::LANES])])
    wires = np.zeros(steps[-1] * LANES, np.int32)
    places = np.full(steps[-1] * LANES, len(coefficients), np.int32)  # of the zero
    _lay_out(starts, terms, rows, steps, wires, places)
    computed_at = np.empty(len(first), np.int32)
    computed_at[rows] = np.arange(len(rows))
    sources, order, begin = np.full((len(matrices), 1 << bits), computed_at[first[-1]], np.int32), _reversed(bits), 0
    for own, (own_starts, _) in zip(sources, matrices, strict=True):
        count = len(own_starts) - 1
        own[order[:count]] = computed_at[first[begin : begin + count]]
        begin += count
    with_zero = np.concatenate([coefficients, np.zeros((1, 4), np.uint64)])
    return Products(steps, wires, places, with_zero, sources)


def _reversed(bits: int) -> np.ndarray:
    """The indices below 2^bits with their bits reversed."""
    order = np.zeros(1, np.int64)
    for _ in range(bits):
        order = np.concatenate([2 * order, 2 * order + 1])
    return order


@kernel
def _compute(
    steps: np.ndarray, wires: np.ndarray, places: np.ndarray, coefficients: np.ndarray, vector: np.ndarray,
    values: np.ndarray,
) -> None:  # fmt: skip
    """values[i] = <row i, vector>.  An unreduced product for each term, and a reduction for each row."""
    zero = memory.load_lanes(values, 0, 0)
    zero = fr.sub(zero, zero)
    for block in range(steps.shape[0] - 1):
        total, begin, end = zero, steps[block], steps[block + 1]
        while begin < end:
            products = accumulator.start(fr.ZERO, zero)
            for step in range(begin, min(end, begin + _MANY)):
                factor = memory.gather(coefficients, places, step * LANES, 0)
                products = accumulator.add_product(products, factor, memory.gather(vector, wires, step * LANES, 0))
            total = fr.add(total, accumulator.total_of_many(products))
            begin += _MANY
        memory.store_lanes(values, block * LANES, 1, fr.canonical(total))


@kernel
def _copy(values: np.ndarray, sources: np.ndarray, column: np.ndarray) -> None:
    """column[i] = values[sources[i]]."""
    for i in range(sources.shape[0]):
        memory.store(column, i, memory.load(values, sources[i]))


def times_vector(products: Products, vector: np.ndarray, columns: np.ndarray) -> None:
    """columns[k] = matrix k times the vector: row i at the place i with its bits reversed, 0 beyond the last row."""
    values = np.zeros(((len(products.steps) - 1) * LANES, 4), np.uint64)
    _compute(products.steps, products.wires, products.places, products.coefficients, vector, values)
    for sources, column in zip(products.sources, columns, strict=True):
        _copy(values, sources, column)


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
