"""What waits for the ledger: the peers take turns, so that whoever sends much waits for himself.

Those with a lower level (prover.network.service.trust) come first, and on a full queue the others give way to them.
Of suspects only a few wait at a time, because what they send is worth little and takes the longest.
"""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from prover.network.service.trust import SUSPECT
from settlement.block import MAX_LEGS
from settlement.bundles import encoding
from settlement.bundles.bundle import NO_DIGEST
from settlement.ledger import Ledger

MAX_SUSPECTS = 16

_COUNTS = slice(len(encoding.BUNDLE_MAGIC) + len(NO_DIGEST), len(encoding.BUNDLE_MAGIC) + len(NO_DIGEST) + 2)

Done = TypeVar("Done", covariant=True)


class Full(Exception):
    """So many requests wait, of all peers or of this one, that another one cannot."""


class Work(Protocol[Done]):
    """Something to be done with the ledger at a time."""

    def __call__(self, ledger: Ledger, now_ms: int) -> Done: ...


@dataclass(frozen=True)
class Placing:
    """A posting's bytes, for the board: those that wait are verified together, as bundles are."""

    data: bytes


@dataclass(eq=False)
class Job:
    """Something that waits: the bytes of a bundle, an order, or other work; `level` is that of the peer who sent it."""

    work: bytes | Placing | Work[Any]
    level: int = 0
    answer: Future[Any] = field(default_factory=Future)
    arrived_ns: int = field(default_factory=time.perf_counter_ns)

    @property
    def legs(self) -> int:
        """How many legs and seizures the head of a bundle's bytes says that it has: they may be anything yet."""
        return sum(self.work[_COUNTS]) if isinstance(self.work, bytes) else int(isinstance(self.work, Placing))

    @property
    def kind(self) -> type | None:
        """What it may be done together with: jobs of the same kind; nothing when it is None."""
        return type(self.work) if isinstance(self.work, bytes | Placing) else None


def room(level: int) -> int:
    """How many legs a block may have whose first bundle is of this level.

    Nothing interrupts a block, and whoever comes meanwhile waits for all of it: so those who have cost much share
    smaller ones, and from level 3 on each bundle is one by itself, in which a false proof costs one search at most.
    """
    return MAX_LEGS >> 2 * level


class Waiting:
    """The jobs of all peers.  Any thread puts one in, and one thread takes them out; `count` is told how many wait."""

    def __init__(self, most: int, most_of_peer: int, count: Callable[[int], None] = lambda length: None):
        self._most, self._most_of_peer, self._count = most, most_of_peer, count
        self._peers: OrderedDict[str, deque[Job]] = OrderedDict()
        self._length, self._suspects, self._is_closed = 0, 0, False
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
            if job.level >= SUSPECT and self._suspects >= MAX_SUSPECTS:
                raise Full(f"{MAX_SUSPECTS} requests wait of those whose proofs are verified last")
            if self._length >= self._most and not self._give_way(job.level):
                raise Full(f"{self._length} requests wait already")
            self._peers.setdefault(peer, deque()).append(job)
            self._counted(job, 1)
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
        """The next block: bundles, or orders, in their peers' turns up to so many legs (room), or one other job.

        Waits for the first.  Empty when nothing waits and nothing comes any more.  Those of a higher level than the
        first one's wait for another block, so that a false one is not in the way of a good one.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._length or self._is_closed)
            block: list[Job] = []
            legs = 0
            while (job := self._next()) is not None:
                legs += job.legs
                if block and (
                    job.kind is not block[0].kind or legs > room(block[0].level) or job.level > block[0].level
                ):
                    return block
                block.append(self._pop())
                if job.kind is None:
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
        self._counted(job, -1)
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
        self._counted(job, -1)
        return job

    def _counted(self, job: Job, change: int) -> None:
        self._length += change
        self._suspects += change * (job.level >= SUSPECT)
        self._count(self._length)
