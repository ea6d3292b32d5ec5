"""A carrier within one process, for tests and simulations.

A hub is what all its carriers have in common.  With threads it delivers by itself, as every carrier does; without, only
when `deliver` is called, always in the same order, so that a simulation can be repeated.
"""

import hashlib
import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from prover.carriers.carrier import Answer, Deliver, Kind, Refused, ignore, one_by_one
from prover.network.wire import postings
from prover.network.wire.letterpage import LETTER_SIZES
from settlement.bundles import digests
from settlement.checks import checks
from settlement.ids import LedgerId, OrderId
from settlement.orders import withdrawals
from settlement.orders.board import Posting
from settlement.rejection import Rejected
from zk.errors import FormatError

Check = Callable[[Posting], None]
Fate = Callable[[bytes], Iterable[bytes]]
"""What becomes of something on its way: nothing when it is lost, twice the same when it is repeated."""

MAX_LETTERS = 4096
_END = (ignore, b"")


@dataclass(frozen=True)
class _Order:
    posting: bytes
    leg_bytes: bytes
    expires_ms: int


@dataclass(eq=False)
class _Subscription:
    hub: "Hub"
    on_order: Deliver
    on_letter: Deliver
    on_withdrawal: Deliver
    since_ms: int
    waiting: queue.SimpleQueue[tuple[Deliver, bytes]] = field(default_factory=queue.SimpleQueue)
    thread: threading.Thread | None = None
    told: set[bytes] = field(default_factory=set)
    """The SHA-256 of all that it was told."""

    def put(self, deliver: Deliver, data: bytes) -> None:
        for each in self.hub.fate(data):
            self.waiting.put((deliver, each))
            self.told.add(hashlib.sha256(data).digest())

    def run(self) -> None:
        while (item := self.waiting.get()) is not _END:
            if self in self.hub.subscriptions:
                item[0](item[1])

    def caught_up(self, seconds: float) -> bool:
        if self.thread is None:
            return self.waiting.empty()
        is_reached = threading.Event()
        self.waiting.put((lambda _: is_reached.set(), b""))
        return is_reached.wait(seconds)

    def compare(self, seconds: float) -> set[bytes] | None:
        with self.hub.lock:
            lost = set(self.told)
            for deliver, data in self.hub.content(self):
                digest = hashlib.sha256(data).digest()
                lost.discard(digest)
                if digest not in self.told:
                    self.put(deliver, data)
            self.told -= lost
        return lost if self.caught_up(seconds) else None

    def close(self) -> None:
        with self.hub.lock:
            if self in self.hub.subscriptions:
                self.hub.subscriptions.remove(self)
        self.waiting.put(_END)
        if self.thread is not None:
            self.thread.join()


