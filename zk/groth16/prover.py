"""Proving: five multi-scalar multiplications over the points of the proving key (Groth16, section 3.2).

    A = [α] + Σ_j w_j a_j + r [δ]            B = [β]₂ + Σ_j w_j b_j + s [δ]₂, and the same in G1
    C = Σ_j w_j c_j + Σ_k q_k h_k + s A + r B - r s [δ]

with w the witness, q the quotient's scalars, j in C over the private wires, and r, s fresh and uniform: they hide
everything but the truth of the statement.  Reusing or choosing them would not make a proof false, but would leak.
"""

import numpy as np

from zk import entropy, msm, phases, polynomial
from zk.curves import bn254
from zk.curves.bn254 import Point
from zk.fields import array, fr
from zk.fields.prime import FR, R
from zk.groth16 import quotient
from zk.groth16.keys import Proof, ProvingKey


def prove(key: ProvingKey, wires: np.ndarray, *, insecure_blinding: tuple[int, int] | None = None) -> Proof:
    """A proof that somebody knows private wires which satisfy the constraints together with the public inputs.

    `wires` is the witness, (key.wires, 4) Montgomery words, and must satisfy the constraints: otherwise what comes
    back does not verify.  `insecure_blinding` fixes (r, s), for tests.  Raises ValueError when the witness has another
    shape, a value that is not reduced, or does not begin with one.
    """
    with phases.phase("checking the witness"):
        _check_witness(key, wires)
    r, s = insecure_blinding or (entropy.scalar(R), entropy.scalar(R))
    of_h = quotient.evaluate(key, wires)
    with phases.phase("plain scalars"):
        plain = polynomial.to_plain(wires)
        of_b = plain[key.b_wires]
    with phases.phase("MSM B in G2"):
        b2 = msm.start_g2(key.b2, of_b)
    with phases.phase("MSM H"):
        h = msm.start_g1(key.h, of_h)
    with phases.phase("MSM C"):
        c = msm.start_g1(key.c, plain[key.public + 1 :])
    with phases.phase("MSM A"):
        a = msm.start_g1(key.a, plain[key.a_wires])
    with phases.phase("MSM B in G1"):
        b1 = msm.start_g1(key.b1, of_b)
    with phases.phase("assembling"):
        return _assemble(key, r, s, *(pending.result() for pending in (a, b1, b2, c, h)))


def _assemble(key: ProvingKey, r: int, s: int, a: Point, b1: Point, b2: Point, c: Point, h: Point) -> Proof:
    """The proof, from the five sums and the two numbers that blind it."""
    proof_a = _sum(key.verifying.alpha, a, bn254.multiply(r, key.delta))
    proof_b = _sum(key.verifying.beta, b2, bn254.multiply(s, key.verifying.delta))
    b_in_g1 = _sum(key.beta, b1, bn254.multiply(s, key.delta))
    blinding = _sum(bn254.multiply(s, proof_a), bn254.multiply(r, b_in_g1), bn254.multiply(-r * s % R, key.delta))
    return Proof(proof_a, proof_b, _sum(c, h, blinding))


def _check_witness(key: ProvingKey, wires: np.ndarray) -> None:
    """Raises ValueError unless the witness has the shape of the key, is reduced and begins with one."""
    if wires.shape != (key.wires, 4) or wires.dtype != np.uint64:
        raise ValueError(f"a witness for this key is {key.wires} rows of 4 words")
    if not array.is_canonical(FR, wires) or tuple(wires[0]) != fr.ONE:
        raise ValueError("a witness is made of reduced field elements, the first of which is one")


def _sum(*points: bn254.Point | None) -> bn254.Point:
    """The sum of some points of one group.  It is blinded by r or s, so it is the identity with probability 1 / r."""
    total = None
    for point in points:
        total = bn254.add(total, point)
    return total
