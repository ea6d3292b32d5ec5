"""The quotient polynomial: from a witness to the scalars of h_query.

Let A(x), B(x), C(x) be the polynomials whose values on the N-th roots of unity are the rows of A·w, B·w and C·w.  A
witness satisfies every constraint exactly when x^N - 1 divides A·B - C, and the quotient is h = (A·B - C) / (x^N - 1).
On the odd coset the divisor is the constant -2, so the values of A·B - C there determine h, and the points of h_query
carry the rest: the proof needs Σ_k (A·B - C)(g_k)·h_query_k.  For a satisfying witness C·w is the row-wise product of
A·w and B·w, so the matrix C is not needed.  (Groth16, section 3.2; the basis is snarkjs's.)

Columns stay in bit-reversed order from the sparse products to the last step, so no transform has to reorder them.
There are three inverse and three forward transforms.  The inverse ones leave a factor N in each column, which the last
step removes.
"""

import numpy as np

from zk.groth16.keys import ProvingKey
from zk.ntt import ntt, polynomial
from zk.r1cs import sparse
from zk.runtime import parallel, profile


def evaluate(key: ProvingKey, witness: np.ndarray) -> np.ndarray:
    """(N, 4) plain words: (A·B - C) at the 2k+1-st powers of the 2N-th root of unity, k = 0, 1, … N-1.

    `witness` has (key.num_wires, 4) Montgomery words.  The caller has checked its shape, and relies on the result only
    if it satisfies the constraints.
    """
    domain = ntt.domain(key.log_size)
    a, b, c = np.empty((3, domain.size, 4), dtype=np.uint64)
    with profile.phase("sparse products"):
        products = (key.a_starts, key.a_terms, a), (key.b_starts, key.b_terms, b)
        parallel.map(
            lambda p: sparse.times_vector(p[0], p[1], key.coefficients, witness, key.log_size, p[2]), products
        )
    with profile.phase("transforms"):
        polynomial.product(a, b, c)
        parallel.map(lambda column: ntt.to_coset(domain, column), (a, b, c))
        return polynomial.difference(domain, a, b, c)
