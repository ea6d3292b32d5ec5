"""Proving: five multi-scalar multiplications over the points of the proving key (Groth16, section 3.2).

    A = [α] + Σ_j w_j a_query_j + r [δ]                                   in G1
    B = [β]₂ + Σ_j w_j b_query_j + s [δ]₂                                 in G2, and in G1 for C
    C = Σ_j w_j l_query_j + Σ_k q_k h_query_k + s A + r B - r s [δ]       in G1

w is the witness, with j in C over the private wires, and q are the scalars of zk/groth16/quotient.py.  In C the point
r B - r s [δ] is r ([β] + Σ_j w_j b_query_j), so that only A and B need a multiple of δ, from a table kept for the key.

r and s hide the witness.  They are drawn uniformly and independently for every proof.  A proof with other r and s is as
valid, but leaks: if s = r, for example, a guess of w can be tested by

    e(A - [α] - Σ_j w_j a_query_j, [δ]₂) = e([δ], B - [β]₂ - Σ_j w_j b_query_j).
"""

import heapq
from collections.abc import Sequence
from concurrent.futures import Future
from itertools import chain

import numpy as np

from zk import entropy
from zk.curves import g1, g2
from zk.curves.bn254 import G1Point
from zk.fields import array, fr
from zk.fields.prime import R
from zk.groth16 import linear, nearness, provingtables, quotient
from zk.groth16.keys import Proof
from zk.groth16.linear import Sums
from zk.groth16.provingkey import ProvingKey
from zk.msm import few, fixed_base, pippenger
from zk.msm.pippenger import Pending
from zk.r1cs import vectors
from zk.runtime import parallel, profile


def prove(
    key: ProvingKey, witness: np.ndarray, *, sums: Sums | None = None, insecure_blinding: tuple[int, int] | None = None
) -> Proof:
    """A proof of knowledge of private wires that satisfy the constraints together with the public inputs.

    `witness` has (key.num_wires, 4) Montgomery words.  If it does not satisfy the constraints, the proof does not
    verify.  `sums` are those of this witness, if they were begun before (`begin`).  `insecure_blinding` fixes (r, s),
    for tests.  Raises ValueError when the witness has another shape, is not reduced, or does not begin with one.
    """
    assert sums is None or (sums.key is key and sums.witness is witness), "the sums of another witness prove nothing"
    if sums is None:
        _check_witness(key, witness)
    return _prove(key, witness, sums, insecure_blinding)


def _prove(
    key: ProvingKey, witness: np.ndarray, sums: Sums | None = None, insecure_blinding: tuple[int, int] | None = None
) -> Proof:
    """As `prove`, for a witness that was checked."""
    r, s = insecure_blinding or (entropy.scalar(R), entropy.scalar(R))
    # One thread of the pool computes the quotient; meanwhile the others begin with the longest sum over the witness.
    quotient_scalars = parallel.submit_alone(quotient.evaluate, key, witness)
    if sums is not None:
        h_sum = _start_h(key, quotient_scalars)
    else:
        started: list[Pending[G1Point]] = []
        sums = linear.start(key, witness, after_longest=lambda: started.append(_start_h(key, quotient_scalars)))
        (h_sum,) = started
    with profile.phase("blinding"):
        tables = provingtables.of(key)
        r_delta = fixed_base.combinations(tables.delta_g1, array.plain([r]))
        s_delta = fixed_base.combinations(tables.delta_g2, array.plain([s]))

    # Collect the results; meanwhile the pool works on the later ones.
    with profile.phase("assembling"):
        points = sums.result()
        b_g2 = few.total(tables.beta_g2, s_delta, points.b_g2)
        a, b_g1 = few.total(tables.alpha_g1, r_delta, points.a), few.total(tables.beta_g1, points.b_g1)
        c = few.total(h_sum.xyzz(), points.l)
        few.add_multiples(np.concatenate([a, b_g1]), array.plain([s, r]), c)
        (a_point, c_point), (b_point,) = g1.decode(few.affine(a, c)), g2.decode(few.affine(b_g2))
        assert a_point and b_point and c_point, "r and s make A, B and C uniform, so none is the identity"
        return Proof(a_point, b_point, c_point)


