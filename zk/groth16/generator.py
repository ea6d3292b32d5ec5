"""Key generation for development: one party, whose word must be taken that it forgot the secrets.

τ, α, β, γ, δ come from the operating system, exist only while `generate` runs, and are written nowhere.  Whoever has
them can forge proofs, so a key made here is marked as a development key by the keystore; a ceremony replaces it.

The column polynomials are known by their values on the N-th roots of unity, so at τ they are sums of entries of the
matrices times Lagrange polynomials: u_j = Σ_i A[i, j] L_i(τ).  (Groth16, section 3.2.)  Constraints fill the first
rows; after them A has one row for the wire one and each public input, with the single entry 1.  It makes the u_j of
these wires linearly independent, as the proof of soundness wants and snarkjs does.
"""

from dataclasses import dataclass

import numpy as np

from zk import entropy
from zk.curves import g1, g2
from zk.errors import FormatError
from zk.fields import array
from zk.fields.prime import FR, R
from zk.groth16 import tables
from zk.groth16.keys import MAX_WIRES, ProvingKey, VerifyingKey
from zk.msm import fixed_base
from zk.ntt import ntt, polynomial
from zk.r1cs import sparse
from zk.r1cs.r1cs import R1CS, SparseMatrix
from zk.runtime import parallel
from zk.runtime.progress import Progress, silent

_CHUNK = 1 << 12  # points made between two reports of progress


@dataclass(frozen=True, repr=False)
class _Secrets:
    tau: int
    alpha: int
    beta: int
    gamma: int
    delta: int


@dataclass(frozen=True)
class _Matrix:
    """A sparse matrix in the form of the proving key."""

    starts: np.ndarray
    terms: np.ndarray


def generate(r1cs: R1CS, progress: Progress = silent) -> ProvingKey:
    """A fresh proving key, with its verifying key, for a constraint system over Fr.

    `progress` is called as points are made.  Raises FormatError when the system is over another field or too large, or
    a term of it names no wire.
    """
    log_size = (r1cs.num_constraints + r1cs.num_public).bit_length()  # 2^log_size >= constraints + public + 1
    _check(r1cs, log_size)
    places: dict[int, int] = {1: sparse.ONE, R - 1: sparse.MINUS_ONE}
    a, b = _matrix(_with_public_rows(r1cs), places), _matrix(r1cs.b, places)
    kept = len(places)
    c = _matrix(r1cs.c, places)
    coefficients = array.encode(FR, places)
    secrets = _draw(log_size)
    columns = _columns_at(secrets.tau, log_size, r1cs.num_wires, (a, b, c), coefficients)
    points = _make_points(secrets, columns, r1cs.num_public, log_size, progress)
    key = ProvingKey(
        log_size=log_size,
        num_wires=r1cs.num_wires,
        a_starts=a.starts,
        a_terms=a.terms,
        b_starts=b.starts,
        b_terms=b.terms,
        coefficients=coefficients[:kept],
        **points,
    )
    return tables.extend(key)


def _check(r1cs: R1CS, log_size: int) -> None:
    """Raises FormatError unless the system is one that keys can be made for: kernels check no bounds."""
    if r1cs.modulus != R:
        raise FormatError("keys are made for constraint systems over Fr of BN254")
    if not (0 <= r1cs.num_public < r1cs.num_wires <= MAX_WIRES and log_size <= ntt.MAX_LOG_SIZE):
        raise FormatError("the constraint system is too large, or has more public inputs than wires")
    for matrix in (r1cs.a, r1cs.b, r1cs.c):
        covered = len(matrix.columns) == len(matrix.values) == matrix.starts[-1] and matrix.starts[0] == 0
        if not (covered and len(matrix.starts) == r1cs.num_constraints + 1 and (np.diff(matrix.starts) >= 0).all()):
            raise FormatError("the rows of a matrix of the constraint system do not cover its terms")
        if not ((matrix.columns >= 0) & (matrix.columns < r1cs.num_wires)).all():
            raise FormatError("a term of the constraint system names no wire")


def _with_public_rows(r1cs: R1CS) -> SparseMatrix:
    """A, and after it one row for the wire one and each public input with the single entry 1."""
    wires = np.arange(r1cs.num_public + 1)
    starts = np.concatenate((r1cs.a.starts, r1cs.a.starts[-1] + 1 + wires))
    return SparseMatrix(starts, np.concatenate((r1cs.a.columns, wires)), [*r1cs.a.values, *[1] * len(wires)])


