"""The inverse transform of zk/ntt/ntt.py on points instead of numbers: from powers of τ to the Lagrange basis at τ.

With ω of order N = 2^k, L_i(τ) = (1/N) Σ_j ω^(-ij) τ^j, so the points [τ^j] determine the points [L_i(τ)] without
knowledge of τ.  The points are divided by N and permuted into bit-reversed order.  Then, layer by layer, pairs at a
distance m become (a + w b, a - w b) with w = ω^(-j N / 2m) for the j-th pair of a block.  The first w of every block is
1.  Each other w multiplies a point (zk/msm/pointwise.py), which costs about a hundred times as much as the two
additions (zk/msm/batch_affine.py).
"""

import numpy as np

from zk.fields import array
from zk.fields.prime import FR, R
from zk.msm import group_sums, pointwise
from zk.runtime import parallel
from zk.runtime.progress import Progress, Steps, silent

_CHUNK = 1 << 12  # pairs a task


def multiplications(log_size: int) -> int:
    """The number of points `lagrange` multiplies: N to divide by N, and N/2 in every layer less one for each block."""
    size = 1 << log_size
    return size + log_size * (size >> 1) - (size - 1)


def lagrange(points: np.ndarray, progress: Progress = silent) -> np.ndarray:
    """[L_i(τ)] from [τ^j] for i, j below N = 2^k: affine points of G1 or G2, zeros for the identity.

    The transform is linear, so it also turns [α τ^j] into [α L_i(τ)].  `progress` counts the points multiplied.  Raises
    ValueError unless the number of points is a power of two.  Not to be called from a pool task.
    """
    size = len(points)
    if size.bit_count() != 1:
        raise ValueError("the number of points must be a power of two")
    log_size = size.bit_length() - 1
    steps = Steps(multiplications(log_size), progress)

    def multiply(chosen: np.ndarray, scalars: np.ndarray) -> np.ndarray:
        return pointwise.multiply(chosen, scalars, steps.part(len(chosen)))

    divisors = np.broadcast_to(array.plain([pow(size, -1, R)]), (size, 4))
    rows = multiply(points, divisors)[reversed_bits(log_size)]
    roots = _inverse_roots(log_size)
    for layer in range(log_size):
        half = 1 << layer
        places = np.arange(size).reshape(-1, 2, half)
        factors = np.tile(roots[:: size // (2 * half)][1:], (len(places), 1))
        upper = places[:, 1, 1:].reshape(-1)
        rows[upper] = multiply(rows[upper], factors)
        rows = _butterflies(rows, places[:, 0].reshape(-1), places[:, 1].reshape(-1))
    return rows


def reversed_bits(log_size: int) -> np.ndarray:
    """The numbers below 2^log_size in bit-reversed order."""
    order = np.zeros(1, np.int64)
    for _ in range(log_size):
        order = np.concatenate((2 * order, 2 * order + 1))
    return order


def _inverse_roots(log_size: int) -> np.ndarray:
    """ω^-j for j below N/2, plain words."""
    step = pow(FR.root_of_unity(log_size), -1, R)
    values = [1]
    while len(values) < 1 << log_size >> 1:
        values.append(values[-1] * step % R)
    return array.plain(values)


def _butterflies(rows: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """a + b at the places `left` and a - b at the places `right`."""
    result = np.empty_like(rows)

    def of_chunk(first: int) -> None:
        a, b = left[first : first + _CHUNK], right[first : first + _CHUNK]
        entries = np.stack((2 * a, 2 * b, 2 * a, 2 * b + 1), axis=1).astype(np.int32).reshape(-1)
        sums = group_sums.sum_groups(rows, entries, np.arange(0, len(entries) + 1, 2))
        result[a], result[b] = sums[::2], sums[1::2]

    parallel.map(of_chunk, range(0, len(left), _CHUNK))
    return result
