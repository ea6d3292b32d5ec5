"""The quotient: from a witness to the scalars of the points h_k of the proving key.

With A(x), B(x), C(x) the polynomials whose values on the N-th roots of unity are the rows of A·w, B·w and C·w, a
witness satisfies every constraint exactly when x^N - 1 divides A·B - C.  The quotient is h = (A·B - C) / (x^N - 1); on
the odd coset the divisor is -2, so h is given there by the values of A·B - C, and the points h_k carry the rest: the
proof needs Σ_k (A·B - C)(g_k)·h_k.  For a satisfying witness C·w is the row-wise product of the other two, so the
matrix C is not needed.  (Groth16, section 3.2; the basis is snarkjs's.)

Columns are written in bit-reversed order by the sparse products and read back from it by the last step, which is all
that the transforms ask for.  Three inverse and three forward transforms.
"""

import numpy as np

from zk import ntt, parallel, witness
from zk.fields import fr
from zk.groth16.keys import ProvingKey
from zk.jit import kernel


@kernel
def _rows(starts, terms, coefficients, wires, bits, column):
    """column[reverse(i)] = <row i, wires>, and 0 beyond the last row.  1 mul a term, none where it is 1 or -1."""
    rows = starts.shape[0] - 1
    for i in range(rows):
        fr.store(column, ntt.reverse(i, bits), witness.combination(i, starts, terms, coefficients, wires))
    for i in range(rows, column.shape[0]):
        fr.store(column, ntt.reverse(i, bits), fr.ZERO)


@kernel
def _product(a, b, column):
    """column = a·b, row by row.  1 mul each."""
    for i in range(column.shape[0]):
        fr.store(column, i, fr.mul(fr.load(a, i), fr.load(b, i)))


@kernel
def _difference(a, b, c, bits, column):
    """column[reverse(i)] = a·b - c in plain words, row by row.  2 mul each."""
    for i in range(column.shape[0]):
        value = fr.sub(fr.mul(fr.load(a, i), fr.load(b, i)), fr.load(c, i))
        fr.store(column, ntt.reverse(i, bits), fr.from_montgomery(value))


def evaluate(key: ProvingKey, wires: np.ndarray) -> np.ndarray:
    """(N, 4) plain words: (A·B - C) at the 2k+1-st powers of the 2N-th root of unity, k = 0, 1, … N-1.

    `wires` is the witness in Montgomery words, (key.wires, 4); whoever calls has checked that it satisfies the
    constraints, and that it has this shape.
    """
    over = ntt.domain(key.log_size)
    a, b, c, scalars = (np.empty((over.size, 4), dtype=np.uint64) for _ in range(4))
    sides = (key.a_starts, key.a_terms, a), (key.b_starts, key.b_terms, b)
    parallel.map(lambda side: _rows(*side[:2], key.coefficients, wires, key.log_size, side[2]), sides)
    _product(a, b, c)
    parallel.map(lambda column: _to_coset(over, column), (a, b, c))
    _difference(a, b, c, key.log_size, scalars)
    return scalars


def _to_coset(over: ntt.Domain, column: np.ndarray) -> None:
    """Values on the domain → values on its odd coset, in place."""
    ntt.inverse(over, column)
    ntt.forward_coset(over, column)
