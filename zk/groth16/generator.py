"""Key generation by one party, for development.

τ, α, β, γ, δ come from the operating system, exist only while `generate` runs, and are not written anywhere.  Anybody
who knew them could forge proofs, and nothing shows that they were deleted.  So the keystore marks a key made here as a
development key; a ceremony replaces it.

The column polynomials are defined by their values on the N-th roots of unity, so at τ they are sums over the rows of
the matrices, with Lagrange polynomials as weights: u_j = Σ_i A[i, j] L_i(τ).  (Groth16, section 3.2.)  The constraints
are the first rows.  After them A has one row for the wire one and for each public input, with the single entry 1, which
makes the u_j of these wires linearly independent, as the proof of soundness requires and snarkjs does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from zk import entropy
from zk.curves import g1, g2
from zk.curves.bn254 import G1Point, G2Point
from zk.errors import FormatError
from zk.fields import array, conversion
from zk.fields.prime import FR, R
from zk.groth16 import tables
from zk.groth16.keys import VerifyingKey
from zk.groth16.provingkey import MAX_WIRES, ProvingKey
from zk.msm import fixed_base
from zk.ntt import ntt, polynomial
from zk.r1cs import sparse
from zk.r1cs.r1cs import R1CS, SparseMatrix
from zk.runtime import parallel
from zk.runtime.progress import Progress, Steps, silent

_CHUNK = 1 << 12  # points between two reports of progress


@dataclass(frozen=True, repr=False)
class _Secrets:
    """The toxic waste."""

    tau: int
    alpha: int
    beta: int
    gamma: int
    delta: int


@dataclass(frozen=True)
class _IndexedMatrix:
    """A sparse matrix in the form of zk/r1cs/sparse.py: its terms name their coefficients by index."""

    starts: np.ndarray
    terms: np.ndarray


def generate(r1cs: R1CS, progress: Progress = silent) -> ProvingKey:
    """A fresh proving key, with its verifying key, for a constraint system over Fr.

    `progress` counts points.  Raises FormatError when the system is over another field or too large, or one of its
    matrices is malformed.
    """
    log_size = (r1cs.num_constraints + r1cs.num_public).bit_length()  # 2^log_size >= constraints + public + 1
    _check(r1cs, log_size)
    # The index of every distinct coefficient.  C comes last, because a proving key has no C.
    indices: dict[int, int] = {1: sparse.ONE, R - 1: sparse.MINUS_ONE}
    a = _index_matrix(_with_public_rows(r1cs), indices)
    b = _index_matrix(r1cs.b, indices)
    num_coefficients = len(indices)
    c = _index_matrix(r1cs.c, indices)
    coefficients = array.encode(FR, indices)

    secrets = _draw(log_size)
    lagrange = polynomial.lagrange(log_size, secrets.tau)
    columns = _weighted_columns(lagrange, r1cs.num_wires, (a, b, c), coefficients)
    a_indices, b_indices = (np.flatnonzero(column.any(axis=1)).astype(np.int32) for column in columns[:2])
    in_g1, in_g2 = _logarithms(secrets, columns, r1cs.num_public, log_size)
    in_g1["a_query"], in_g1["b_g1_query"] = in_g1["a_query"][a_indices], in_g1["b_g1_query"][b_indices]
    in_g2["b_g2_query"] = in_g2["b_g2_query"][b_indices]

    steps = Steps(sum(map(len, (*in_g1.values(), *in_g2.values()))), progress)
    points = _multiples(fixed_base.g1, in_g1, steps) | _multiples(fixed_base.g2, in_g2, steps)
    alpha_g1, beta_g1, delta_g1 = _g1_points(points["alpha, beta, delta"])
    beta_g2, gamma_g2, delta_g2 = _g2_points(points["beta, gamma, delta"])
    key = ProvingKey(
        verifying=VerifyingKey(alpha_g1, beta_g2, gamma_g2, delta_g2, tuple(_g1_points(points["ic"]))),
        log_size=log_size,
        num_wires=r1cs.num_wires,
        beta_g1=beta_g1,
        delta_g1=delta_g1,
        a_indices=a_indices,
        a_query=points["a_query"][np.newaxis],
        b_indices=b_indices,
        b_g1_query=points["b_g1_query"][np.newaxis],
        b_g2_query=points["b_g2_query"][np.newaxis],
        l_query=points["l_query"][np.newaxis],
        h_query=points["h_query"][np.newaxis],
        a_starts=a.starts,
        a_terms=a.terms,
        b_starts=b.starts,
        b_terms=b.terms,
        coefficients=coefficients[:num_coefficients],
    )
    return tables.extend(key)


def _check(r1cs: R1CS, log_size: int) -> None:
    """Raises FormatError unless keys can be made for the system: kernels do not check bounds."""
    if r1cs.modulus != R:
        raise FormatError("keys are made for constraint systems over Fr of BN254")
    if not (0 <= r1cs.num_public < r1cs.num_wires <= MAX_WIRES and log_size <= ntt.MAX_LOG_SIZE):
        raise FormatError("the constraint system is too large, or has more public inputs than wires")
    for matrix in (r1cs.a, r1cs.b, r1cs.c):
        covers = len(matrix.columns) == len(matrix.values) == matrix.starts[-1] and matrix.starts[0] == 0
        if not (covers and len(matrix.starts) == r1cs.num_constraints + 1 and (np.diff(matrix.starts) >= 0).all()):
            raise FormatError("the rows of a matrix of the constraint system do not cover its terms")
        if not ((matrix.columns >= 0) & (matrix.columns < r1cs.num_wires)).all():
            raise FormatError("a term of the constraint system names a wire that does not exist")


def _with_public_rows(r1cs: R1CS) -> SparseMatrix:
    """A, followed by one row with the single entry 1 for the wire one and for each public input."""
    public = np.arange(r1cs.num_public + 1)
    starts = np.concatenate((r1cs.a.starts, r1cs.a.starts[-1] + 1 + public))
    return SparseMatrix(starts, np.concatenate((r1cs.a.columns, public)), [*r1cs.a.values, *[1] * len(public)])


def _index_matrix(matrix: SparseMatrix, indices: dict[int, int]) -> _IndexedMatrix:
    """The matrix with indices instead of coefficients; a coefficient that is new gets the next index."""
    of_terms = [indices.setdefault(value, len(indices)) for value in matrix.values]
    terms = np.stack((matrix.columns, np.array(of_terms, dtype=np.int64)), axis=1)
    return _IndexedMatrix(matrix.starts.astype(np.int64), terms.astype(np.int32))


def _draw(log_size: int) -> _Secrets:
    """Five secrets, with τ no root of unity of the domain or its odd coset, and δ not γ."""
    while True:
        secrets = _Secrets(*(entropy.scalar(R) for _ in range(5)))
        if pow(secrets.tau, 2 << log_size, R) != 1 and secrets.gamma != secrets.delta:
            return secrets


def _weighted_columns(
    weights: np.ndarray, num_wires: int, matrices: tuple[_IndexedMatrix, ...], coefficients: np.ndarray
) -> np.ndarray:
    """(matrices, num_wires, 4): the columns of each matrix, summed with these weights of the rows."""
    columns = np.zeros((len(matrices), num_wires, 4), dtype=np.uint64)
    parallel.map(
        lambda pair: sparse.add_columns(pair[0].starts, pair[0].terms, coefficients, weights, pair[1]),
        zip(matrices, columns, strict=True),
    )
    return columns


def _logarithms(
    s: _Secrets, columns: np.ndarray, num_public: int, log_size: int
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Plain words of the discrete logarithms of the key's points in G1 and in G2, by name.

    The queries a and b have a logarithm for every wire: 0 where the column is zero.
    """
    inverse_gamma, inverse_delta = pow(s.gamma, -1, R), pow(s.delta, -1, R)
    mixing = (s.beta, s.alpha, 1)
    u, v = (conversion.to_plain(FR, column) for column in columns[:2])
    odd_lagrange = polynomial.lagrange(log_size, s.tau, is_odd=True)
    public, private = columns[:, : num_public + 1], columns[:, num_public + 1 :]
    in_g1 = {
        "alpha, beta, delta": array.plain([s.alpha, s.beta, s.delta]),
        "ic": polynomial.combine(public, [x * inverse_gamma % R for x in mixing]),
        "a_query": u,
        "b_g1_query": v,
        "l_query": polynomial.combine(private, [x * inverse_delta % R for x in mixing]),
        "h_query": polynomial.combine(odd_lagrange[np.newaxis], [inverse_delta]),
    }
    in_g2 = {"beta, gamma, delta": array.plain([s.beta, s.gamma, s.delta]), "b_g2_query": v}
    return in_g1, in_g2


def _multiples(
    multiply: Callable[[np.ndarray], np.ndarray], scalars_by_name: dict[str, np.ndarray], steps: Steps
) -> dict[str, np.ndarray]:
    """The multiples of a group's generator by these scalars, under the same names."""
    scalars = np.concatenate(list(scalars_by_name.values()))
    chunks = []
    for first in range(0, len(scalars), _CHUNK):
        chunks.append(multiply(scalars[first : first + _CHUNK]))
        steps.add(len(chunks[-1]))
    points = np.concatenate(chunks)
    ends = np.cumsum([0, *map(len, scalars_by_name.values())]).tolist()
    return {name: points[start:end] for name, (start, end) in zip(scalars_by_name, pairwise(ends), strict=True)}


def _g1_points(rows: np.ndarray) -> list[G1Point]:
    """The points in these rows, none of which is the identity, except with probability about 1 / r."""
    points = [point for point in g1.decode(rows) if point is not None]
    assert len(points) == len(rows), "a random multiple of the generator is not the identity"
    return points


def _g2_points(rows: np.ndarray) -> list[G2Point]:
    """As `_g1_points`."""
    points = [point for point in g2.decode(rows) if point is not None]
    assert len(points) == len(rows), "a random multiple of the generator is not the identity"
    return points