def _matrix(matrix: SparseMatrix, places: dict[int, int]) -> _Matrix:
    """The matrix with its values replaced by their places among the distinct coefficients, which grow."""
    column = [places.setdefault(value, len(places)) for value in matrix.values]
    terms = np.stack((matrix.columns, np.array(column, dtype=np.int64)), axis=1)
    return _Matrix(matrix.starts.astype(np.int64), terms.astype(np.int32))


def _draw(log_size: int) -> _Secrets:
    """Five secrets, with τ no root of unity of the domain or its odd coset, and δ not γ."""
    while True:
        secrets = _Secrets(*(entropy.scalar(R) for _ in range(5)))
        if pow(secrets.tau, 2 << log_size, R) != 1 and secrets.gamma != secrets.delta:
            return secrets


def _columns_at(
    tau: int, log_size: int, num_wires: int, matrices: tuple[_Matrix, ...], coefficients: np.ndarray
) -> np.ndarray:
    """(3, num_wires, 4): u_j, v_j and w_j at τ."""
    rows = polynomial.lagrange(log_size, tau)
    columns = np.zeros((3, num_wires, 4), dtype=np.uint64)
    tasks = [(matrix.starts, matrix.terms, coefficients, rows, column) for matrix, column in zip(matrices, columns)]
    parallel.map(lambda task: sparse.add_columns(*task), tasks)
    return columns


def _make_points(
    s: _Secrets, columns: np.ndarray, num_public: int, log_size: int, progress: Progress
) -> dict[str, object]:
    """The points of the proving key and its verifying key by name, multiples of the generators."""
    inverse_gamma, inverse_delta = pow(s.gamma, -1, R), pow(s.delta, -1, R)
    a_indices, b_indices = (np.flatnonzero(column.any(axis=1)).astype(np.int32) for column in columns[:2])
    u, v = (polynomial.to_plain(column) for column in columns[:2])
    odd = polynomial.lagrange(log_size, s.tau, is_odd=True)
    in_g1 = {
        "single": array.plain([s.alpha, s.beta, s.delta]),
        "ic": polynomial.combine(columns[:, : num_public + 1], [x * inverse_gamma % R for x in (s.beta, s.alpha, 1)]),
        "a_query": u[a_indices],
        "b_g1_query": v[b_indices],
        "l_query": polynomial.combine(
            columns[:, num_public + 1 :], [x * inverse_delta % R for x in (s.beta, s.alpha, 1)]
        ),
        "h_query": polynomial.combine(odd[np.newaxis], [inverse_delta]),
    }
    in_g2 = {"single": array.plain([s.beta, s.gamma, s.delta]), "b_g2_query": v[b_indices]}
    g1_points, g2_points = _multiples(in_g1, in_g2, progress)
    alpha_g1, beta_g1, delta_g1 = g1.decode(g1_points.pop("single")[0])
    ic = tuple(g1.decode(g1_points.pop("ic")[0]))
    verifying = VerifyingKey(alpha_g1, *g2.decode(g2_points.pop("single")[0]), ic)
    named = {"verifying": verifying, "beta_g1": beta_g1, "delta_g1": delta_g1}
    named |= {"a_indices": a_indices, "b_indices": b_indices}
    return named | g1_points | g2_points


def _multiples(
    in_g1: dict[str, np.ndarray], in_g2: dict[str, np.ndarray], progress: Progress
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Multiples of the generators of both groups by named scalars, each group's in one run, as tables of one level."""
    total = sum(map(len, [*in_g1.values(), *in_g2.values()]))
    results, done = [], 0
    for multiply, named in ((fixed_base.g1, in_g1), (fixed_base.g2, in_g2)):
        scalars = np.concatenate(list(named.values()))
        chunks = []
        for first in range(0, len(scalars), _CHUNK):
            chunks.append(multiply(scalars[first : first + _CHUNK]))
            done += len(chunks[-1])
            progress(done, total)
        ends = np.cumsum([len(values) for values in named.values()])
        made = np.split(np.concatenate(chunks), ends[:-1])
        results.append({name: points[np.newaxis] for name, points in zip(named, made)})
    return results[0], results[1]
