"""The sums of a proof that are linear in the witness: from the witness alone, or from those of a witness near it.

    A_w = Σ_j w_j a_query_j      B_w = Σ_j w_j b_query_j, in G1 and in G2      L_w = Σ_j w_j l_query_j

For every other witness v, A_w = A_v + Σ_j (w_j - v_j) a_query_j, and so for the other sums.  A wire that has the same
value in both costs nothing.  Two changes of one account have the most expensive wires in common, the hashes on its path
in the tree, so that the second takes about half of the first's additions.

What is left of a proof, the quotient, is not linear.  A proof made from a near witness is the same proof: its blinding
is drawn afresh, and nothing in it tells where it began.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from zk.curves.bn254 import G1Point, G2Point
from zk.fields import conversion
from zk.fields.prime import FR
from zk.groth16.provingkey import ProvingKey
from zk.msm import few, pippenger
from zk.msm.pippenger import Pending
from zk.r1cs import vectors
from zk.runtime import profile


@dataclass(frozen=True, repr=False)
class Points:
    """The sums over a_query, b_g1_query, b_g2_query and l_query, each (1, 4, …) words in XYZZ form."""

    a: np.ndarray
    b_g1: np.ndarray
    b_g2: np.ndarray
    l: np.ndarray  # noqa: E741  (as the query is called)


class Sums:
    """The sums of one witness, perhaps still being computed.  It has the witness, so it is as secret as that."""

    def __init__(
        self, key: ProvingKey, witness: np.ndarray, near: "Sums | None",
        b_g2: Pending[G2Point], l: Pending[G1Point], a: Pending[G1Point], b_g1: Pending[G1Point],  # noqa: E741
    ):  # fmt: skip
        self.key, self.witness = key, witness
        self._near, self._pending = near, (a, b_g1, b_g2, l)
        self._points: Points | None = None
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return "Sums"

    def result(self) -> Points:
        """The sums.  Waits for the pool, so not to be called from a pool task."""
        with self._lock:
            if self._points is None:
                a, b_g1, b_g2, l = (each.xyzz() for each in self._pending)  # noqa: E741
                self._points = Points(a, b_g1, b_g2, l)
                if self._near is not None:
                    near = self._near.result()
                    self._points = Points(
                        few.total(near.a, a), few.total(near.b_g1, b_g1),
                        few.total(near.b_g2, b_g2), few.total(near.l, l),
                    )  # fmt: skip
                self._near = None  # so that a chain of near witnesses is not kept
            return self._points


def start(
    key: ProvingKey, witness: np.ndarray, near: Sums | None = None, after_longest: Callable[[], object] | None = None
) -> Sums:
    """Starts the sums of a witness, (key.num_wires, 4) reduced Montgomery words, on the pool.

    `near` has the sums of another witness for this key, which need not be finished.  Which witness it is decides only
    how long this takes.  `after_longest` is called once the longest of the sums has started, and before the others do.
    """
    assert near is None or near.key is key, "sums of another key say nothing about this one"
    with profile.phase("plain scalars"):
        scalars = witness
        if near is not None:
            scalars = np.empty_like(witness)
            vectors.subtract(witness, near.witness, scalars)
        plain = conversion.to_plain(FR, scalars)
        b_scalars = np.take(plain, key.b_indices, axis=0)  # in a tenth of the time of plain[…]
    # The longest first, and those over G2 before those over G1.
    with profile.phase("MSM B"):
        b_g2, b_g1 = pippenger.start_both(key.b_g2_query, key.b_g1_query, b_scalars)
    if after_longest is not None:
        after_longest()
    with profile.phase("MSM C"):
        l_sum = pippenger.start_g1(key.l_query, plain[key.num_public + 1 :])
    with profile.phase("MSM A"):
        a = pippenger.start_g1(key.a_query, np.take(plain, key.a_indices, axis=0))
    return Sums(key, witness, near, b_g2, l_sum, a, b_g1)
