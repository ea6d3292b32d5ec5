"""What a peer has cost the service lately without use to anybody, and whose turn it is by that.

    cost of a request     20 for what is refused and for what is posted and taken, 500 for a false proof, 1 for each
                          64 KiB of an answer other than a file; nothing for a bundle that settles, 10 for it again
    standing              the sum of the costs, of which half is forgotten every ten seconds
    level                 0 below 50, then one more with each doubling
    pause                 from level 2 on, before a request begins: 50 ms, and twice as long with each level, up to 2 s

Who has a lower level comes first, wherever requests wait for each other; among those of one level, peers take turns.
So an address from which much comes that is refused waits for all others, and at last asks once in two seconds on each
of its connections, of which it has only so many.
"""

import heapq
import time
from asyncio import Future, get_running_loop
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

TAKEN, REPEATED, REFUSED, FALSE_PROOF = 20, 10, 20, 500
ANSWER_BYTES = 1 << 16
MAX_PEERS = 10_000
_FIRST = 50  # where level 1 begins
_MOST = 1 << 20
_PAUSED, _FIRST_PAUSE_MS, _LONGEST_PAUSE_MS = 2, 50, 2_000  # from which level on, and for how long
_HALVED_MS = 10_000
_SCALE = 1 << 10  # costs are counted in so many parts, so that small ones are forgotten too


@dataclass
class _Sum:
    parts: int
    at_ms: int


class Standing:
    """The standings of all peers.  One thread adds to them, and any may ask for a level."""

    def __init__(self, now_ms: Callable[[], int] = lambda: time.monotonic_ns() // 1_000_000):
        self._now_ms = now_ms
        self._sums: OrderedDict[str, _Sum] = OrderedDict()

    def add(self, peer: str, cost: int) -> None:
        """Adds the cost of something that a peer caused."""
        now_ms = self._now_ms()
        known = self._sums.setdefault(peer, _Sum(0, now_ms))
        known.parts = min(_decayed(known, now_ms) + cost * _SCALE, _MOST * _SCALE)
        known.at_ms = now_ms
        self._sums.move_to_end(peer)
        if len(self._sums) > MAX_PEERS:
            self._sums.popitem(last=False)

    def level(self, peer: str) -> int:
        """How many come before this peer, as a small number."""
        known = self._sums.get(peer)
        return 0 if known is None else (_decayed(known, self._now_ms()) // (_FIRST * _SCALE)).bit_length()


def pause_ms(level: int) -> int:
    """How long a request of this level waits before it begins, whether or not others wait."""
    return 0 if level < _PAUSED else min(_FIRST_PAUSE_MS << level - _PAUSED, _LONGEST_PAUSE_MS)


def _decayed(known: _Sum, now_ms: int) -> int:
    """What is left of a sum, which falls in a straight line from each halving to the next."""
    halvings, rest_ms = divmod(max(now_ms - known.at_ms, 0), _HALVED_MS)
    left = known.parts >> min(halvings, 64)
    return left - left * rest_ms // (2 * _HALVED_MS)


class Turns:
    """Lets requests begin one at a time, one in each round of the event loop, those of the lowest level first.

    What has begun is a few steps in each round, so a round stays short however many requests wait here, and a waiting
    one costs nothing.  Belongs to one event loop.
    """

    def __init__(self, standing: Standing):
        self._standing = standing
        self._heap: list[tuple[int, int, int, str, Future[None]]] = []
        self._waiting: Counter[str] = Counter()
        self._numbers = count()
        self._has_begun = False

    async def wait(self, peer: str) -> None:
        """Returns when it is the turn of a request of this peer."""
        if not self._has_begun:
            self._has_begun = True
            get_running_loop().call_soon(self._next)
            return
        turn = get_running_loop().create_future()
        # A peer's second request comes after the first ones of its level.
        order = self._standing.level(peer), self._waiting[peer], next(self._numbers)
        heapq.heappush(self._heap, (*order, peer, turn))
        self._waiting[peer] += 1
        try:
            await turn
        finally:
            self._waiting[peer] -= 1
            if not self._waiting[peer]:
                del self._waiting[peer]

    def _next(self) -> None:
        while self._heap:
            *_, turn = heapq.heappop(self._heap)
            if not turn.done():  # its client may have gone
                turn.set_result(None)
                get_running_loop().call_soon(self._next)
                return
        self._has_begun = False
