"""The number-theoretic transform over Fr: from coefficients to values on 2^k-th roots of unity, and back.

A polynomial modulo x^2h - c^2 splits into its remainders modulo x^h - c and x^h + c: with u and v the low and the
high half of its coefficients, these are u + c·v and u - c·v.  Beginning with x^N - 1, and c = 1, the remainders after
log N layers are the values at all N-th roots of unity; beginning with x^N + 1 they are the values at the odd powers of
a 2N-th root, the odd coset, at no further cost.  (Gentleman, Sande 1966; Bernstein, "Multidigit multiplication for
mathematicians", section 4.)

The layers leave the values in bit-reversed order: position i holds the value at w^j, or w^(2j+1) of the 2N-th root w,
where j is i with its log N bits reversed.  The inverse takes that order and gives coefficients in plain order, so a
polynomial given by values reaches the coset without a permutation.  The root that block b of any layer needs is
roots[b] for the N-th roots, and roots[blocks + b] for the odd coset, of one table in bit-reversed order.

Columns are (N, 4) Montgomery words and are transformed in place, each by one thread.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from zk.fields import array, fr
from zk.fields.prime import FR
from zk.jit import inner, kernel

MAX_LOG_SIZE = FR.two_adicity - 1  # the odd coset needs a 2N-th root


@dataclass(frozen=True)
class Domain:
    """The N = 2^log_size-th roots of unity and their odd coset, with the tables that the transforms use."""

    log_size: int
    roots: np.ndarray  # (N, 4): row i is w^j for a 2N-th root w, j being i with its log N bits reversed
    inverse_roots: np.ndarray  # (N, 4): their inverses
    inverse_size: np.ndarray  # (1, 4): 1/N

    @property
    def size(self) -> int:
        """N."""
        return 1 << self.log_size


@lru_cache(maxsize=8)
def domain(log_size: int) -> Domain:
    """The domain of 2^log_size points, made once.  Raises ValueError when log_size is not in 0..27."""
    if not 0 <= log_size <= MAX_LOG_SIZE:
        raise ValueError(f"a domain has 2^0 to 2^{MAX_LOG_SIZE} points, not 2^{log_size}")
    steps = [FR.root_of_unity(i + 2) for i in range(log_size)]
    inverse_steps = [pow(step, -1, FR.modulus) for step in steps]
    inverse_size = array.encode(FR, [pow(1 << log_size, -1, FR.modulus)])
    return Domain(log_size, _table(log_size, steps), _table(log_size, inverse_steps), inverse_size)


def _table(log_size: int, steps: list[int]) -> np.ndarray:
    """(N, 4): the products of the steps that the bits of the index choose."""
    table = np.empty((1 << log_size, 4), dtype=np.uint64)
    _fill(table, array.encode(FR, steps))
    return table


@kernel
def _fill(table, steps):
    """table[2^k + j] = table[j]·steps[k] for j < 2^k, from table[0] = 1."""
    fr.store(table, 0, fr.ONE)
    for k in range(steps.shape[0]):
        step = fr.load(steps, k)
        for j in range(1 << k):
            fr.store(table, (1 << k) + j, fr.mul(fr.load(table, j), step))


@inner
def reverse(index, bits):
    """The low `bits` bits of an index in the opposite order."""
    result = 0
    for _ in range(bits):
        result = result << 1 | index & 1
        index >>= 1
    return result


@kernel
def _split(column, roots, coset):
    """Layer by layer u, v → u + c·v, u - c·v; coset is 1 to begin with x^N + 1, else 0.  N/2·log N mul."""
    half, blocks = column.shape[0] >> 1, 1
    while half > 0:
        for block in range(blocks):
            root = fr.load(roots, coset * blocks + block)
            for i in range(2 * half * block, 2 * half * block + half):
                u = fr.load(column, i)
                v = fr.mul(fr.load(column, i + half), root)
                fr.store(column, i, fr.add(u, v))
                fr.store(column, i + half, fr.sub(u, v))
        half >>= 1
        blocks <<= 1


@kernel
def _join(column, inverse_roots, coset, inverse_size):
    """The inverse of `_split`: s, t → s + t, (s - t) / c, and in the end everything by N.  N/2·log N + N mul."""
    half, blocks = 1, column.shape[0] >> 1
    while blocks > 0:
        for block in range(blocks):
            root = fr.load(inverse_roots, coset * blocks + block)
            for i in range(2 * half * block, 2 * half * block + half):
                s = fr.load(column, i)
                t = fr.load(column, i + half)
                fr.store(column, i, fr.add(s, t))
                fr.store(column, i + half, fr.mul(fr.sub(s, t), root))
        half <<= 1
        blocks >>= 1
    scale = fr.load(inverse_size, 0)
    for i in range(column.shape[0]):
        fr.store(column, i, fr.mul(fr.load(column, i), scale))


def forward(over: Domain, column: np.ndarray) -> None:
    """Coefficients → values at the N-th roots of unity, bit-reversed, in place."""
    _check(over, column)
    _split(column, over.roots, 0)


def inverse(over: Domain, column: np.ndarray) -> None:
    """Values at the N-th roots of unity, bit-reversed → coefficients, in place."""
    _check(over, column)
    _join(column, over.inverse_roots, 0, over.inverse_size)


def forward_coset(over: Domain, column: np.ndarray) -> None:
    """Coefficients → values on the odd coset, bit-reversed, in place."""
    _check(over, column)
    _split(column, over.roots, 1)


def inverse_coset(over: Domain, column: np.ndarray) -> None:
    """Values on the odd coset, bit-reversed → coefficients, in place."""
    _check(over, column)
    _join(column, over.inverse_roots, 1, over.inverse_size)


def _check(over: Domain, column: np.ndarray) -> None:
    """Raises ValueError unless the column is (N, 4) words: kernels check no bounds."""
    if column.shape != (over.size, 4) or column.dtype != np.uint64:
        raise ValueError(f"a column over this domain is {over.size} rows of 4 words")
