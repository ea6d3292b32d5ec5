"""How many of something each peer has, such as connections, in all processes of a service together.

    tag │ how many in process 0 │ how many in process 1 │ …         a row, in one of the WAYS places of its set

Each process writes its own numbers only, and begins with none, so one that is killed leaves nothing behind.  A row is
free for another peer when all of its numbers are 0; while no row of a set is free, one more peer is counted by each
process for itself.
"""

import hashlib
from collections import Counter

from prover.network.service.shared import Lock, numbers
from zk import entropy

SETS, WAYS = 1_024, 4
_KEY_BYTES, _TAG_BYTES = 16, 7


class Counts:
    """The numbers of all processes, in memory that is made before them."""

    def __init__(self, processes: int):
        self.processes, self.width = processes, 1 + processes
        self.rows, self.totals = numbers(SETS * WAYS * self.width), numbers(processes)
        self.lock, self.key = Lock(processes), entropy.token(_KEY_BYTES)


class Census:
    """The numbers as the process of this number sees them.  Belongs to one thread."""

    def __init__(self, counts: Counts | None = None, number: int = 0):
        self._counts, self._number = counts or Counts(1), number
        self._own: Counter[str] = Counter()
        self._publish_none()

    def add(self, peer: str, count: int = 1) -> None:
        """Counts one more, or one less."""
        self._own[peer] += count
        self._counts.totals[self._number] += count
        with self._counts.lock:
            row = self._row(peer)
            if row is not None:
                self._counts.rows[row + 1 + self._number] = self._own[peer]
        if not self._own[peer]:
            del self._own[peer]

    def of(self, peer: str) -> int:
        """How many this peer has, in all processes."""
        with self._counts.lock:
            row = self._row(peer)
            elsewhere = 0 if row is None else self._sum(row) - self._counts.rows[row + 1 + self._number]
        return self._own[peer] + elsewhere

    def total(self) -> int:
        """How many all peers have, in all processes."""
        return sum(self._counts.totals)

    def here(self) -> int:
        """How many all peers have in this process."""
        return self._counts.totals[self._number]

    def _row(self, peer: str) -> int | None:
        """Where this peer's row begins, which may have been free until now; None when there is no room."""
        rows, width = self._counts.rows, self._counts.width
        digest = hashlib.blake2b(peer.encode(), digest_size=_TAG_BYTES, key=self._counts.key).digest()
        tag = 1 + int.from_bytes(digest, "big")
        first = tag % SETS * WAYS * width
        places = range(first, first + WAYS * width, width)
        row = next((place for place in places if rows[place] == tag), None)
        if row is None:
            row = next((place for place in places if not self._sum(place)), None)
            if row is not None:
                rows[row] = tag
        return row

    def _sum(self, row: int) -> int:
        return sum(self._counts.rows[row + 1 : row + self._counts.width])

    def _publish_none(self) -> None:
        """Forgets what a process of this number had that was killed."""
        rows, width = self._counts.rows, self._counts.width
        self._counts.totals[self._number] = 0
        with self._counts.lock:
            for place in range(1 + self._number, len(rows), width):
                if rows[place]:
                    rows[place] = 0
