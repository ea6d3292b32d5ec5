"""Columns of Fr: polynomials given by their values, row by row.

A column is (N, 4) words, Montgomery words unless stated otherwise.
"""

from functools import lru_cache

import numpy as np

from zk.fields import array, fr, memory, shoup
from zk.fields.prime import FR, R
from zk.ntt import ntt, roots
from zk.runtime import cpu
from zk.runtime.jit import inlined, kernel

LANES = cpu.LANES


@kernel
def _scaled_inverses(setting: np.ndarray, nodes: np.ndarray, values: np.ndarray) -> None:
    """values[i] = factor·x_i / (point - x_i) with x_i = first·step^i, by one inversion.  7 mul each.

    `setting` has the rows point, first, step, factor; `nodes` is for the x_i.
    """
    point, x, step = memory.load(setting, 0), memory.load(setting, 1), memory.load(setting, 2)
    product = fr.ONE
    for i in range(values.shape[0]):
        memory.store(nodes, i, x)
        memory.store(values, i, product)
        product = fr.mul(product, fr.sub(point, x))
        x = fr.mul(x, step)
    inverse = fr.mul(fr.inverse(product), memory.load(setting, 3))
    for i in range(values.shape[0] - 1, -1, -1):
        x = memory.load(nodes, i)
        memory.store(values, i, fr.mul(fr.mul(memory.load(values, i), x), inverse))
        inverse = fr.mul(inverse, fr.sub(point, x))


def lagrange(log_size: int, point: int, *, is_odd: bool = False) -> np.ndarray:
    """(N, 4): the N Lagrange polynomials over the N-th roots of unity, at a point that is not one of them.

    With `is_odd`, those over the 2N-th roots of unity that belong to the odd powers of the root.  Over n roots w_i the
    polynomials are (x^n - 1) w_i / (n (x - w_i)).  Raises ValueError when the point is a root.
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
def _combine(columns: np.ndarray, weights: np.ndarray, plain: np.ndarray) -> None:
    """plain[i] = Σ_k weights[k]·columns[k, i] in plain words.  1 mul a column, and 1."""
    for i in range(plain.shape[0]):
        total = fr.ZERO
        for k in range(columns.shape[0]):
            total = fr.add(total, fr.mul(memory.load(columns[k], i), memory.load(weights, k)))
        memory.store(plain, i, fr.from_montgomery(total))


def combine(columns: np.ndarray, weights: list[int]) -> np.ndarray:
    """(N, 4) plain words of Σ_k weights[k]·columns[k], for columns (K, N, 4)."""
    plain = np.empty(columns.shape[1:], dtype=np.uint64)
    _combine(np.ascontiguousarray(columns), array.encode(FR, weights), plain)
    return plain


@kernel
def product(a: np.ndarray, b: np.ndarray, column: np.ndarray) -> None:
    """column = a·b, row by row.  1 mul each."""
    whole = column.shape[0] // LANES * LANES
    for i in range(0, whole, LANES):
        both = fr.mul_inlined(memory.load_lanes(a, i, 1), memory.load_lanes(b, i, 1))
        memory.store_lanes(column, i, 1, fr.canonical(both))
    for i in range(whole, column.shape[0]):
        memory.store(column, i, fr.mul(memory.load(a, i), memory.load(b, i)))


@inlined
def _difference_of(a, b, c, size, per_square):
    """(a·b - c·N) / N^2 as plain words.  In lanes the last product has a factor below 1.2p + 3p.  3 mul."""
    difference = shoup.sub(fr.mul_inlined(a, b), shoup.mul(c, size))
    return shoup.reduce(shoup.mul(difference, per_square))


@kernel
def _difference(
    a: np.ndarray, b: np.ndarray, c: np.ndarray, weights: np.ndarray, spread: np.ndarray, bits: int, plain: np.ndarray
) -> None:
    """plain[i with its bits reversed] = (a·b - c·N) / N^2 in row i, LANES rows at a time at the distances in `spread`.

    Lane k of step i has row i + k'·N / LANES, where k' is k with its bits reversed, so the results go to the LANES rows
    from LANES·i' on, where i' is i with its bits reversed.
    """
    size, per_square = shoup.load_factors(weights, 0), shoup.load_factors(weights, 1)
    for i in range(plain.shape[0] // LANES):
        x, y = memory.gather(a[i:], spread, 0, 0), memory.gather(b[i:], spread, 0, 0)
        value = _difference_of(x, y, memory.gather(c[i:], spread, 0, 0), size, per_square)
        memory.store_lanes(plain, LANES * ntt.reverse_bits(i, bits), 1, value)


@kernel
def _difference_by_rows(
    a: np.ndarray, b: np.ndarray, c: np.ndarray, weights: np.ndarray, bits: int, plain: np.ndarray
) -> None:
    """As `_difference`, for columns of fewer rows than lanes."""
    for i in range(plain.shape[0]):
        rows = memory.load(a, i), memory.load(b, i), memory.load(c, i)
        value = _difference_of(rows[0], rows[1], rows[2], memory.load(weights, 0), memory.load(weights, 1))
        memory.store(plain, ntt.reverse_bits(i, bits), value)


@lru_cache(maxsize=8)
def _weights(log_size: int) -> tuple[np.ndarray, np.ndarray]:
    """N in Montgomery words and 1/N^2 in plain words, as rows and as Shoup factors."""
    rows = np.concatenate([array.encode(FR, [1 << log_size]), array.plain([pow(1 << log_size, -2, R)])])
    return rows, roots.precomputed(rows.repeat(LANES, axis=0))


def difference(over: ntt.Domain, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """(N, 4) plain words, not bit-reversed: a·b - c from N·a, N·b and N·c in bit-reversed order."""
    plain, (rows, weights) = np.empty(a.shape, dtype=np.uint64), _weights(over.log_size)
    if over.size < LANES:
        _difference_by_rows(a, b, c, rows, over.log_size, plain)
        return plain
    lane_bits = LANES.bit_length() - 1
    spread = over.size // LANES * np.array([int(f"{k:0{lane_bits}b}"[::-1], 2) for k in range(LANES)])
    _difference(a, b, c, weights, spread, over.log_size - lane_bits, plain)
    return plain
