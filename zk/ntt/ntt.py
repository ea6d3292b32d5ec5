"""The number-theoretic transform over Fr: from coefficients to values on 2^k-th roots of unity, and back.

A polynomial modulo x^2h - c^2 splits into its remainders modulo x^h - c and x^h + c: with u and v the low and the
high half of its coefficients, these are u + c·v and u - c·v.  Starting from x^N - 1, and c = 1, the remainders after
log N layers are the values at all N-th roots of unity.  Starting from x^N + 1 they are the values at the odd powers of
a 2N-th root, the odd coset, at no extra cost.  (Gentleman, Sande 1966; Bernstein, "Multidigit multiplication for
mathematicians", section 4.)

The layers leave the values in bit-reversed order: position i holds the value at w^j, or w^(2j+1) of the 2N-th root w,
where j is i with its log N bits reversed.  The inverse takes that order and gives coefficients in natural order, so a
polynomial given by values reaches the coset without a permutation.  The root that block b of any layer needs is
roots[b] for the N-th roots, and roots[blocks + b] for the odd coset, of one table in bit-reversed order.

Columns are (N, 4) Montgomery words and are transformed in place, each by one thread: in lanes from LANES^2 rows on
(zk/ntt/blocked.py), row by row below that.
"""

from dataclasses import dataclass

import numpy as np

from zk.fields import fr, memory, words
from zk.fields.prime import FR
from zk.ntt import blocked, roots
from zk.runtime.jit import inner, kernel

MAX_LOG_SIZE = FR.two_adicity - 1  # the odd coset needs a 2N-th root


@dataclass(frozen=True)
class Domain:
    """The N = 2^log_size-th roots of unity and their odd coset."""

    log_size: int

    def __post_init__(self):
        """Raises ValueError when log_size is not in 0..27."""
        if not 0 <= self.log_size <= MAX_LOG_SIZE:
            raise ValueError(f"a domain must have 2^0 to 2^{MAX_LOG_SIZE} points, not 2^{self.log_size}")

    @property
    def size(self) -> int:
        """N."""
        return 1 << self.log_size


def domain(log_size: int) -> Domain:
    """The domain of 2^log_size points.  Raises ValueError when log_size is not in 0..27."""
    return Domain(log_size)


@inner
def reverse_bits(index, bits):
    """The low `bits` bits of an index, reversed."""
    return np.int64(words.reverse_bits(np.uint64(index)) >> np.uint64(1) >> np.uint64(63 - bits))


@kernel
def _forward(column: np.ndarray, rows: np.ndarray, coset: int) -> None:
    """Cooley-Tukey butterflies u, v → u + c·v, u - c·v; coset is 1 to start from x^N + 1, else 0.  N/2·log N mul."""
    half, blocks = column.shape[0] >> 1, 1
    while half > 0:
        for block in range(blocks):
            root = memory.load(rows, coset * blocks + block)
            for i in range(2 * half * block, 2 * half * block + half):
                u = memory.load(column, i)
                v = fr.mul(memory.load(column, i + half), root)
                memory.store(column, i, fr.add(u, v))
                memory.store(column, i + half, fr.sub(u, v))
        half >>= 1
        blocks <<= 1


@kernel
def _inverse(column: np.ndarray, inverse_rows: np.ndarray, coset: int) -> None:
    """N times the inverse of `_forward`: Gentleman-Sande butterflies s, t → s + t, (s - t) / c.  N/2·log N mul."""
    half, blocks = 1, column.shape[0] >> 1
    while blocks > 0:
        for block in range(blocks):
            root = memory.load(inverse_rows, coset * blocks + block)
            for i in range(2 * half * block, 2 * half * block + half):
                s = memory.load(column, i)
                t = memory.load(column, i + half)
                memory.store(column, i, fr.add(s, t))
                memory.store(column, i + half, fr.mul(fr.sub(s, t), root))
        half <<= 1
        blocks >>= 1


@kernel
def _multiply(column: np.ndarray, scale: np.ndarray) -> None:
    """Multiplies every row by row 0 of `scale`.  N mul."""
    for i in range(column.shape[0]):
        memory.store(column, i, fr.mul(memory.load(column, i), memory.load(scale, 0)))


def _run(column: np.ndarray, inverse: roots.Roots | None, forward: roots.Roots | None) -> None:
    """The inverse transform, or the forward transform, or N times the inverse followed by the forward one, in place."""
    if len(column) >= roots.SMALLEST:
        rows = min(len(column), 1 << blocked.LOG_BLOCK)
        either = inverse or forward
        assert either is not None, "a transform in at least one direction"
        blocked.run(column, rows, inverse or either, forward or either, inverse is not None, forward is not None)
        return
    if inverse:
        _inverse(column, inverse.shared, inverse.coset)
    if forward:
        _forward(column, forward.shared, forward.coset)
    elif inverse:
        _multiply(column, inverse.scale)


def forward(over: Domain, column: np.ndarray) -> None:
    """Coefficients → values at the N-th roots of unity, bit-reversed, in place."""
    _check(over, column)
    _run(column, None, roots.table(over.log_size, 0, False))


def inverse(over: Domain, column: np.ndarray) -> None:
    """Values at the N-th roots of unity, bit-reversed → coefficients, in place."""
    _check(over, column)
    _run(column, roots.table(over.log_size, 0, True), None)


def forward_coset(over: Domain, column: np.ndarray) -> None:
    """Coefficients → values on the odd coset, bit-reversed, in place."""
    _check(over, column)
    _run(column, None, roots.table(over.log_size, 1, False))


def to_coset(over: Domain, column: np.ndarray) -> None:
    """Values at the N-th roots of unity → N times the values on the odd coset, both bit-reversed, in place."""
    _check(over, column)
    _run(column, roots.table(over.log_size, 0, True), roots.table(over.log_size, 1, False))


def _check(over: Domain, column: np.ndarray) -> None:
    """Raises ValueError unless the column is (N, 4) words, row by row in memory: kernels check no bounds."""
    if column.shape != (over.size, 4) or column.dtype != np.uint64 or not column.flags.c_contiguous:
        raise ValueError(f"a column over this domain must be {over.size} rows of 4 words")
