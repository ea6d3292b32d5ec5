"""Polynomials over Fr by their values: what the generator and the quotient need, and no more.

A column is (N, 4) words; Montgomery words where nothing else is said.
"""

import numpy as np

from zk import ntt
from zk.fields import array, fr
from zk.fields.prime import FR, R
from zk.jit import kernel


@kernel
def _scaled_inverses(setting, nodes, values):
    """values[i] = factor·x_i / (point - x_i) with x_i = first·step^i, by one inversion.  7 mul each.

    `setting` has the rows point, first, step, factor; `nodes` is for the x_i.
    """
    point, x, step = fr.load(setting, 0), fr.load(setting, 1), fr.load(setting, 2)
    product = fr.ONE
    for i in range(values.shape[0]):
        fr.store(nodes, i, x)
        fr.store(values, i, product)
        product = fr.mul(product, fr.sub(point, x))
        x = fr.mul(x, step)
    inverse = fr.mul(fr.inverse(product), fr.load(setting, 3))
    for i in range(values.shape[0] - 1, -1, -1):
        x = fr.load(nodes, i)
        fr.store(values, i, fr.mul(fr.mul(fr.load(values, i), x), inverse))
        inverse = fr.mul(inverse, fr.sub(point, x))


def lagrange(log_size: int, point: int, *, is_odd: bool = False) -> np.ndarray:
    """(N, 4): the N Lagrange polynomials of the N-th roots of unity at a point that is none of them.

    With `is_odd`, those of the 2N-th roots of unity, at the same point, that belong to the odd powers of the root.
    Over n roots w_i the polynomial is (x^n - 1) w_i / (n (x - w_i)).  Raises ValueError when the point is a root.
    """
    order = log_size + 1 if is_odd else log_size
    vanishing = (pow(point, 1 << order, R) - 1) % R
    if vanishing == 0:
        raise ValueError("the point is a root of unity, where Lagrange polynomials are 0 or 1")
    first = FR.root_of_unity(order) if is_odd else 1
    factor = vanishing * pow(1 << order, -1, R) % R
    values, nodes = np.empty((1 << log_size, 4), dtype=np.uint64), np.empty((1 << log_size, 4), dtype=np.uint64)
    _scaled_inverses(array.encode(FR, [point, first, FR.root_of_unity(log_size), factor]), nodes, values)
    return values


@kernel
def _combine(columns, weights, plain):
    """plain[i] = Σ_k weights[k]·columns[k, i] in plain words.  1 mul a column, and 1."""
    for i in range(plain.shape[0]):
        total = fr.ZERO
        for k in range(columns.shape[0]):
            total = fr.add(total, fr.mul(fr.load(columns[k], i), fr.load(weights, k)))
        fr.store(plain, i, fr.from_montgomery(total))


def combine(columns: np.ndarray, weights: list[int]) -> np.ndarray:
    """(N, 4) plain words of Σ_k weights[k]·columns[k], for columns (K, N, 4)."""
    plain = np.empty(columns.shape[1:], dtype=np.uint64)
    _combine(np.ascontiguousarray(columns), array.encode(FR, weights), plain)
    return plain


@kernel
def _to_plain(column, plain):
    """Montgomery words to plain words, row by row.  1 mul each."""
    for i in range(plain.shape[0]):
        fr.store(plain, i, fr.from_montgomery(fr.load(column, i)))


def to_plain(column: np.ndarray) -> np.ndarray:
    """(N, 4) plain words of a column."""
    plain = np.empty(column.shape, dtype=np.uint64)
    _to_plain(column, plain)
    return plain


@kernel
def _from_plain(plain, column):
    """Plain words below r to Montgomery words, row by row.  1 mul each."""
    for i in range(column.shape[0]):
        fr.store(column, i, fr.to_montgomery(fr.load(plain, i)))


def from_plain(plain: np.ndarray) -> np.ndarray:
    """(N, 4) Montgomery words of plain words below r."""
    column = np.empty(plain.shape, dtype=np.uint64)
    _from_plain(np.require(plain, np.uint64, ["C", "W"]), column)
    return column


@kernel
def product(a, b, column):
    """column = a·b, row by row.  1 mul each."""
    for i in range(column.shape[0]):
        fr.store(column, i, fr.mul(fr.load(a, i), fr.load(b, i)))


@kernel
def difference(a, b, c, bits, plain):
    """plain[i with its bits reversed] = a·b - c in plain words, row by row.  2 mul each."""
    for i in range(plain.shape[0]):
        value = fr.sub(fr.mul(fr.load(a, i), fr.load(b, i)), fr.load(c, i))
        fr.store(plain, ntt.reverse(i, bits), fr.from_montgomery(value))
