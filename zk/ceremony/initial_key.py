"""The initial key of phase 2, from a circuit and powers of tau: γ = δ = 1.

No secret is needed.  The column polynomials of the circuit are given by their values on the roots of unity, so at τ
they are linear combinations of the points L_i(τ) of prepared powers, and of these times α and β:

    a_j = Σ_i A[i, j] [L_i]    b_j = Σ_i B[i, j] [L_i], in both groups
    ic_j, l_j = Σ_i A[i, j] [β L_i] + B[i, j] [α L_i] + C[i, j] [L_i]    for public wires, and for private wires
    h_i = [L_2i+1] over the domain of twice the size

After the rows of the constraints, A has a row for the wire one and one for each public input (zk/groth16/generator.py
says why).  The file equals that of `snarkjs groth16 setup`, byte for byte.  (snarkjs, "zkey_new.js";
Groth16, section 3.2.)
"""

import numpy as np

from zk.ceremony import batches, circuithash
from zk.curves import bn254
from zk.errors import FormatError
from zk.fields import array
from zk.formats import ptau, zkeyterms
from zk.formats.ptau import Powers
from zk.formats.r1csfile import CircuitHeader, CircuitTerms
from zk.formats.sections import MAX_LOG_SIZE
from zk.formats.zkeycontributions import Ceremony
from zk.formats.zkeyfile import KeyFile
from zk.formats.zkeyheader import KeyHeader
from zk.msm import columns
from zk.msm.columns import Terms
from zk.runtime.progress import Progress, Steps, silent

_ONE = array.plain([1])
_BASE_BYTES, _BYTES_PER_TERM_BYTE, _BYTES_PER_ROW = 64 << 20, 16, 1 << 10  # of memory, measured at 2^14 and 2^16


def log_size(circuit: CircuitHeader) -> int:
    """log2 of the domain size: room for the constraints, the wire one and the public inputs; at least 1."""
    return max((circuit.num_constraints + circuit.num_public).bit_length(), 1)


def check_powers(circuit: CircuitHeader, powers: Powers) -> None:
    """Raises FormatError unless the powers are prepared and sufficient for the circuit."""
    _check_powers(log_size(circuit), powers)


def memory_bytes(r1cs_bytes: int, constraints: int) -> int:
    """About how much memory `make` takes for a circuit of this size."""
    return _BASE_BYTES + _BYTES_PER_TERM_BYTE * r1cs_bytes + _BYTES_PER_ROW * constraints


def make(circuit: CircuitTerms, powers: Powers, progress: Progress = silent) -> KeyFile:
    """The key of a circuit before phase 2: until there is a contribution, anybody can forge proofs under it.

    Raises FormatError when the powers are not prepared or too few, or one of the points used is invalid.  Must not be
    called from a pool task.
    """
    check_powers(circuit.header, powers)
    size = log_size(circuit.header)
    tau, alpha, beta, tau_g2 = (_lagrange(powers, name, size) for name in ("tau_g1", "alpha_g1", "beta_g1", "tau_g2"))
    terms = _terms(circuit)
    a, b, c = (_matrix(terms, side, 1 << size) for side in range(3))
    used = {
        "a_query": [(a, tau)],
        "b_g1_query": [(b, tau)],
        "b_g2_query": [(b, tau_g2)],
        "l_query": [(a, beta), (b, alpha), (c, tau)],
    }
    steps = Steps(sum(_cost(*pair) for pairs in used.values() for pair in pairs), progress)
    points = {name: _column_sums(pairs, circuit.header.num_wires, steps) for name, pairs in used.items()}
    points["ic"], points["l_query"] = np.split(points["l_query"], [circuit.header.num_public + 1])
    points["h_query"] = quotient_points(powers, size)
    header = _header(circuit, powers, size)
    digest = circuithash.digest(header, points, powers)
    return KeyFile(header, terms=_encode_terms(terms), ceremony=Ceremony(digest), **points)


