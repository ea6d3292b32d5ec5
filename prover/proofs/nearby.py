"""The newest witnesses of a process, with their sums: the proofs that come after them take less.

A leg is near every other leg from the same state of an account: they share the state, its path in the tree and its
owner's keys (zk/groth16/linear.py).  The two sides of a quote are such legs, and so are the quotes to two askers.  A
margin is near every other of the same account, at whatever prices: so standing orders take less to keep fresh.  Two
escrows share no secret, so an escrow is near only what was prepared under its own (prover/trader/pads.py).

What is kept is as secret as a wallet that is open.  It is in memory only, and the oldest goes first.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from zk.groth16.provingkey import ProvingKey

if TYPE_CHECKING:
    from zk.groth16.linear import Sums

MAX_BYTES = 64 << 20
"""Of witnesses: some 130 legs, or 290 margins."""

WHAT_IS_NEAR: dict[str, Callable[[Any, Any], int]] = {
    "leg": lambda public, private: public.nullifier,
    "margin": lambda public, private: public.commitment,
    "escrow": lambda public, private: private.e,
}
"""The input that witnesses near each other have in common, by the statement, of its public and private inputs."""
ONCE = frozenset({"escrow"})
"""Statements whose common input is used for one proof: only what was prepared for it is kept, until then."""


class Nearby:
    """The newest sums by the statement and what it is about, and the public inputs.  Threads may use it at once."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._kept: OrderedDict[tuple[str, int], tuple[Any, Sums]] = OrderedDict()
        self._max_bytes = max_bytes
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return "Nearby"

    def begin(
        self, name: str, public: Any, private: Any, key: ProvingKey, witness: np.ndarray, *, is_prepared: bool = False
    ) -> "Sums":
        """The sums of this witness, begun from the nearest one that is kept.  It is kept too, where more will come."""
        from zk.groth16 import prover

        if name not in WHAT_IS_NEAR:
            return prover.begin(key, witness)
        place = name, WHAT_IS_NEAR[name](public, private)
        with self._lock:
            _, near = self._kept.pop(place, (None, None))
            made = prover.begin(key, witness, near if near is not None and near.key is key else None)
            if name in ONCE and not is_prepared:
                return made
            self._kept[place] = public, made
            while len(self._kept) > 1 and self._bytes() > self._max_bytes:
                self._kept.popitem(last=False)
        return made

    def near(self, name: str, about: int) -> Any | None:
        """The public inputs of what is kept about this, such as the leg of this nullifier; None if nothing is."""
        with self._lock:
            return self._kept.get((name, about), (None, None))[0]

    def forget(self) -> None:
        """Forgets everything: the next proofs begin from nothing."""
        with self._lock:
            self._kept.clear()

    def _bytes(self) -> int:
        return sum(sums.witness.nbytes for _, sums in self._kept.values())
