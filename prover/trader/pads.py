"""The ephemeral secrets of escrows that were made ready before it was known which account they encrypt.

An escrow's pad is secret as long as its ephemeral secret is used for one account (circuits/escrow.py).  So a secret is
handed out once: it leaves the list before whoever asked has it, it is written nowhere, and a forked process, which has
its parent's memory, hands out none of its parent's.
"""

import os
import threading
from collections import deque
from typing import NamedTuple

from prover.trader import keys
from zk import entropy
from zk.curves import babyjubjub
from zk.curves.babyjubjub import Point


class _Pad(NamedTuple):
    process: int
    key: Point
    secret: int

    def __repr__(self) -> str:
        return "_Pad"


class Pads(keys.Secret):
    """Secrets by the guardians' key that they are ready for.  Threads may use it at once."""

    def __init__(self) -> None:
        self._ready: deque[_Pad] = deque()
        self._lock = threading.Lock()
        self.taken = 0

    def take(self, key: Point) -> int:
        """A secret for one escrow to this key: one that is ready, or else a fresh one.  Nobody gets it again."""
        with self._lock:
            self.taken += 1
            self._discard(key)
            return self._ready.popleft().secret if self._ready else fresh()

    def add(self, key: Point, secret: int) -> None:
        """Keeps a fresh secret that is ready for this key, and was used for nothing that anybody else has seen."""
        with self._lock:
            self._ready.append(_Pad(os.getpid(), key, secret))

    def count(self, key: Point) -> int:
        """How many are ready for this key; those for other keys are forgotten."""
        with self._lock:
            self._discard(key)
            return len(self._ready)

    def _discard(self, key: Point) -> None:
        process = os.getpid()
        self._ready = deque(pad for pad in self._ready if (pad.process, pad.key) == (process, key))


def fresh() -> int:
    """A uniform secret that was never used."""
    return entropy.scalar(babyjubjub.ORDER)
