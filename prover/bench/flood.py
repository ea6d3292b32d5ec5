"""Sends junk at a steady rate, whatever is answered and however late: who attacks does not wait.

Each piece has a sender, which is an address, as a proxy of this machine names it, or a connection to a relay:

    "20 senders"     by turns
    "one sender"     always the same
    "new senders"    another one each time

At most IN_FLIGHT pieces wait for their answers, and a piece for which there is no room is not sent.  The bytes are
written to the sockets here, without a client's library, because the sender shares its processors with what is measured.
"""

import asyncio
import base64
import json
import threading
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from prover.bench import posting
from prover.carriers import nostrevents
from prover.machine import clock
from prover.network.wire import postings
from settlement.bundles import digests
from settlement.checks import checks
from settlement.fieldreader import Unseen
from settlement.ids import LedgerId
from zk import entropy

SENDERS = 20
MANY, ONE, NEW = f"{SENDERS} senders", "one sender", "new senders"
IN_FLIGHT = 400
ANSWER_S = 30.0
_TEXT, _PING, _PONG, _FINAL, _MASKED, _TWO = 1, 9, 10, 0x80, 0x80, 126

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Send = Callable[[int, str, bytes], Coroutine[Any, Any, bool]]
"""Sends the piece of a number from a sender, and returns whether it was taken."""

KINDS: Mapping[str, Callable[[int], str]] = {
    MANY: lambda number: f"10.1.0.{1 + number % SENDERS}",
    ONE: lambda number: "10.1.1.1",
    NEW: lambda number: f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::1",
}  # fmt: skip


class Flood:
    """Sends pieces of junk between `with` and its end; `sent`, `taken` and `seconds` say what became of it."""

    def __init__(self, pieces: Sequence[bytes], rate: float, kind: str, send: Send):
        self._pieces, self._rate, self._sender_of, self._send = pieces, rate, KINDS[kind], send
        self.sent, self.taken, self.seconds = 0, 0, 0.0
        self._has_ended = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="zksettle-flood", daemon=True)

    def __enter__(self) -> "Flood":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._has_ended.set()
        self._thread.join()

    async def _run(self) -> None:
        began_s, waiting = time.monotonic(), set[asyncio.Task[None]]()
        due = 0
        while not self._has_ended.is_set():
            await asyncio.sleep(max(began_s + due / self._rate - time.monotonic(), 0))
            if len(waiting) < IN_FLIGHT:
                task = asyncio.create_task(self._one(self.sent))
                waiting.add(task)
                task.add_done_callback(waiting.discard)
                self.sent += 1
            due += 1
        self.seconds = time.monotonic() - began_s
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    async def _one(self, number: int) -> None:
        with suppress(OSError, EOFError, TimeoutError, ValueError):
            async with asyncio.timeout(ANSWER_S):
                piece = self._pieces[number % len(self._pieces)]
                self.taken += await self._send(number, self._sender_of(number), piece)


class ToService:
    """Posts pieces to a service's board."""

    def __init__(self, url: str):
        place = urlsplit(url)
        self._host, self._port = place.hostname or "", place.port or 80
        self._idle: list[Stream] = []  # of any sender: the address stands in the request

    async def __call__(self, number: int, sender: str, piece: bytes) -> bool:
        """Posts a piece over a connection that is idle, or another one."""
        stream = self._idle.pop() if self._idle else await asyncio.open_connection(self._host, self._port)
        try:
            status, _ = await posting.answer(*stream, posting.request(self._host, "/orders", sender, piece))
        except BaseException:
            stream[1].transport.abort()
            raise
        self._idle.append(stream)
        return status == posting.DONE


def events(ledger_id: LedgerId, pieces: Sequence[bytes]) -> list[bytes]:
    """What publishes each of these postings to a relay: made beforehand, because signatures take time."""
    made = []
    for piece in pieces:
        leg = checks.decode_leg(postings.decode(piece).leg_bytes, Unseen())
        order_id = digests.leg_id(ledger_id, leg)
        event = nostrevents.order(ledger_id, order_id, piece, leg.expiry_ms, clock.now_ms())
        made.append(f'["EVENT",{event.as_json()}]'.encode())
    return made


class ToRelay:
    """Publishes `events` to a relay, each sender over a connection of his own."""

    def __init__(self, url: str, kind: str):
        place = urlsplit(url)
        self._host, self._port = place.hostname or "", place.port or 80
        self._kept: dict[str, asyncio.Task[_Socket]] | None = None if kind == NEW else {}

    async def __call__(self, number: int, sender: str, piece: bytes) -> bool:
        """Publishes an event, and waits for the relay's OK."""
        opened = None if self._kept is None else self._kept.get(sender)
        if opened is None or opened.done() and (opened.exception() is not None or opened.result().is_broken):
            opened = asyncio.create_task(_Socket.opened(self._host, self._port))
            if self._kept is not None:
                self._kept[sender] = opened
        socket = await asyncio.shield(opened)
        try:
            return await socket.answer(json.loads(piece)[1]["id"], piece)
        finally:
            if self._kept is None:
                socket.close()


class _Socket:
    """A WebSocket (RFC 6455), of which only what relays answer to events is read."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self._reader, self._writer = reader, writer
        self._waiting: dict[str, asyncio.Future[bool]] = {}
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def opened(cls, host: str, port: int) -> "_Socket":
        reader, writer = await asyncio.open_connection(host, port)
        key = base64.b64encode(entropy.token(16)).decode()
        writer.write((
            f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        ).encode())  # fmt: skip
        await reader.readuntil(b"\r\n\r\n")
        return cls(reader, writer)

    @property
    def is_broken(self) -> bool:
        return self._reading.done()

    def close(self) -> None:
        self._reading.cancel()
        self._writer.transport.abort()

    async def answer(self, event_id: str, message: bytes) -> bool:
        """Whether the relay took an event."""
        if self.is_broken:
            raise EOFError("the relay closed the connection")
        answer = self._waiting[event_id] = asyncio.get_running_loop().create_future()
        self._writer.write(_frame(message))
        try:
            return await answer
        finally:
            del self._waiting[event_id]

    async def _read(self) -> None:
        try:
            while True:
                opcode, message = await _message(self._reader)
                told = json.loads(message) if opcode == _TEXT else [None]
                if told[0] == "OK" and told[1] in self._waiting and not self._waiting[told[1]].done():
                    self._waiting[told[1]].set_result(bool(told[2]))
                elif opcode == _PING:
                    self._writer.write(_frame(message, _PONG))
        finally:
            for each in self._waiting.values():
                if not each.done():
                    each.set_exception(EOFError("the relay closed the connection"))


def _frame(message: bytes, opcode: int = _TEXT) -> bytes:
    """A whole message of a client, under a mask of zeros, which changes nothing."""
    size = len(message)
    length = bytes([_MASKED | size]) if size < _TWO else bytes([_MASKED | _TWO]) + size.to_bytes(2, "big")
    return bytes([_FINAL | opcode]) + length + bytes(4) + message


async def _message(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The next frame of a server: its opcode, and what it says."""
    first, size = await reader.readexactly(2)
    if size >= _TWO:
        size = int.from_bytes(await reader.readexactly(2 if size == _TWO else 8), "big")
    return first & ~_FINAL, await reader.readexactly(size)
