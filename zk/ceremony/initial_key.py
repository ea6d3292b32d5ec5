"""A proving key from a circuit and the powers of τ of a ceremony: what phase 2 begins with, γ = δ = 1.

No secret is needed: the column polynomials of the circuit are known by their values on the roots of unity, so at τ they
are sums of the points L_i(τ) that prepared powers have, and of those times α and β:

    a_j = Σ_i A[i, j] [L_i]    b_j = Σ_i B[i, j] [L_i], in both groups
    ic_j, c_j = Σ_i A[i, j] [β L_i] + B[i, j] [α L_i] + C[i, j] [L_i]    of public wires, and of the others
    h_i = [L_2i+1] of the roots of unity of twice the order

A has a row for the wire one and for each public input behind those of the constraints (zk/groth16/generator.py says
why).  The file that this makes is, byte for byte, what `snarkjs groth16 setup` writes.  (snarkjs, "zkey_new.js";
Groth16, section 3.2.)
"""

import numpy as np

from zk.ceremony import batches, circuithash
from zk.curves import bn254, g1, g2
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
    """log2 of the domain: room for the constraints, the wire one and the public inputs, and never 1."""
    return max((circuit.num_constraints + circuit.num_public).bit_length(), 1)


def check_powers(circuit: CircuitHeader, powers: Powers) -> None:
    """Raises FormatError unless the powers are prepared and enough for a circuit."""
    _check_powers(log_size(circuit), powers)


def memory_bytes(r1cs_bytes: int, constraints: int) -> int:
    """About how much memory making a key takes, from the size of its circuit."""
    return _BASE_BYTES + _BYTES_PER_TERM_BYTE * r1cs_bytes + _BYTES_PER_ROW * constraints


def make(circuit: CircuitTerms, powers: Powers, progress: Progress = silent) -> KeyFile:
    """The key of a circuit before phase 2: no proof under it means anything until somebody has contributed.

    Raises FormatError when the powers are not prepared or too few, or a point of them that is needed is not one of its
    group.  Not to be called from a task of the pool.
    """
    check_powers(circuit.header, powers)
    size = log_size(circuit.header)
    tau, alpha, beta, tau_g2 = (_lagrange(powers, name, size) for name in ("tau_g1", "alpha_g1", "beta_g1", "tau_g2"))
    listed = _listed(circuit)
    a, b, c = (_matrix(listed, side, 1 << size) for side in range(3))
    used = {
        "a_query": [(a, tau)],
        "b_g1_query": [(b, tau)],
        "b_g2_query": [(b, tau_g2)],
        "l_query": [(a, beta), (b, alpha), (c, tau)],
    }
    steps = Steps(sum(_work(*pair) for pairs in used.values() for pair in pairs), progress)
    points = {name: _column_sums(pairs, circuit.header.num_wires, steps) for name, pairs in used.items()}
    points["ic"], points["l_query"] = np.split(points["l_query"], [circuit.header.num_public + 1])
    points["h_query"] = quotient_points(powers, size)
    header = _header(circuit, powers, size)
    digest = circuithash.digest(header, points, powers)
    return KeyFile(header, terms=_terms(listed), ceremony=Ceremony(digest), **points)


def quotient_points(powers: Powers, size: int) -> np.ndarray:
    """The points h for a domain of 2^size.  Raises FormatError as `make`."""
    _check_powers(size, powers)
    return np.ascontiguousarray(_lagrange(powers, "tau_g1", size + 1)[1::2])


def _check_powers(size: int, powers: Powers) -> None:
    """Raises FormatError unless there are Lagrange points for a domain of 2^size."""
    if size > MAX_LOG_SIZE:
        raise FormatError(f"the circuit needs a domain of 2^{size}, and 2^{MAX_LOG_SIZE} is the limit")
    if size > powers.power:
        raise FormatError(
            f"the circuit needs powers of tau for 2^{size} constraints, and these are for 2^{powers.power}"
        )
    if not powers.is_prepared:
        raise FormatError(
            "the powers of tau are not prepared for phase 2: `zksettle powersoftau prepare phase2` does it"
        )


def _lagrange(powers: Powers, name: str, size: int) -> np.ndarray:
    """The points L_i(τ), times α or β where the name says so, over 2^size roots of unity."""
    rows = ptau.level(getattr(powers, f"lagrange_{name}"), size)
    return ptau.taken(rows, f"the powers of tau: lagrange_{name}")


def _header(circuit: CircuitTerms, powers: Powers, size: int) -> KeyHeader:
    """The header of the key, with γ = δ = 1."""
    alpha_g1, beta_g1 = (
        g1.decode(ptau.taken(rows[:1], "the powers of tau"))[0] for rows in (powers.alpha_g1, powers.beta_g1)
    )
    beta_g2 = g2.decode(ptau.taken(powers.beta_g2, "the powers of tau"))[0]
    sizes = circuit.header.num_wires, circuit.header.num_public, size
    return KeyHeader(*sizes, alpha_g1, beta_g1, beta_g2, bn254.G2, bn254.G1, bn254.G2)


_Listed = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # of each term: side, row, wire, value


def _listed(circuit: CircuitTerms) -> _Listed:
    """The terms in the order of the file, and behind them those that A has for the wire one and the public inputs."""
    last = np.arange(circuit.header.num_public + 1)
    sides = np.concatenate([circuit.combinations % 3, np.zeros(len(last), np.int64)])
    rows = np.concatenate([circuit.combinations // 3, circuit.header.num_constraints + last])
    values = np.concatenate([circuit.values, np.repeat(_ONE, len(last), axis=0)])
    return sides, rows, np.concatenate([circuit.columns, last]), values


def _matrix(listed: _Listed, side: int, size: int) -> Terms:
    """A, B or C, by their numbers 0, 1 and 2."""
    sides, rows, wires, values = listed
    chosen = np.flatnonzero(sides == side)
    return columns.terms(size, rows[chosen], wires[chosen], values[chosen])


def _terms(listed: _Listed) -> bytes:
    """The terms of A and B as they stand in a key."""
    is_kept = listed[0] < 2
    return zkeyterms.encode(*(part[is_kept] for part in listed))


def _work(terms: Terms, points: np.ndarray) -> int:
    """What the multiples that the terms need count for."""
    return len(terms.bases) * batches.work(points[:1])


def _column_sums(pairs: list[tuple[Terms, np.ndarray]], count: int, steps: Steps) -> np.ndarray:
    """The sum of each of `count` columns over several matrices, each with the points of its own rows."""
    expanded, entries, place = [], [], 0
    for terms, points in pairs:
        expanded.append(columns.with_multiples(terms, points, steps.part(_work(terms, points))))
        entries.append(np.where(terms.entries < 0, terms.entries, terms.entries + 2 * place))
        place += len(expanded[-1])
    places = np.concatenate([terms.columns for terms, _ in pairs])
    return columns.sums(np.concatenate(expanded), places, np.concatenate(entries), count)
