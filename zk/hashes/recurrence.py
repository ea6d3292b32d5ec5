"""Poseidon as sums of products: the linear maps that `zk.hashes.batch` evaluates, derived once for each width.

Full rounds are S-boxes and the matrix M.  A partial round raises only the first element x_k, to s_k = x_k^5, and the
other elements u_k need never be computed.  Split M into (m, w; v, N): its corner, the rest of the first row, of the
first column, and the rest.  Up to constants, with n = t - 1,

    x_{k+1} = m s_k + w u_k          u_{k+1} = N u_k + v s_k

By Cayley and Hamilton N^n = Σ c_j N^{n-j}, j = 1 … n, for the characteristic polynomial λ^n - Σ c_j λ^{n-j} of N.  So
w u_k is Σ c_j w u_{k-j} plus a combination of the last S-boxes, and with h_{-1} = m and h_i = w N^i v

    x_{k+1} = Σ_{j=1…n} c_j x_{k+1-j} + Σ_{l=0…n} g_l s_{k-l}          g_l = h_{l-1} - Σ_{j=1…l} c_j h_{l-1-j}

The coefficients are the same in every round: one sum of 2t - 1 products with one reduction, where the changing basis
of `poseidon` takes as many products and t reductions.

Entry.  The first partial round starts from M r, with r the output of the S-boxes of the last full round before.  So
s_{-1} = r_0, u_{-1} = (r_1 … r_n), and x_0 is the first row of M times r.  A past without S-boxes before that,
s_{-2} = … = 0, gives x_{-i} = w N^{-i} u_{-1} for 0 < i < n.

Exit.  After K partial rounds, w u_{K-j} = w N^{-j} (u_K - Σ_{l=1…j} N^{l-1} v s_{K-l}) is x_{K+1-j} - m s_{K-j}.
These n equations for j = 1 … n determine u_K: with W the matrix of rows w N^{-j}, and S_{jl} = w N^{l-1-j} v for
l <= j, less m where l = j, it is W^{-1} (x + S s).

Constants add a precomputed number to each x_{k+1} outside the recurrence (`PartialRounds.shifts`).  So the recurrence
adds the shift of its result less those of its arguments, and the exit has its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gmpy2 import mpz

from zk.hashes import poseidon
from zk.hashes.poseidon import Parameters

Rows = list[list[mpz]]


@dataclass(frozen=True)
class Recurrence:
    """An instance of Poseidon for `batch`, all numbers modulo p.

    A *tape* is s_{-n}, x_{1-n}, s_{1-n}, …, x_0, s_0, x_1, s_1, …, oldest first.  `weights` multiply its last 2t - 1
    places, `leaving` (n rows) the 2n places before the last S-box, and `entry` (n rows, oldest x first) multiplies r.
    """

    matrix: Rows
    entry: Rows
    weights: list[mpz]
    leaving: Rows
    before: Rows  # constants added to the state that enters each full round before
    first: mpz  # the constant of x_0
    shifts: list[mpz]  # the constant of each round of the recurrence
    closing: list[mpz]  # the constants of u at the exit
    after: Rows  # constants of the second and later full rounds after


def _dot(left: Sequence, right: Sequence) -> mpz:
    return sum((a * b for a, b in zip(left, right, strict=True)), mpz(0))


def _times(row: Sequence, matrix: Rows, p: mpz) -> list[mpz]:
    """row · matrix."""
    return [_dot(row, column) % p for column in zip(*matrix, strict=True)]


def _characteristic(matrix: Rows, p: mpz) -> list[mpz]:
    """c_1 … c_n, where λ^n - Σ c_j λ^{n-j} is the characteristic polynomial (Faddeev and Le Verrier).

    With B_1 = N: c_j = tr(B_j) / j and B_{j+1} = N (B_j - c_j).
    """
    coefficients, current = [], matrix
    for j in range(1, len(matrix) + 1):
        c = sum(current[i][i] for i in range(len(matrix))) * pow(j, -1, int(p)) % p
        coefficients.append(c)
        lowered = [[x - c * (i == k) for k, x in enumerate(row)] for i, row in enumerate(current)]
        current = [_times(row, lowered, p) for row in matrix]
    return coefficients


def derive(instance: Parameters) -> Recurrence:
    """The linear maps of an instance (see the head).  Raises ZeroDivisionError when N or W is singular."""
    p, n, half = mpz(instance.modulus), instance.width - 1, instance.full_rounds // 2
    matrix = [[mpz(x) for x in row] for row in instance.matrix]
    m, w, v = matrix[0][0], matrix[0][1:], [line[0] for line in matrix[1:]]
    block = [line[1:] for line in matrix[1:]]
    inverse, c = poseidon.inverse_matrix(block, p), _characteristic(block, p)
    back = [w]  # back[j] = w N^{-j}
    for _ in range(n):
        back.append(_times(back[-1], inverse, p))
    h, row = [m], w  # h[i + 1] = w N^i v
    for _ in range(n):
        h.append(_dot(row, v) % p)
        row = _times(row, block, p)
    g = [(h[l] - sum(c[j - 1] * h[l - j] for j in range(1, l + 1))) % p for l in range(n + 1)]
    weights = [g[0]]
    for j in range(1, n + 1):
        weights += [c[j - 1], g[j]]
    entry = [[mpz(0), *back[i]] for i in range(n - 1, 0, -1)] + [matrix[0]]
    partial, first = poseidon.partial_rounds(instance), mpz(instance.constants[half][0])
    known = [mpz(0)] * (n - 1) + [first, *partial.shifts]  # known[k + n] is the shift of x_{k+1}
    shifts = [
        (known[k + n] - sum(c[j - 1] * known[k + n - j] for j in range(1, n + 1))) % p
        for k in range(instance.partial_rounds)
    ]
    leaving = _leaving(m, back, v, p)
    closing = [(a - _dot(row[1::2], known[-n:])) % p for a, row in zip(partial.closing, leaving, strict=True)]
    return Recurrence(
        matrix, entry, weights[::-1], leaving, [list(row) for row in instance.constants[:half]], first, shifts,
        closing, [list(row) for row in instance.constants[half + instance.partial_rounds + 1 :]],
    )  # fmt: skip


def _leaving(m: mpz, back: Rows, v: list[mpz], p: mpz) -> Rows:
    """W^{-1} (1 | S), its columns ordered as s_{K-n}, x_{K-n+1}, …, s_{K-1}, x_K."""
    n = len(v)
    solved = poseidon.inverse_matrix(back[1:], p)
    columns = []
    for l in range(n, 0, -1):
        unit = [mpz(j == l) for j in range(1, n + 1)]
        boxes = [_dot(back[j + 1 - l], v) - m * (j == l) if l <= j else mpz(0) for j in range(1, n + 1)]
        columns += [[_dot(row, side) % p for row in solved] for side in (boxes, unit)]
    return [list(row) for row in zip(*columns, strict=True)]
