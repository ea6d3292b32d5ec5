"""A network that loses, holds back, doubles and cuts: a proxy on a socket of its own between clients and a service.

What it does to each request is drawn from a seed, so that a test that fails can be repeated.
"""

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from tests.patience import PATIENCE_S

FATES = {"through": 8, "lost": 2, "answer lost": 2, "answer cut": 1, "doubled": 2, "late": 2, "slow": 2}
"""How often each is drawn, of their sum.  "late" reaches the service after its client has been cut off, and perhaps
after what that sends next."""
LATE_S, SLOW_S = 0.15, 0.03


class BadNetwork:
    """The proxy's state: `url` for clients, `target` is the service, which may be another one later.

    While it `is_cut`, no connection comes through; when it `is_calm`, all do.  `seen` counts the fates of requests.
    """

    def __init__(self, target: str, seed: int):
        self.url, self.target = "", target
        self.is_cut = self.is_calm = False
        self.seen: Counter[str] = Counter()
        self._random = random.Random(seed)
        self._late: set[asyncio.Task[bytes]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a client, request after request."""
        with suppress(OSError, EOFError):
            while request := await message(reader):
                answer = await self._answer(request)
                writer.write(answer or b"")
                await writer.drain()
                if not answer or len(answer) < 20 or b"\r\n\r\n" not in answer:
                    break
        writer.transport.abort()

    async def _answer(self, request: bytes) -> bytes | None:
        """What the client gets; None when its connection breaks."""
        fate = "through" if self.is_calm else self._random.choices([*FATES], [*FATES.values()])[0]
        fate = "cut off" if self.is_cut else fate
        self.seen[fate] += 1
        match fate:
            case "cut off" | "lost":
                return None
            case "late":
                self._late.add(asyncio.create_task(self._passed(request, LATE_S)))
                return None
            case "slow":
                return await self._passed(request, SLOW_S)
            case "doubled":
                await self._passed(request)
        answer = await self._passed(request)
        if fate == "answer lost":
            return None
        return answer[:15] if fate == "answer cut" else answer

    async def _passed(self, request: bytes, after_s: float = 0) -> bytes:
        """The service's answer to a request on a connection of its own."""
        await asyncio.sleep(after_s)
        parts = urlsplit(self.target)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=1 << 24)
        try:
            writer.write(request)
            return await message(reader)
        finally:
            writer.close()

    async def settle(self) -> None:
        """Waits for what is late."""
        await asyncio.gather(*self._late, return_exceptions=True)


async def message(reader: asyncio.StreamReader) -> bytes:
    """The next request or answer, with its body; empty at the end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
    return head + await reader.readexactly(int(headers.get(b"content-length", b"0")))


@contextmanager
def between(target: str, seed: int) -> Iterator[BadNetwork]:
    """A bad network before a service at this URL."""
    network, loop = BadNetwork(target, seed), asyncio.new_event_loop()
    has_begun = threading.Event()

    async def begin() -> None:
        server = await asyncio.start_server(network.serve, "127.0.0.1", 0, limit=1 << 24)
        network.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        has_begun.set()

    def run() -> None:
        loop.run_until_complete(begin())
        loop.run_forever()

    thread = threading.Thread(target=run)
    thread.start()
    has_begun.wait()
    try:
        yield network
    finally:
        asyncio.run_coroutine_threadsafe(network.settle(), loop).result(PATIENCE_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
