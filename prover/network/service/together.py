"""What the processes of one service share: the buckets of peers, how many requests wait in each process, and a bell.

The numbers lie in memory that is made before the processes, which inherit it.  Each is eight bytes that a processor
writes at once, and nothing is locked, so that no process that is killed leaves a lock behind: two that take from one
bucket at the same instant may forget one of the two, and that is all.

The bell is a socket to the parent, which rings those of all others: what waits for news looks at the database then.
"""

import mmap
import socket
from collections.abc import Callable

from zk import entropy

KEY_BYTES = 16
NEWS, READY = b".", b"r"
_NUMBER_BYTES = 8
_MANY = 4096


def numbers(count: int) -> memoryview:
    """So many numbers, of 64 bits and a sign, that are 0, and that a process shares with those that it becomes."""
    return memoryview(mmap.mmap(-1, count * _NUMBER_BYTES)).cast("q")


class Shared:
    """What `processes` share.  `key` is for their hashes, and unknown to everybody else."""

    def __init__(self, processes: int, buckets: int):
        self.buckets = numbers(buckets)
        self.waiting = numbers(processes)
        self.key = entropy.token(KEY_BYTES)


class Member:
    """One of the processes, by its number.  Without a `bell` it is the only one."""

    def __init__(self, shared: Shared, number: int = 0, bell: socket.socket | None = None):
        self.shared, self._number, self.bell = shared, number, bell
        self.count(0)  # of one that was killed

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
