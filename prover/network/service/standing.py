"""What a peer has cost the service lately without use to anybody, and whose turn it is by that.

    cost of a request     20 for what is refused and for what is posted and taken, 1 for an order or its margin that
                          the board takes, or for TOGETHER that come at once, 500 for a false proof, 1 for each 16 KiB
                          of an answer other than a file; nothing for a bundle that settles, 10 for it again; nothing
                          for a validator's newest cosignature
    standing              the sum of the costs, of which half is forgotten every ten seconds
    level                 0 below 50, then one more with each doubling
    pause                 from level 2 on, before a request begins: 50 ms, and twice as long with each level, up to 2 s

Who has a lower level comes first, wherever requests wait for each other; among those of one level, peers take turns.
So an address from which much comes that is refused waits for all others, and at last asks once in two seconds on each
of its connections, of which it has only so many.
"""

import heapq
import time
from asyncio import Future, Handle, TimerHandle, get_running_loop
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

from prover.network.service import peers
from prover.network.service.together import Shared

TAKEN, LISTED, REPEATED, REFUSED, FALSE_PROOF = 20, 1, 10, 20, 500
TOGETHER = 4
ANSWER_BYTES = 1 << 14
_FIRST = 50  # where level 1 begins
_MOST = 1 << 20
_PAUSED, _FIRST_PAUSE_MS, _LONGEST_PAUSE_MS = 2, 50, 2_000  # from which level on, and for how long
_HALVED_MS = 10_000
LONGEST_S = 0.25  # that a request waits for who has cost less and is being settled
_SCALE = 1 << 10  # costs are counted in so many parts, so that small ones are forgotten too


class Standing:
    """The standings of all peers, in all processes, each in a row as of prover.network.service.peers:

        tag │ parts of its sum │ when that was so, in ms

    One thread adds to them, and any may ask for a level.
    """

    def __init__(
        self, now_ms: Callable[[], int] = lambda: time.monotonic_ns() // 1_000_000, shared: Shared | None = None
    ):  # fmt: skip
        self._now_ms, self._shared = now_ms, shared or Shared(1, peers.BUCKET_WORDS)

    def add(self, peer: str, cost: int) -> None:
        """Adds the cost of something that a peer caused."""
        if not cost:
            return
        rows, tag, now_ms = self._shared.standings, peers.tag_of(self._shared, peer), self._now_ms()
        with self._shared.lock:
            place, is_new = peers.place_of(rows, tag)
            before = 0 if is_new else _decayed(rows[place + 1], now_ms - rows[place + 2])
            rows[place], rows[place + 1] = tag, min(before + cost * _SCALE, _MOST * _SCALE)
            rows[place + 2] = now_ms

    def cost(self, peer: str) -> int:
        """What is left of what this peer has cost."""
        return self._parts(peer) // _SCALE

    def level(self, peer: str) -> int:
        """How many come before this peer, as a small number."""
        return (self._parts(peer) // (_FIRST * _SCALE)).bit_length()

    def _parts(self, peer: str) -> int:
        rows = self._shared.standings
        place, is_new = peers.place_of(rows, peers.tag_of(self._shared, peer))
        return 0 if is_new else _decayed(rows[place + 1], self._now_ms() - rows[place + 2])


def pause_ms(level: int) -> int:
    """How long a request of this level waits before it begins, whether or not others wait."""
    return 0 if level < _PAUSED else min(_FIRST_PAUSE_MS << level - _PAUSED, _LONGEST_PAUSE_MS)


def _decayed(parts: int, passed_ms: int) -> int:
    """What is left of a sum, which falls in a straight line from each halving to the next."""
    halvings, rest_ms = divmod(max(passed_ms, 0), _HALVED_MS)
    left = parts >> min(halvings, 64)
    return left - left * rest_ms // (2 * _HALVED_MS)


class Turns:
    """Lets requests begin one at a time, one in each round of the event loop, those of the lowest level first.

    What has begun is a few steps in each round, so a round stays short however many requests wait here, and a waiting
    one costs nothing.  While something of a lower level is being settled, a request does not begin at all, for
    LONGEST_S at most: the processors, and Python, are for who has cost less.  Belongs to one event loop.
    """

    def __init__(self, standing: Standing):
        self._standing = standing
        self._heap: list[_Turn] = []
        self._waiting: Counter[str] = Counter()
        self._settling: Counter[int] = Counter()
        self._numbers = count()
        self._next_call: Handle | None = None

    async def wait(self, peer: str) -> None:
        """Returns when it is the turn of a request of this peer."""
        loop, level = get_running_loop(), self._standing.level(peer)
        if self._next_call is None and not self._is_held(level):
            self._next_call = loop.call_soon(self._next)
            return
        # A peer's second request comes after the first ones of its level.
        turn = _Turn(level, self._waiting[peer], next(self._numbers), loop.time(), loop.create_future())
        heapq.heappush(self._heap, turn)
        self._waiting[peer] += 1
        self._look()
        try:
            await turn.future
        finally:
            self._waiting[peer] -= 1
            if not self._waiting[peer]:
                del self._waiting[peer]

    @contextmanager
    def settling(self, level: int) -> Iterator[None]:
        """While this lasts, something that a peer of this level sent is being settled."""
        self._settling[level] += 1
        try:
            yield
        finally:
            self._settling[level] -= 1
            if not self._settling[level]:
                del self._settling[level]
            self._look()

    def _is_held(self, level: int) -> bool:
        return any(other < level for other in self._settling)

    def _look(self) -> None:
        """Lets the next one begin in the next round, unless that is so already."""
        if self._heap and (self._next_call is None or isinstance(self._next_call, TimerHandle)):
            if self._next_call is not None:
                self._next_call.cancel()
            self._next_call = get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        loop, self._next_call = get_running_loop(), None
        while self._heap:
            first = self._heap[0]
            until_s = first.since_s + LONGEST_S
            if not first.future.done():  # its client may have gone
                if self._is_held(first.level) and loop.time() < until_s:
                    self._next_call = loop.call_at(until_s, self._next)
                    return
                first.future.set_result(None)
                self._next_call = loop.call_soon(self._next)
                heapq.heappop(self._heap)
                return
            heapq.heappop(self._heap)


@dataclass(order=True)
class _Turn:
    """A request that waits for its turn since a time of the loop's."""

    level: int
    others: int
    number: int
    since_s: float = field(compare=False)
    future: Future[None] = field(compare=False)
