"""What the processes of one service share: what is known of peers, how many requests wait in each process, and a bell.

The numbers lie in memory that is made before the processes, which inherit it: the buckets and standings of peers, and
how many connections and streams they have.  What several processes write is locked while it is written, by a lock that
the system takes back from a process that is killed.

The bell is a socket to the parent, which rings those of all others: what waits for news looks at the database then.
"""

import socket
from collections.abc import Callable

from prover.network.service.census import Census, Counts
from prover.network.service.shared import Lock, numbers
from zk import entropy

KEY_BYTES = 16
NEWS, READY = b".", b"r"
_MANY = 4096


class Shared:
    """What `processes` share: so many numbers for buckets, and as many for standings and for who is known.

    `key` is for their hashes, and unknown to everybody else.
    """

    def __init__(self, processes: int, buckets: int):
        self.buckets, self.standings, self.known = numbers(buckets), numbers(buckets), numbers(buckets)
        self.lock = Lock(processes)
        self.connections, self.streams = Counts(processes), Counts(processes)
        self.waiting = numbers(processes)
        self.key = entropy.token(KEY_BYTES)


class Member:
    """One of the processes, by its number.  Without a `bell` it is the only one."""

    def __init__(self, shared: Shared, number: int = 0, bell: socket.socket | None = None):
        self.shared, self._number, self.bell = shared, number, bell
        self.count(0)  # of one that was killed
        self.connections, self.streams = Census(shared.connections, number), Census(shared.streams, number)

    def count(self, waiting: int) -> None:
        """Says how many requests wait here."""
        self.shared.waiting[self._number] = waiting

    def waiting(self) -> int:
        """How many requests wait in all processes."""
        return sum(self.shared.waiting)

    def ring(self, what: bytes = NEWS) -> None:
        """Tells the others that there is something new."""
        if self.bell is not None:
            try:
                self.bell.send(what)
            except OSError:  # the parent has a thousand rings to answer already, or is gone
                pass

    def heard(self, news: Callable[[], object], alone: Callable[[], object]) -> None:
        """Calls `news` when others rang, and `alone` when the parent has ended, once the bell can be read."""
        assert self.bell is not None, "who has no bell hears nothing"
        try:
            rings = self.bell.recv(_MANY)
        except BlockingIOError:
            return
        except OSError:
            rings = b""
        (news if rings else alone)()
