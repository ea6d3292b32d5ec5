"""Carriers of one ledger that tell each other what they have, around one that admits.

    a peer has something new        it is published at the centre, which checks it and takes it or does not
    the centre has taken something  it is published at every peer that is not known to have it

So a loop is harmless: what somebody has already is not sent to him again, and two centres that are peers of each other
come to rest.  The centre is a relay of our own or a ledger's service; peers may be anything that carries.

Gaps heal: what cannot be delivered waits, and every COMPARE_S, and after a peer was away, what it has is compared anew
with what the centre has, with a relay by ranges (nostrear.py).  A peer gets at most BYTES_PER_S, and everything is
counted.
"""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial

from prover.carriers.carrier import Carrier, Refused, Subscription, Unavailable
from prover.carriers.meters import Meters

COMPARE_S = 600.0
FIRST_S, CATCH_UP_S = 5.0, 30.0
BYTES_PER_S, BURST_BYTES = 256 << 10, 4 << 20
FIRST_PAUSE_S, MAX_PAUSE_S = 0.2, 30.0
MAX_ITEMS = 8_192
"""How much of the centre's is remembered, and how much waits for a peer at most: the oldest are forgotten."""

_MAX_HEARD = 4 * MAX_ITEMS
_LETTERS_MS = 3_600_000

ORDER, WITHDRAWAL, LETTER = "order", "withdrawal", "letter"
Item = tuple[str, bytes]


class Gossip:
    """Connects a centre with its peers until `close`."""

    def __init__(
        self, centre: Carrier, peers: Sequence[Carrier], clock: Callable[[], int], meters: Meters | None = None,
        compare_s: float = COMPARE_S,
    ):  # fmt: skip
        self.meters = meters or Meters()
        self._items: OrderedDict[bytes, Item] = OrderedDict()
        self._lock = threading.Lock()
        self._clock = clock
        self.centre = _End(centre, self, compare_s)
        self.peers = [_End(peer, self, compare_s) for peer in peers]
        for end in (self.centre, *self.peers):
            end.start()

    def close(self) -> None:
        """Ends it, and closes the carriers."""
        for end in (self.centre, *self.peers):
            end.close()

    def came(self, source: "_End", kind: str, data: bytes) -> None:
        """Passes on what a carrier has, from any thread."""
        digest = hashlib.sha256(data).digest()
        self.meters.count(source.name, "in", data)
        if source is not self.centre:
            self.centre.offer(digest, (kind, data))
            return
        with self._lock:
            self._items[digest] = kind, data
            while len(self._items) > MAX_ITEMS:
                self._items.popitem(last=False)
        for peer in self.peers:
            peer.offer(digest, (kind, data))

    def missing(self, end: "_End") -> list[tuple[bytes, Item]]:
        """What the centre has, for a peer to compare itself with; nothing for the centre."""
        with self._lock:
            return [] if end is self.centre else list(self._items.items())

    def now_ms(self) -> int:
        """The time."""
        return self._clock()


class _End:
    """A carrier with what it is known to have, what waits for it, and the thread that brings it there."""

    def __init__(self, carrier: Carrier, gossip: Gossip, compare_s: float):
        self.carrier, self._gossip, self._compare_s = carrier, gossip, compare_s
        self.name = carrier.name
        self._has: set[bytes] = set()
        self._heard: dict[bytes, None] = {}  # of what it has, what it has told itself, the oldest first
        self._waiting: OrderedDict[bytes, Item] = OrderedDict()
        self._changed = threading.Condition()
        self._is_closed, self._was_away = False, False
        self._subscription: Subscription | None = None
        self._tokens, self._filled_s = float(BURST_BYTES), time.monotonic()
        self._thread = threading.Thread(target=self._run, name="zksettle-gossip", daemon=True)

    def start(self) -> None:
        """Begins to listen and to deliver."""
        self._thread.start()

    def close(self) -> None:
        """Ends it."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._thread.join()
        self.carrier.close()

    def offer(self, digest: bytes, item: Item) -> None:
        """Lets something wait for this carrier, unless it is known to have it."""
        with self._changed:
            if digest in self._has or digest in self._waiting or self._is_closed:
                return
            self._waiting[digest] = item
            while len(self._waiting) > MAX_ITEMS:
                self._waiting.popitem(last=False)
            self._changed.notify_all()

    def _run(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._is_closed:
            until_s = time.monotonic() + (self._compare_s if self._compare() else min(self._compare_s, MAX_PAUSE_S))
            while not self._is_closed and time.monotonic() < until_s:
                with self._changed:
                    self._changed.wait_for(
                        lambda: self._waiting or self._is_closed, max(until_s - time.monotonic(), 0)
                    )  # fmt: skip
                    if self._is_closed or not self._waiting:
                        continue
                    digest, item = next(iter(self._waiting.items()))
                if self._delivered(digest, item):
                    pause_s = FIRST_PAUSE_S
                    if self._was_away:
                        self._was_away = False
                        break  # it may have lost what it had: compare
                else:
                    self._was_away = True
                    self._pause(pause_s)
                    pause_s = min(2 * pause_s, MAX_PAUSE_S)
        if self._subscription is not None:
            self._subscription.close()

    def _compare(self) -> bool:
        """Hears what the carrier has, and lets wait what it lacks; whether it said so."""
        if self._subscription is None:
            self._subscription = self.carrier.subscribe(
                partial(self._came, ORDER), partial(self._came, LETTER), self._gossip.now_ms() - _LETTERS_MS,
                partial(self._came, WITHDRAWAL),
            )  # fmt: skip
            has_said, lost = self._subscription.caught_up(FIRST_S), set[bytes]()
        else:
            found = self._subscription.compare(CATCH_UP_S)
            has_said, lost = found is not None, found or set()
        if has_said:
            with self._changed:
                for digest in lost:
                    self._heard.pop(digest, None)
                self._has = set(self._heard)  # also what it took and we never heard of again
            for digest, item in self._gossip.missing(self):
                self.offer(digest, item)
        return has_said

    def _came(self, kind: str, data: bytes) -> None:
        digest = hashlib.sha256(data).digest()
        with self._changed:
            self._heard[digest] = None
            if len(self._heard) > _MAX_HEARD:
                del self._heard[next(iter(self._heard))]
            self._has.add(digest)
            self._waiting.pop(digest, None)
        self._gossip.came(self, kind, data)

    def _delivered(self, digest: bytes, item: Item) -> bool:
        """Whether the carrier has said anything of it: it took or refused it."""
        kind, data = item
        self._take_tokens(len(data))
        send = {ORDER: self.carrier.publish, WITHDRAWAL: self.carrier.withdraw, LETTER: self.carrier.send}[kind]
        try:
            send(data)
            self._gossip.meters.count(self.name, "out", data)
        except Refused:
            self._gossip.meters.refused.labels(self.name).inc()
        except Unavailable:
            return False
        with self._changed:
            self._has.add(digest)
            self._waiting.pop(digest, None)
        return True

    def _take_tokens(self, size: int) -> None:
        """Waits until so many bytes may go to this carrier."""
        now_s = time.monotonic()
        self._tokens = min(self._tokens + (now_s - self._filled_s) * BYTES_PER_S, float(BURST_BYTES)) - size
        self._filled_s = now_s
        if self._tokens < 0:
            self._pause(-self._tokens / BYTES_PER_S)

    def _pause(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed, seconds)
