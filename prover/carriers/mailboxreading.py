"""A subscription to a ledger's service: its stream, and what it asks for because of what that tells.

The stream tells new orders whole, and that there are letters; a connection that breaks is made again, and then the
board and everything that came meanwhile is read.
"""

import base64
import hashlib
import socket
import threading
from contextlib import suppress

import httpx

from prover.carriers.carrier import Deliver, Unavailable
from prover.network.wire import letterpage, postings, refusals
from prover.network.wire.client import Client
from prover.network.wire.postings import MAX_POSTING_BYTES
from settlement.bundles import digests
from settlement.checks import checks
from settlement.ids import LedgerId
from settlement.orders import board
from settlement.rejection import Rejected
from zk.errors import FormatError
from zk.formats import strictjson

FIRST_PAUSE_S, MAX_PAUSE_S = 0.2, 10.0
SILENCE_S = 60.0  # the stream says something every 15 s
_MAX_LOST = 8_192
_MAX_EVENT_BYTES = 2 * MAX_POSTING_BYTES
_FAILURES = (Unavailable, refusals.Refused, httpx.HTTPError, FormatError, OSError)


class Reading:
    """One subscription: a thread that listens to the stream and reads what it tells of."""

    def __init__(
        self, url: str, ledger_id: LedgerId, on_order: Deliver, on_letter: Deliver, on_withdrawal: Deliver,
        since: int,
    ):  # fmt: skip
        self._url, self._ledger_id = url, ledger_id
        self._on_order, self._on_letter, self._on_withdrawal = on_order, on_letter, on_withdrawal
        self._since, self._orders, self._withdrawals = since, set[bytes](), set[bytes]()
        self._told: dict[str, bytes] = {}  # the orders that the stream told, by their ids
        self._lost: dict[bytes, None] = {}  # since somebody compared, the oldest first
        self._is_closed, self._has_read = threading.Event(), threading.Event()
        self._socket: socket.socket | None = None
        self._lock, self._reading = threading.Lock(), threading.Lock()
        self.thread = threading.Thread(target=self._run, name="zksettle-mailbox", daemon=True)

    def caught_up(self, seconds: float) -> bool:
        """Whether everything was read once, within this time."""
        return self._has_read.wait(seconds)

    def compare(self, seconds: float) -> set[bytes] | None:
        """What the board has no longer of what it had (prover/carriers/carrier.py); letters are read in order."""
        with self._reading:
            try:
                with Client(self._url) as client:
                    self._read_board(client)
                    self._read_withdrawals(client)
                    self._read_letters(client)
            except _FAILURES:
                return None
            has = {hashlib.sha256(each).digest() for each in self._orders | self._withdrawals}
            lost, self._lost = set(self._lost) - has, {}
        return lost

    def close(self) -> None:
        """Ends it."""
        self._is_closed.set()
        with self._lock:
            if self._socket is not None:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads from it
        self.thread.join()

    def _run(self) -> None:
        pause_s = FIRST_PAUSE_S
        with Client(self._url) as client:
            while not self._is_closed.is_set():
                try:
                    with httpx.stream("GET", f"{self._url}/stream", timeout=SILENCE_S) as answer:
                        if answer.status_code == 200 and self._heard(answer, client):
                            pause_s = FIRST_PAUSE_S
                except _FAILURES:
                    pass  # it is tried again, and whoever sends is told
                self._is_closed.wait(pause_s)
                pause_s = min(2 * pause_s, MAX_PAUSE_S)

    def _heard(self, answer: httpx.Response, client: Client) -> bool:
        """Listens until the stream ends; whether it said anything."""
        with self._lock:
            self._socket = answer.extensions["network_stream"].get_extra_info("socket")
        has_begun, event = False, ""
        try:
            for line in answer.iter_lines():
                if self._is_closed.is_set():
                    break
                name, _, value = line.partition(": ")
                event = value if name == "event" else event
                if name == "data":
                    with self._reading:
                        self._take(event, value, client)
                    has_begun = True
        except httpx.HTTPError:
            if not has_begun:
                raise
        finally:
            with self._lock:
                self._socket = None
        return has_begun

    def _take(self, event: str, data: str, client: Client) -> None:
        if event == "board":
            self._read_board(client)
            self._read_withdrawals(client)
            self._read_letters(client)
            self._has_read.set()
        elif event == "order":
            self._take_order(strictjson.loads(data.encode(), "an order of the stream", _MAX_EVENT_BYTES), client)
        elif event == "letter":
            self._read_letters(client)

    def _take_order(self, told: object, client: Client) -> None:
        """An order that is open, or is not any more."""
        document = told if isinstance(told, dict) else {}
        order, posting = document.get("order"), document.get("posting")
        if not isinstance(order, str):
            raise FormatError("an order of the stream has no id")
        is_open = document.get("is_open") is True
        if is_open and not isinstance(posting, str):
            self._read_board(client)
            return
        data = _decoded(str(posting)) if is_open else None
        before = self._told.pop(order, None)
        if before is not None and before != data:
            self._orders.discard(before)
            self._lose({before})
        if data is not None:
            self._told[order] = data
            if data not in self._orders:
                self._orders.add(data)
                self._deliver(self._on_order, data)
            if len(self._told) > board.MAX_ORDERS:
                self._read_board(client)  # what is told has no end, and the board has
        elif document.get("is_withdrawn") is True:
            self._read_withdrawals(client)

    def _read_board(self, client: Client) -> None:
        orders = [postings.encode(sent) for sent, _ in postings.decode_board(client.get("/orders"))]
        for each in orders:
            if each not in self._orders:
                self._deliver(self._on_order, each)
        before, self._orders = self._orders, set(orders)
        self._lose(before - self._orders)
        self._told = {order: data for order, data in self._told.items() if data in self._orders}

    def _read_withdrawals(self, client: Client) -> None:
        withdrawn = []
        for leg_bytes, signed in postings.decode_withdrawals(client.get("/withdrawals")):
            with suppress(Rejected):
                order_id = digests.leg_id(self._ledger_id, checks.decode_leg(leg_bytes))
                withdrawn.append(postings.encode_withdrawal(order_id, signed))
        for each in withdrawn:
            if each not in self._withdrawals:
                self._deliver(self._on_withdrawal, each)
        before, self._withdrawals = self._withdrawals, set(withdrawn)
        self._lose(before - self._withdrawals)

    def _lose(self, lost: set[bytes]) -> None:
        for each in lost:
            self._lost[hashlib.sha256(each).digest()] = None
        while len(self._lost) > _MAX_LOST:
            del self._lost[next(iter(self._lost))]

    def _read_letters(self, client: Client) -> None:
        while letters := letterpage.decode_page(client.get(f"/letters?since={self._since}")):
            for _, letter in letters:
                self._deliver(self._on_letter, letter)
            self._since = letters[-1][0]

    def _deliver(self, deliver: Deliver, data: bytes) -> None:
        if not self._is_closed.is_set():
            deliver(data)


def _decoded(text: str) -> bytes:
    """The posting's bytes that a stream told in base64.  Raises FormatError where they are none."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise FormatError("an order of the stream is not in base64") from None
    return postings.encode(postings.decode(data))
