"""What waits for the ledger: the peers take turns, so that whoever sends much waits for himself.

Those with a lower level (prover.network.service.standing) come first, and on a full queue the others give way to them.
"""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from settlement import encoding
from settlement.block import MAX_LEGS
from settlement.bundle import NO_DIGEST
from settlement.ledger import Ledger

_COUNTS = slice(len(encoding.BUNDLE_MAGIC) + len(NO_DIGEST), len(encoding.BUNDLE_MAGIC) + len(NO_DIGEST) + 2)

Done = TypeVar("Done", covariant=True)


class Full(Exception):
    """So many requests wait, of all peers or of this one, that another one cannot."""


class Work(Protocol[Done]):
    """Something to be done with the ledger at a time."""

    def __call__(self, ledger: Ledger, now_ms: int) -> Done: ...


@dataclass(eq=False)
class Job:
    """Something that waits: the bytes of a bundle, or other work; `level` is that of the peer who sent it."""

    work: bytes | Work[Any]
    level: int = 0
    answer: Future[Any] = field(default_factory=Future)
    arrived_ns: int = field(default_factory=time.perf_counter_ns)

    @property
    def legs(self) -> int:
        """How many legs and seizures the head of a bundle's bytes says that it has: they may be anything yet."""
        return sum(self.work[_COUNTS]) if isinstance(self.work, bytes) else 0


class Waiting:
    """The jobs of all peers.  Any thread puts one in, and one thread takes them out; `count` is told how many wait."""

    def __init__(self, most: int, most_of_peer: int, count: Callable[[int], None] = lambda length: None):
        self._most, self._most_of_peer, self._count = most, most_of_peer, count
        self._peers: OrderedDict[str, deque[Job]] = OrderedDict()
        self._length, self._is_closed = 0, False
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return self._length

    def put(self, peer: str, job: Job) -> None:
        """Lets a job wait.  Raises Full."""
        with self._changed:
            jobs = self._peers.get(peer, ())
            if self._is_closed:
                raise Full("the service is ending")
            if len(jobs) >= self._most_of_peer:
                raise Full(f"{len(jobs)} requests from your address wait already")
            if self._length >= self._most and not self._give_way(job.level):
                raise Full(f"{self._length} requests wait already")
            self._peers.setdefault(peer, deque()).append(job)
            self._length += 1
            self._count(self._length)
            self._changed.notify()

    def ahead(self, level: int) -> int:
        """How many wait that a new one of this level would not come before."""
        with self._changed:
            return sum(job.level <= level for jobs in self._peers.values() for job in jobs)

    def close(self) -> None:
        """Takes nothing more; what waits is still taken out."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()

    def take(self) -> list[Job]:
        """The next block: bundles in their peers' turns up to MAX_LEGS legs, or one job of another kind.

        Waits for the first.  Empty when nothing waits and nothing comes any more.  Bundles of a higher level than the
        first one's wait for another block, so that a false one is not in the way of a good one.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._length or self._is_closed)
            block: list[Job] = []
            legs = 0
            while (job := self._next()) is not None:
                legs += job.legs
                if block and (not isinstance(job.work, bytes) or legs > MAX_LEGS or job.level > block[0].level):
                    return block
                block.append(self._pop())
                if not isinstance(job.work, bytes):
                    return block
            return block

    def _next(self) -> Job | None:
        return self._peers[self._turn()][0] if self._peers else None

    def _turn(self) -> str:
        """The peer whose turn it is: the first of those with the lowest level."""
        return min(self._peers, key=lambda peer: self._peers[peer][0].level)

    def _give_way(self, level: int) -> bool:
        """Refuses the newest job of the peer with the highest level, if that is above this one; whether it was."""
        last = max(self._peers, key=lambda peer: self._peers[peer][-1].level)
        if self._peers[last][-1].level <= level:
            return False
        job = self._peers[last].pop()
        if not self._peers[last]:
            del self._peers[last]
        self._length -= 1
        if job.answer.set_running_or_notify_cancel():
            job.answer.set_exception(Full("others came first"))
        return True

    def _pop(self) -> Job:
        """Takes out the next job; its peer's turn comes again after all others'."""
        peer = self._turn()
        jobs = self._peers[peer]
        job = jobs.popleft()
        self._peers.move_to_end(peer)
        if not jobs:
            del self._peers[peer]
        self._length -= 1
        self._count(self._length)
        return job
