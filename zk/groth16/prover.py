"""Proving: five multi-scalar multiplications over the points of the proving key (Groth16, section 3.2).

    A = [α] + Σ_j w_j a_query_j + r [δ]                                   in G1
    B = [β]₂ + Σ_j w_j b_query_j + s [δ]₂                                 in G2, and in G1 for C
    C = Σ_j w_j l_query_j + Σ_k q_k h_query_k + s A + r B - r s [δ]       in G1

w is the witness, with j in C over the private wires, and q are the scalars of zk/groth16/quotient.py.

r and s hide the witness.  They are drawn uniformly and independently for every proof.  A proof with other r and s is as
valid, but leaks: if s = r, for example, a guess of w can be tested by

    e(A - [α] - Σ_j w_j a_query_j, [δ]₂) = e([δ], B - [β]₂ - Σ_j w_j b_query_j).
"""

import numpy as np

from zk import entropy
from zk.curves import bn254, g1, g2
from zk.curves.bn254 import G1Point, G2Point
from zk.fields import array, conversion, fr
from zk.fields.prime import FR, R
from zk.groth16 import quotient
from zk.groth16.keys import Proof, ProvingKey
from zk.msm import pippenger
from zk.msm.pippenger import Pending
from zk.runtime import profile


def prove(key: ProvingKey, witness: np.ndarray, *, insecure_blinding: tuple[int, int] | None = None) -> Proof:
    """A proof of knowledge of private wires that satisfy the constraints together with the public inputs.

    `witness` has (key.num_wires, 4) Montgomery words.  If it does not satisfy the constraints, the proof does not
    verify.  `insecure_blinding` fixes (r, s), for tests.  Raises ValueError when the witness has another shape, is not
    reduced, or does not begin with one.
    """
    with profile.phase("checking the witness"):
        _check_witness(key, witness)
    r, s = insecure_blinding or (entropy.scalar(R), entropy.scalar(R))
    quotient_scalars = quotient.evaluate(key, witness)
    with profile.phase("plain scalars"):
        plain = conversion.to_plain(FR, witness)
        b_scalars = plain[key.b_indices]

    # Start every multiplication on the pool: the short ones of the blinding, then the others, the longest first.
    with profile.phase("blinding"):
        a_blinding, b_g1_blinding, b_g2_blinding = _start_blinding(key, r, s)
    # For B in G2.
    with profile.phase("MSM B in G2"):
        b_g2_sum = pippenger.start_g2(key.b_g2_query, b_scalars)
    # For C.
    with profile.phase("MSM H"):
        h_sum = pippenger.start_g1(key.h_query, quotient_scalars)
    with profile.phase("MSM C"):
        l_sum = pippenger.start_g1(key.l_query, plain[key.num_public + 1 :])
    # For A.
    with profile.phase("MSM A"):
        a_sum = pippenger.start_g1(key.a_query, plain[key.a_indices])
    # For B in G1, which C contains.
    with profile.phase("MSM B in G1"):
        b_g1_sum = pippenger.start_g1(key.b_g1_query, b_scalars)

    # Collect the results in the order in which they were started; meanwhile the pool works on the later ones.
    with profile.phase("assembling"):
        b_g2 = bn254.add(b_g2_blinding.result(), b_g2_sum.result())
        c = bn254.add(h_sum.result(), l_sum.result())
        a = bn254.add(a_blinding.result(), a_sum.result())
        b_g1 = bn254.add(b_g1_blinding.result(), b_g1_sum.result())
        assert a and b_g1 and b_g2, "r and s make A and B uniform, so neither is the identity"
        c = bn254.add(c, _c_blinding(key, a, b_g1, r, s))
        assert c, "C is uniform too"
        return Proof(a, b_g2, c)


def _start_blinding(key: ProvingKey, r: int, s: int) -> tuple[Pending[G1Point], Pending[G1Point], Pending[G2Point]]:
    """Starts [α] + r [δ], [β] + s [δ] and [β]₂ + s [δ]₂."""
    alpha_g1, beta_g1, delta_g1 = g1.encode([key.verifying.alpha_g1, key.beta_g1, key.delta_g1])
    beta_g2, delta_g2 = g2.encode([key.verifying.beta_g2, key.verifying.delta_g2])
    one_r, one_s = array.plain([1, r]), array.plain([1, s])
    return (
        pippenger.start_g1(np.stack((alpha_g1, delta_g1))[np.newaxis], one_r),
        pippenger.start_g1(np.stack((beta_g1, delta_g1))[np.newaxis], one_s),
        pippenger.start_g2(np.stack((beta_g2, delta_g2))[np.newaxis], one_s),
    )


def _c_blinding(key: ProvingKey, a: G1Point, b_g1: G1Point, r: int, s: int) -> G1Point | None:
    """s A + r B - r s [δ]."""
    return pippenger.g1(g1.encode([a, b_g1, key.delta_g1]), array.plain([s, r, -r * s % R]))


def _check_witness(key: ProvingKey, witness: np.ndarray) -> None:
    """Raises ValueError unless the witness has the shape of the key, is reduced and begins with one."""
    if witness.shape != (key.num_wires, 4) or witness.dtype != np.uint64:
        raise ValueError(f"a witness for this key must have {key.num_wires} rows of 4 words of type uint64")
    if not array.is_canonical(FR, witness):
        raise ValueError("a witness must have values below the modulus")
    if tuple(witness[0]) != fr.ONE:
        raise ValueError("a witness must begin with one")
