"""One subscription to some relays: an ear for each of them, and a thread that delivers what any of them has once."""

import asyncio
import hashlib
import queue
import threading
from collections.abc import Awaitable, Callable, Sequence

from nostr_sdk import Client, Event

from prover.carriers import nostrevents, nostrloop
from prover.carriers.carrier import Deliver
from prover.carriers.nostrear import MAX_KNOWN, Ear
from settlement.ids import LedgerId
from zk.errors import FormatError

MAX_WAITING = 8_192
"""How many events wait to be delivered: what comes beyond them is asked for again later."""


class Listening:
    """Begins at once, and delivers until `close`.  `connects` makes a client of each relay."""

    def __init__(
        self, connects: Sequence[Callable[[], Awaitable[Client]]], ledger_id: LedgerId, clock: Callable[[], int],
        since_ms: int, on_order: Deliver, on_letter: Deliver, on_withdrawal: Deliver,
    ):  # fmt: skip
        self._ledger_id = ledger_id
        self._deliver = {nostrevents.ORDER: on_order, nostrevents.WITHDRAWAL: on_withdrawal}
        self._on_letter, self._parts = on_letter, nostrevents.Parts()
        self._seen: dict[str, bytes] = {}  # the SHA-256 of what is in each event, by its id
        self._waiting: queue.Queue[tuple[str, Event] | threading.Event | None] = queue.Queue()
        self._has_read = threading.Event()
        self._is_closed = threading.Event()
        self._ears = [Ear(each, ledger_id, since_ms, clock, self._take, self._look) for each in connects]
        self._closed = asyncio.Event()
        self._hearing = nostrloop.start(self._hear())
        self._thread = threading.Thread(target=self._run, name="zksettle-nostr-reader", daemon=True)
        self._thread.start()

    def caught_up(self, seconds: float) -> bool:
        """Whether every relay that is there has delivered what it had, within this time."""
        return self._has_read.wait(seconds)

    def compare(self, seconds: float) -> set[bytes] | None:
        """What every relay that answers has lost (prover/carriers/carrier.py)."""
        try:
            lost = nostrloop.run(self._compared(), seconds)
        except TimeoutError:
            return None
        is_reached = threading.Event()
        self._waiting.put(is_reached)
        is_reached.wait(seconds)
        return lost

    def close(self) -> None:
        """Ends it."""
        self._is_closed.set()
        nostrloop.call(self._closed.set)
        self._hearing.result()
        self._waiting.put(None)
        self._thread.join()

    async def _hear(self) -> None:
        await asyncio.gather(*(ear.run(self._closed) for ear in self._ears))

    async def _compared(self) -> set[bytes] | None:
        answers = await asyncio.gather(*(ear.compare() for ear in self._ears))
        lost = [each for each in answers if each is not None]
        if not lost:
            return None
        names = set.intersection(*lost)
        gone = {self._seen.pop(each) for each in names if each in self._seen}
        return gone - set(self._seen.values())

    def _take(self, event: Event, name: str) -> bool:
        """Lets an event wait to be delivered, unless it was; whether there was room.  In the loop."""
        if name in self._seen:
            return True
        if self._waiting.qsize() >= MAX_WAITING:
            return False
        self._seen[name] = b""
        if len(self._seen) > MAX_KNOWN:
            del self._seen[next(iter(self._seen))]
        self._waiting.put((name, event))
        return True

    def _look(self) -> None:
        """Notes when all relays that are there, and one at least, have said all that they had.  In the loop."""
        there = [ear for ear in self._ears if ear.is_there]
        if there and all(ear.has_read for ear in there):
            self._waiting.put(self._has_read)

    def _run(self) -> None:
        while (item := self._waiting.get()) is not None:
            if isinstance(item, threading.Event):
                item.set()
            elif not self._is_closed.is_set():
                self._read(*item)

    def _read(self, name: str, event: Event) -> None:
        try:
            found = nostrevents.read(event, self._ledger_id)
        except FormatError:
            return
        if found.kind != nostrevents.LETTER:
            self._note(name, found.data)
            self._deliver[found.kind](found.data)
        elif (letter := self._parts.add(found)) is not None:
            self._note(name, letter)
            self._on_letter(letter)

    def _note(self, name: str, data: bytes) -> None:
        if name in self._seen:
            self._seen[name] = hashlib.sha256(data).digest()
