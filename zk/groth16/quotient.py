"""The quotient: from a witness to the scalars of the points h_k of the proving key.

With A(x), B(x), C(x) the polynomials whose values on the N-th roots of unity are the rows of A·w, B·w and C·w, a
witness satisfies every constraint exactly when x^N - 1 divides A·B - C.  The quotient is h = (A·B - C) / (x^N - 1); on
the odd coset the divisor is -2, so h is given there by the values of A·B - C, and the points h_k carry the rest: the
proof needs Σ_k (A·B - C)(g_k)·h_k.  For a satisfying witness C·w is the row-wise product of the other two, so the
matrix C is not needed.  (Groth16, section 3.2; the basis is snarkjs's.)

Columns are written in bit-reversed order by the sparse products and read back from it by the last step, which is all
that the transforms ask for.  Three inverse and three forward transforms; the inverse ones leave the factor N in all
three columns, and the last step takes it out.
"""

import numpy as np

from zk.groth16.keys import ProvingKey
from zk.ntt import ntt, polynomial
from zk.r1cs import sparse
from zk.runtime import parallel, profile


def evaluate(key: ProvingKey, witness: np.ndarray) -> np.ndarray:
    """(N, 4) plain words: (A·B - C) at the 2k+1-st powers of the 2N-th root of unity, k = 0, 1, … N-1.

    `witness` has (key.num_wires, 4) Montgomery words; the caller has checked its shape, and that it satisfies the
    constraints.
    """
    over = ntt.domain(key.log_size)
    a, b, c = np.empty((3, over.size, 4), dtype=np.uint64)
    sides = (key.a_starts, key.a_terms, a), (key.b_starts, key.b_terms, b)
    with profile.phase("sparse products"):
        parallel.map(
            lambda side: sparse.times_vector(*side[:2], key.coefficients, witness, key.log_size, side[2]), sides
        )
    with profile.phase("transforms"):
        polynomial.product(a, b, c)
        parallel.map(lambda column: ntt.to_coset(over, column), (a, b, c))
        return polynomial.difference(over, a, b, c)
