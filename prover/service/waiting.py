"""The queue in front of the workers.  Requests of one statement that wait together are taken together.

Their witnesses are then computed in lanes (prover/proofs/together.py).  What waits is shared: none of `takers` takes
more than its part, so that no core is idle while another has eight proofs to make.
"""

import asyncio
from collections import deque
from typing import Generic, Protocol, TypeVar

MOST_TOGETHER = 8


class Waits(Protocol):
    """What waits: `alike` is None for what goes alone, and equal for what may go together."""

    @property
    def alike(self) -> str | None: ...


W = TypeVar("W", bound=Waits)


class Waiting(Generic[W]):
    """A queue of at most `limit`, used in one event loop."""

    def __init__(self, limit: int):
        self.limit = limit
        self._waiting: deque[W] = deque()
        self._arrived = asyncio.Semaphore(0)  # counts at least what waits

    def __len__(self) -> int:
        return len(self._waiting)

    def is_full(self) -> bool:
        """Whether there is no room."""
        return len(self._waiting) >= self.limit

    def put(self, one: W) -> None:
        """Adds one at the end.  The caller has checked that there is room."""
        assert not self.is_full()
        self._waiting.append(one)
        self._arrived.release()

    def empty(self) -> list[W]:
        """Takes all."""
        taken = list(self._waiting)
        self._waiting.clear()
        return taken

    async def take(self, takers: int) -> list[W]:
        """Waits for the first, and takes with it what may go together with it."""
        while True:
            await self._arrived.acquire()
            if self._waiting:
                break
        first = self._waiting.popleft()
        if first.alike is None:
            return [first]
        beside = [one for one in self._waiting if one.alike == first.alike]
        share = min(MOST_TOGETHER, -(-(1 + len(beside)) // takers))
        taken = [first, *beside[: share - 1]]
        self._waiting = deque(one for one in self._waiting if not any(one is other for other in taken))
        return taken