def quotient_points(powers: Powers, size: int) -> np.ndarray:
    """The query h for a domain of 2^size.  Raises FormatError like `make`."""
    _check_powers(size, powers)
    return np.ascontiguousarray(_lagrange(powers, "tau_g1", size + 1)[1::2])


def _check_powers(size: int, powers: Powers) -> None:
    """Raises FormatError unless there are Lagrange points for a domain of 2^size."""
    if size > MAX_LOG_SIZE:
        raise FormatError(f"the circuit needs a domain of 2^{size}; the limit is 2^{MAX_LOG_SIZE}")
    if size > powers.power:
        raise FormatError(
            f"the circuit needs powers of tau for 2^{size} constraints, but these are for 2^{powers.power}"
        )
    if not powers.is_prepared:
        raise FormatError(
            "the powers of tau are not prepared for phase 2: run `zksettle powersoftau prepare phase2`"
        )


def _lagrange(powers: Powers, name: str, size: int) -> np.ndarray:
    """The points L_i(τ) over the domain of size 2^size, times α or β if the name says so."""
    rows = ptau.level(getattr(powers, f"lagrange_{name}"), size)
    return ptau.load(rows, f"the powers of tau: lagrange_{name}")


def _header(circuit: CircuitTerms, powers: Powers, size: int) -> KeyHeader:
    """The header of the key, with γ = δ = 1."""
    alpha_g1, beta_g1 = (
        ptau.point_g1(ptau.load(rows[:1], "the powers of tau")) for rows in (powers.alpha_g1, powers.beta_g1)
    )
    beta_g2 = ptau.point_g2(ptau.load(powers.beta_g2, "the powers of tau"))
    sizes = circuit.header.num_wires, circuit.header.num_public, size
    return KeyHeader(*sizes, alpha_g1, beta_g1, beta_g2, bn254.G2, bn254.G1, bn254.G2)


_Terms = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # for each term: side (A, B, C), row, wire, value


def _terms(circuit: CircuitTerms) -> _Terms:
    """The terms in the order of the file, followed by the extra ones of A for the wire one and the public inputs."""
    last = np.arange(circuit.header.num_public + 1)
    sides = np.concatenate([circuit.combinations % 3, np.zeros(len(last), np.int64)])
    rows = np.concatenate([circuit.combinations // 3, circuit.header.num_constraints + last])
    values = np.concatenate([circuit.values, np.repeat(_ONE, len(last), axis=0)])
    return sides, rows, np.concatenate([circuit.columns, last]), values


def _matrix(terms: _Terms, side: int, size: int) -> Terms:
    """A, B or C, for side 0, 1 or 2."""
    sides, rows, wires, values = terms
    chosen = np.flatnonzero(sides == side)
    return columns.terms(size, rows[chosen], wires[chosen], values[chosen])


def _encode_terms(terms: _Terms) -> bytes:
    """The terms of A and B as they are stored in a key."""
    sides, rows, wires, values = (part[terms[0] < 2] for part in terms)
    return zkeyterms.encode(sides, rows, wires, values)


def _cost(terms: Terms, points: np.ndarray) -> int:
    """The cost of the multiples that the terms need."""
    return len(terms.bases) * batches.cost(points[:1])


def _column_sums(pairs: list[tuple[Terms, np.ndarray]], count: int, steps: Steps) -> np.ndarray:
    """For each of `count` columns, the sum over several matrices, each of which has points of its own for the rows."""
    expanded, entries, place = [], [], 0
    for terms, points in pairs:
        expanded.append(columns.with_multiples(terms, points, steps.part(_cost(terms, points))))
        entries.append(np.where(terms.entries < 0, terms.entries, terms.entries + 2 * place))
        place += len(expanded[-1])
    places = np.concatenate([terms.columns for terms, _ in pairs])
    return columns.sums(np.concatenate(expanded), places, np.concatenate(entries), count)