class Hub:
    """What the carriers of one ledger share: the orders that are open, and the newest MAX_LETTERS letters.

    `check` raises Rejected for an order that the carrier should refuse.  `fate` is what becomes of each delivery.
    """

    def __init__(
        self, ledger_id: LedgerId, clock: Callable[[], int], check: Check = lambda _: None,
        fate: Fate = lambda data: (data,), *, has_threads: bool = True,
    ):  # fmt: skip
        self.fate, self.lock = fate, threading.RLock()
        self.subscriptions: list[_Subscription] = []
        self._ledger_id, self._clock, self._check, self._has_threads = ledger_id, clock, check, has_threads
        self._orders: dict[OrderId, _Order] = {}
        self._withdrawn: dict[OrderId, bytes] = {}
        self._letters: dict[bytes, int] = {}  # and when they came

    def carrier(self, name: str) -> "MemoryCarrier":
        """A carrier of this hub."""
        return MemoryCarrier(self, name)

    def deliver(self) -> int:
        """Without threads: delivers everything that waits, also what comes of that; how many deliveries there were."""
        count = 0
        while pending := [each for each in list(self.subscriptions) if not each.waiting.empty()]:
            for subscription in pending:
                deliver, data = subscription.waiting.get()
                deliver(data)
                count += 1
        return count

    def publish(self, data: bytes) -> None:
        """Takes an order.  Raises Refused."""
        try:
            sent = postings.decode(data)
            leg = checks.decode_leg(sent.leg_bytes)
            self._check(sent)
        except Rejected as rejected:
            raise Refused.of(rejected) from None
        except FormatError as error:
            raise Refused(str(error)) from None
        order_id = digests.leg_id(self._ledger_id, leg)
        with self.lock:
            known = self._orders.get(order_id)
            if order_id in self._withdrawn or known is not None and known.posting == data:
                return
            self._orders[order_id] = _Order(data, sent.leg_bytes, leg.expiry_ms)
            for subscription in self.subscriptions:
                subscription.put(subscription.on_order, data)

    def withdraw(self, data: bytes) -> None:
        """Takes an order back.  Raises Refused."""
        try:
            order_id, signed = postings.decode_withdrawal(data)
            with self.lock:
                order = self._orders.get(order_id)
                if order_id in self._withdrawn:
                    return
                if order is None:
                    raise Refused(f"nobody here knows order {order_id.hex()}")
                withdrawals.check_signed(self._ledger_id, order_id, checks.decode_leg(order.leg_bytes), signed)
                del self._orders[order_id]
                self._withdrawn[order_id] = data
                for subscription in self.subscriptions:
                    subscription.put(subscription.on_withdrawal, data)
        except Rejected as rejected:
            raise Refused.of(rejected) from None
        except FormatError as error:
            raise Refused(str(error)) from None

    def send(self, letter: bytes) -> None:
        """Takes a letter.  Raises Refused."""
        if len(letter) not in LETTER_SIZES:
            raise Refused(f"a letter has one of {LETTER_SIZES} bytes, not {len(letter)}")
        with self.lock:
            if letter in self._letters:
                return
            self._letters[letter] = self._clock()
            if len(self._letters) > MAX_LETTERS:
                del self._letters[next(iter(self._letters))]
            for subscription in self.subscriptions:
                subscription.put(subscription.on_letter, letter)

    def content(self, to: _Subscription) -> list[tuple[Deliver, bytes]]:
        """All that is here and wanted, and who takes it.  With the lock."""
        now_ms = self._clock()
        self._orders = {key: order for key, order in self._orders.items() if order.expires_ms > now_ms}
        return [
            *((to.on_order, order.posting) for order in self._orders.values()),
            *((to.on_withdrawal, data) for data in self._withdrawn.values()),
            *((to.on_letter, letter) for letter, came_ms in self._letters.items() if came_ms >= to.since_ms),
        ]

    def subscribe(self, subscription: _Subscription) -> None:
        """Begins to deliver, first what is here already."""
        with self.lock:
            for deliver, data in self.content(subscription):
                subscription.put(deliver, data)
            self.subscriptions.append(subscription)
        if self._has_threads:
            subscription.thread = threading.Thread(target=subscription.run, name="zksettle-memory", daemon=True)
            subscription.thread.start()


class MemoryCarrier:
    """A carrier of a hub (prover/carriers/carrier.py says what each method does)."""

    def __init__(self, hub: Hub, name: str):
        self.name, self._hub = name, hub
        self._own: list[_Subscription] = []

    def publish(self, posting: bytes) -> int:
        """Carries an order."""
        self._hub.publish(posting)
        return 1

    def withdraw(self, withdrawal: bytes) -> int:
        """Takes an order back."""
        self._hub.withdraw(withdrawal)
        return 1

    def send(self, letter: bytes) -> int:
        """Carries a letter."""
        self._hub.send(letter)
        return 1

    def carry(self, kind: Kind, many: Sequence[bytes]) -> list[Answer]:
        """Carries many."""
        return one_by_one(self, kind, many)

    def subscribe(
        self, on_order: Deliver, on_letter: Deliver, since_ms: int, on_withdrawal: Deliver | None = None
    ) -> _Subscription:
        """Delivers what is there and what comes."""
        subscription = _Subscription(self._hub, on_order, on_letter, on_withdrawal or ignore, since_ms)
        self._own.append(subscription)
        self._hub.subscribe(subscription)
        return subscription

    def close(self) -> None:
        """Ends all subscriptions."""
        while self._own:
            self._own.pop().close()
