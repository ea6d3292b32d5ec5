"""The quotient polynomial: from a witness to the scalars of h_query.

Let A(x), B(x), C(x) be the polynomials whose values on the N-th roots of unity are the rows of A·w, B·w and C·w.  A
witness satisfies every constraint exactly when x^N - 1 divides A·B - C, and the quotient is h = (A·B - C) / (x^N - 1).
On the odd coset the divisor is the constant -2, so the values of A·B - C there determine h, and the points of h_query
carry the rest: the proof needs Σ_k (A·B - C)(g_k)·h_query_k.  For a satisfying witness C·w is the row-wise product of
A·w and B·w, so the matrix C is not needed.  (Groth16, section 3.2; the basis is snarkjs's.)

Columns stay in bit-reversed order from the sparse products to the last step, so no transform has to reorder them.
There are three inverse and three forward transforms.  The inverse ones leave a factor N in each column, which the last
step removes.  All of it runs on one thread, beside which others begin with the sums over the witness.
"""

import numpy as np

from zk.groth16 import provingtables
from zk.groth16.provingkey import ProvingKey
from zk.ntt import ntt, polynomial
from zk.r1cs import sparse
from zk.runtime import profile


def evaluate(key: ProvingKey, witness: np.ndarray) -> np.ndarray:
    """(N, 4) plain words: (A·B - C) at the 2k+1-st powers of the 2N-th root of unity, k = 0, 1, … N-1.

    `witness` has (key.num_wires, 4) Montgomery words.  The caller has checked its shape, and relies on the result only
    if it satisfies the constraints.
    """
    domain, columns = ntt.domain(key.log_size), np.empty((3, 1 << key.log_size, 4), dtype=np.uint64)
    products = provingtables.of(key).products
    with profile.phase("sparse products"):
        sparse.times_vector(products, witness, columns[:2])
    with profile.phase("transforms"):
        a, b, c = columns
        polynomial.product(a, b, c)
        for column in columns:
            ntt.to_coset(domain, column)
        return polynomial.difference(domain, a, b, c)
