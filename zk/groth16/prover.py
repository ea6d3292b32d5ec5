"""Proving: five multi-scalar multiplications over the points of the proving key (Groth16, section 3.2).

    A = [α] + Σ_j w_j a_j + r [δ]            B = [β]₂ + Σ_j w_j b_j + s [δ]₂, and the same in G1
    C = Σ_j w_j c_j + Σ_k q_k h_k + s A + r B - r s [δ]

with w the witness, q the quotient's scalars, j in C over the private wires, and r, s fresh and uniform: they hide
everything but the truth of the statement.  Reusing or choosing them would not make a proof false, but would leak.
"""

import numpy as np

from zk import entropy
from zk.curves import bn254, g1, g2
from zk.curves.bn254 import G1Point, G2Point
from zk.fields import array, fr
from zk.fields.prime import FR, R
from zk.groth16 import quotient
from zk.groth16.keys import Proof, ProvingKey
from zk.msm import pippenger
from zk.msm.pippenger import Pending
from zk.ntt import polynomial
from zk.runtime import profile


def prove(key: ProvingKey, witness: np.ndarray, *, insecure_blinding: tuple[int, int] | None = None) -> Proof:
    """A proof that somebody knows private wires which satisfy the constraints together with the public inputs.

    `witness` has (key.num_wires, 4) Montgomery words, and must satisfy the constraints: otherwise what comes
    back does not verify.  `insecure_blinding` fixes (r, s), for tests.  Raises ValueError when the witness has another
    shape, a value that is not reduced, or does not begin with one.
    """
    with profile.phase("checking the witness"):
        _check_witness(key, witness)
    r, s = insecure_blinding or (entropy.scalar(R), entropy.scalar(R))
    of_h = quotient.evaluate(key, witness)
    with profile.phase("plain scalars"):
        plain = polynomial.to_plain(witness)
        of_b = plain[key.b_indices]
    with profile.phase("blinding"):
        blinding = _start_blinding(key, r, s)
    with profile.phase("MSM B in G2"):
        b2 = pippenger.start_g2(key.b_g2_query, of_b)
    with profile.phase("MSM H"):
        h = pippenger.start_g1(key.h_query, of_h)
    with profile.phase("MSM C"):
        c = pippenger.start_g1(key.l_query, plain[key.num_public + 1 :])
    with profile.phase("MSM A"):
        a = pippenger.start_g1(key.a_query, plain[key.a_indices])
    with profile.phase("MSM B in G1"):
        b1 = pippenger.start_g1(key.b_g1_query, of_b)
    with profile.phase("assembling"):
        # In the order in which they are begun, so that the pool works on the later ones meanwhile.
        of_a, of_b1, of_b2 = (pending.result() for pending in blinding)
        proof_b = bn254.add(b2.result(), of_b2)
        proof_c = bn254.add(h.result(), c.result())
        proof_a = bn254.add(a.result(), of_a)
        return _assemble(key, r, s, proof_a, bn254.add(b1.result(), of_b1), proof_b, proof_c)


def _start_blinding(key: ProvingKey, r: int, s: int) -> tuple[Pending, Pending, Pending]:
    """[α] + r [δ], [β] + s [δ] and [β]₂ + s [δ]₂, under way."""
    alpha, beta, delta = g1.encode([key.verifying.alpha_g1, key.beta_g1, key.delta_g1])
    of_r, of_s = array.plain([1, r]), array.plain([1, s])
    return (
        pippenger.start_g1(np.stack((alpha, delta))[np.newaxis], of_r),
        pippenger.start_g1(np.stack((beta, delta))[np.newaxis], of_s),
        pippenger.start_g2(g2.encode([key.verifying.beta_g2, key.verifying.delta_g2])[np.newaxis], of_s),
    )


def _assemble(key: ProvingKey, r: int, s: int, a: G1Point, b_in_g1: G1Point, b: G2Point, c: G1Point | None) -> Proof:
    """The proof, from A, B in both groups, and C without its blinding.

    What is blinded by r or s is the identity with probability 1 / r.
    """
    blinding = pippenger.g1(g1.encode([a, b_in_g1, key.delta_g1]), array.plain([s, r, -r * s % R]))
    return Proof(a, b, bn254.add(c, blinding))


def _check_witness(key: ProvingKey, witness: np.ndarray) -> None:
    """Raises ValueError unless the witness has the shape of the key, is reduced and begins with one."""
    if witness.shape != (key.num_wires, 4) or witness.dtype != np.uint64:
        raise ValueError(f"a witness for this key is {key.num_wires} rows of 4 words")
    if not array.is_canonical(FR, witness) or tuple(witness[0]) != fr.ONE:
        raise ValueError("a witness is made of reduced field elements, the first of which is one")