def prove_many(key: ProvingKey, witnesses: Sequence[np.ndarray], *, from_nothing: bool = False) -> list[Proof]:
    """A proof for each witness, in their order, as from `prove`: more a second, and each later than alone.

    A thread makes whole proofs, so that no core waits while another assembles one; witnesses near each other one after
    the other, each from the sums of the one before (zk/groth16/linear.py), unless they are to begin `from_nothing`.
    What would keep some threads busy while others have nothing left is made by all of them together.  Witnesses do not
    share passes over the key: an addition takes 20.6 ns with its points in the core's cache, and 21.1 with them in the
    cores' common one (AMD EPYC, Zen 5).  Raises ValueError as `prove`, before it computes anything.  Not to be called
    from a pool task.
    """
    for witness in witnesses:
        _check_witness(key, witness)
    threads = parallel.threads()
    runs = [[place] for place in range(len(witnesses))]
    if not from_nothing:
        runs = nearness.runs(witnesses, -(-len(witnesses) // threads))
    whole = _alone([len(run) for run in runs], threads)
    made = parallel.map_alone(lambda run: _prove_run(key, [witnesses[place] for place in run]), runs[:whole])
    made += [_prove_run(key, [witnesses[place] for place in run]) for run in runs[whole:]]
    proofs = zip(chain(*runs), chain(*made), strict=True)
    return [proof for _, proof in sorted(proofs, key=lambda one: one[0])]


def _alone(lengths: Sequence[int], threads: int) -> int:
    """How many runs of these lengths, the longest first, are made by one thread each, so that all end soonest.

    Each is begun by the thread that is free first; those after them are made by all threads together.
    """
    busy, left = [0] * threads, sum(lengths)
    soonest, best = left, 0  # times the number of threads
    for count, length in enumerate(lengths, 1):
        heapq.heappush(busy, heapq.heappop(busy) + length)
        left -= length
        end = threads * max(busy) + left
        if end <= soonest:
            soonest, best = end, count
    return best


def _prove_run(key: ProvingKey, witnesses: Sequence[np.ndarray]) -> list[Proof]:
    """The proofs of witnesses that were checked, each from the sums of the one before."""
    if len(witnesses) == 1:
        return [_prove(key, witnesses[0])]
    proofs, sums = [], None
    for witness in witnesses:
        sums = linear.start(key, witness, sums)
        proofs.append(_prove(key, witness, sums))
    return proofs


def begin(key: ProvingKey, witness: np.ndarray, near: Sums | None = None) -> Sums:
    """Begins the part of a proof that is linear in the witness, from the sums of a witness near it if there are some.

    Raises ValueError as `prove`.
    """
    _check_witness(key, witness)
    return linear.start(key, witness, near)


def _start_h(key: ProvingKey, quotient_scalars: Future[np.ndarray]) -> Pending[G1Point]:
    """Starts Σ_k q_k h_query_k once the scalars are known."""
    scalars = quotient_scalars.result()
    with profile.phase("MSM H"):
        return pippenger.start_g1(key.h_query, scalars)


def _check_witness(key: ProvingKey, witness: np.ndarray) -> None:
    """Raises ValueError unless the witness has the shape of the key, is reduced and begins with one."""
    with profile.phase("checking the witness"):
        if witness.shape != (key.num_wires, 4) or witness.dtype != np.uint64:
            raise ValueError(f"a witness for this key must have {key.num_wires} rows of 4 words of type uint64")
        if not vectors.are_reduced(np.require(witness, requirements=["C", "W"])):
            raise ValueError("a witness must have values below the modulus")
        if tuple(witness[0]) != fr.ONE:
            raise ValueError("a witness must begin with one")
