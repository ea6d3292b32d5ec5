"""The server: from a connection to its answer.

It runs in one event loop, without threads of its own.  It closes connections from other users silently; every other
connection receives an answer, which says what is wrong if anything is.
"""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prover.service import build_id, credentials, endpoint, protocol
from prover.service.protocol import Kind, Message, Outcome
from prover.service.worker_pool import FULL, WorkerPool
from zk.errors import FormatError
from zk.formats import strictjson

MAX_CONNECTIONS = 256
BACKLOG = 128
READ_S = 10  # the time a client has to send its request

CONTROLS = (Kind.STATUS.value, Kind.STOP.value)  # understood between different builds
OTHER_BUILD = "the prover service runs another version of zksettle: restart it"

_FIELDS: dict[Kind, set[str]] = {
    Kind.STATEMENT: {"build_id", "statement", "deadline_ms"},
    Kind.CIRCOM: {"build_id", "key", "witness", "deadline_ms"},
    Kind.STATUS: set(),
    Kind.STOP: set(),
}
_PARTS = {Kind.STATEMENT: 1}


@dataclass(eq=False)
class Server:
    """A service in `folder`: `run` serves until `stop` is called from inside the event loop."""

    folder: Path
    workers: WorkerPool
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _build_id: str = field(default_factory=build_id.current)
    _started_s: float = field(default_factory=time.monotonic)
    _connections: set[asyncio.Task] = field(default_factory=set)
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, ready: Callable[[], None]) -> None:
        """Serves until `stop`, and then leaves nothing behind.

        Calls `ready` once it answers requests.  Raises Busy when the folder already has a service, and Failed when it
        cannot have one.
        """
        try:
            with endpoint.bound(self.folder) as listener:
                server = await asyncio.start_unix_server(
                    self._connected, sock=listener, backlog=BACKLOG, start_serving=False
                )

                async def begin() -> None:
                    await server.start_serving()
                    ready()

                try:
                    await self.workers.run(begin, self.stopping)
                finally:
                    server.close()
        finally:
            self._over.set()
            if self._connections:
                await asyncio.wait(self._connections, timeout=READ_S)

    def stop(self) -> None:
        """Ends the service.  Queued requests are refused; proofs that take at most ten seconds longer are finished."""
        self.stopping.set()

    def stop_on_signals(self) -> None:
        """Makes Ctrl-C and SIGTERM end the service."""
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self.stop)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "asyncio runs this in a task of its own"
        self._connections.add(task)
        try:
            if credentials.is_trusted(writer.get_extra_info("socket")):
                writer.write(protocol.encode(await self._answer(reader)))
                await writer.drain()
        except (EOFError, TimeoutError, ConnectionError):
            pass  # the client no longer wants an answer
        finally:
            self._connections.discard(task)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader) -> Message:
        if len(self._connections) > MAX_CONNECTIONS:
            return protocol.answer(Outcome.FULL, FULL)
        try:
            async with asyncio.timeout(READ_S):
                request = await protocol.read(reader, protocol.MAX_REQUEST_BYTES)
            if request.fields.get("kind") not in CONTROLS and request.fields.get("build_id") != self._build_id:
                return protocol.answer(Outcome.OTHER_BUILD, OTHER_BUILD)
            kind = check_request(request)
        except FormatError as error:
            return protocol.answer(Outcome.MALFORMED, str(error))
        if kind == Kind.STATUS:
            return protocol.answer(Outcome.DONE, **self._status())
        if kind == Kind.STOP:
            self.stop()
            await self._over.wait()
            return protocol.answer(Outcome.DONE)
        return await self._prove(request, reader)

    async def _prove(self, request: Message, reader: asyncio.StreamReader) -> Message:
        """The workers' answer.  A client that disconnects cancels its request unless a worker has started it."""
        job = self.workers.submit(request, request.fields["deadline_ms"])
        gone = asyncio.ensure_future(reader.read(1))
        waited: list[asyncio.Future[Any]] = [job.answer, gone]
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if job.answer.done():
            gone.cancel()
            return job.answer.result()
        job.answer.cancel()
        raise EOFError("the client disconnected")

    def _status(self) -> dict[str, Any]:
        uptime_s = int(time.monotonic() - self._started_s)
        return {"pid": os.getpid(), "build_id": self._build_id, "uptime_s": uptime_s, **self.workers.status()}


def check_request(request: Message) -> Kind:
    """The kind of a request.  Raises FormatError unless it has exactly its kind's fields and parts, well typed."""
    what = "the request"
    try:
        kind = Kind(request.fields.get("kind"))
    except ValueError:
        raise FormatError(f"{what} has an unknown kind") from None
    fields = strictjson.has_keys(request.fields, _FIELDS[kind] | {"kind"}, what)
    for name in _FIELDS[kind] - {"deadline_ms"}:
        if not isinstance(fields[name], str):
            raise FormatError(f"{what}: {name} is not a string")
    deadline_ms = fields.get("deadline_ms", 1)
    if type(deadline_ms) is not int or not 1 <= deadline_ms <= protocol.MAX_DEADLINE_MS:
        raise FormatError(f"{what}: deadline_ms is not an integer from 1 to {protocol.MAX_DEADLINE_MS}")
    if len(request.parts) != _PARTS.get(kind, 0):
        raise FormatError(f"{what} has {len(request.parts)} parts")
    return kind
