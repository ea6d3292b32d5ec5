"""Hostile clients for tests.soak.hostile: `python -m tests.soak.hostileclients`, a process of its own.

{"host", "port", "clients", "seconds", "material": FOLDER} comes on standard input; how often each kind got each answer
goes to standard output.  Each client has an address of its own, 127.1.0.1 and so on, and does one kind of harm as fast
as it is let: it never waits because it is asked to.
"""

import asyncio
import gzip
import json
import random
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import cycle
from pathlib import Path
from typing import Any

LARGE_BYTES = 50_000_000
IDLE_CONNECTIONS = 30
ANSWER_S = 40
DEEP = b'{"bundle":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
BYTES = "application/octet-stream"


class Client:
    """One hostile client: an address, and the connection that it uses now."""

    def __init__(self, address: str, host: str, port: int, told: Counter[str]):
        self.address, self.host, self.port, self.told = address, host, port, told
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A new connection."""
        return await asyncio.open_connection(self.host, self.port, local_addr=(self.address, 0), limit=1 << 22)

    async def post(self, path: str, body: bytes, *headers: str, method: str = "POST") -> None:
        """Sends a request and counts the answer; the connection is used again as long as the service lets it be."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}", f"Content-Length: {len(body)}", *headers]
        await self.send("\r\n".join([*lines, "", ""]).encode() + body)

    async def send(self, data: bytes) -> None:
        """Sends bytes as they are and counts the answer."""
        if self._streams is None:
            self._streams = await self.connect()
        reader, writer = self._streams
        try:
            writer.write(data)
            status, closes = await asyncio.wait_for(answer(reader), ANSWER_S)
            self.told[status] += 1
        except (OSError, EOFError, TimeoutError) as error:
            self.told[type(error).__name__] += 1
            closes = True
        if closes:
            writer.close()
            self._streams = None


async def answer(reader: asyncio.StreamReader) -> tuple[str, bool]:
    """The status of an answer, which is read whole, and whether the connection ends with it."""
    status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines if line)
    await reader.readexactly(int(headers.get("content-length", "0")))
    return status.split()[1], headers.get("connection") == "close"


Kind = Callable[[Client, Path], Awaitable[None]]


async def junk(client: Client, material: Path) -> None:
    """Random bytes, to every route that takes any."""
    for path in cycle(("/bundles", "/orders", "/withdrawals", "/publications", "/changes", "/heartbeats", "/expiries")):
        await client.post(path, random.randbytes(random.randrange(4_000)), f"Content-Type: {BYTES}")


def repeats(name: str, path: str) -> Kind:
    """What is in a file of the material, one after the other, again and again."""

    async def run(client: Client, material: Path) -> None:
        data = (material / name).read_bytes()
        size = int.from_bytes(data[:4], "big")
        bodies = [data[start : start + size] for start in range(4, len(data), size)]
        random.shuffle(bodies)
        for body in cycle(bodies):
            await client.post(path, body, f"Content-Type: {BYTES}")

    return run


async def large_bodies(client: Client, material: Path) -> None:
    """50 MB, by turns announced and in chunks."""
    chunk = bytes(1 << 16)
    while True:
        for framing in (f"Content-Length: {LARGE_BYTES}", "Transfer-Encoding: chunked"):
            head = f"POST /bundles HTTP/1.1\r\nHost: x\r\nContent-Type: {BYTES}\r\n{framing}\r\n\r\n".encode()
            reader, writer = await client.connect()
            with suppress(OSError):
                writer.write(head)
                for _ in range(LARGE_BYTES // len(chunk)):
                    is_chunked = framing.startswith("T")
                    writer.write(b"%x\r\n%b\r\n" % (len(chunk), chunk) if is_chunked else chunk)
                    await writer.drain()
            await _counted(client, reader, writer)


async def slow_heads(client: Client, material: Path) -> None:
    """Heads of requests, a byte a second, on many connections."""
    await _many(client, "GET /pool HTTP/1.1\r\nHost: x\r\nX-Slow: " + "x" * 500, "x")


async def slow_bodies(client: Client, material: Path) -> None:
    """Bodies, a byte a second, on many connections."""
    head = f"POST /bundles HTTP/1.1\r\nHost: x\r\nContent-Type: {BYTES}\r\nContent-Length: 3000\r\n\r\n"
    await _many(client, head, "x")


async def idle(client: Client, material: Path) -> None:
    """Connections on which nothing is said."""
    await _many(client, "", "")


async def streams(client: Client, material: Path) -> None:
    """Streams of events that nobody reads."""
    await _many(client, "GET /stream HTTP/1.1\r\nHost: x\r\nLast-Event-ID: 0\r\n\r\n", "")


async def bombs(client: Client, material: Path) -> None:
    """Compressed bodies."""
    body = gzip.compress(bytes(1 << 24))
    while True:
        await client.post("/bundles", body, f"Content-Type: {BYTES}", "Content-Encoding: gzip")


async def deep(client: Client, material: Path) -> None:
    """JSON nested 100,000 levels deep."""
    while True:
        await client.post("/bundles", DEEP, "Content-Type: application/json")


async def reads(client: Client, material: Path) -> None:
    """Whatever is large or takes the service some work to read."""
    for path in cycle(("/orders", "/withdrawals", "/grids/1", "/tile/data/000", "/pool", "/openapi.json")):
        await client.post(path, b"", method="GET")


async def pipelined(client: Client, material: Path) -> None:
    """A hundred requests at once on a connection, whose answers nobody reads."""
    while True:
        reader, writer = await client.connect()
        with suppress(OSError):
            for _ in range(100):
                writer.write(b"GET /orders HTTP/1.1\r\nHost: x\r\n\r\n")
            await writer.drain()
            await asyncio.sleep(1)
        await _counted(client, reader, writer)


KINDS: dict[str, Kind] = {
    "junk": junk,
    "wrong subgroup": repeats("subgroup", "/bundles"),
    "false signatures": repeats("signatures", "/bundles"),
    "false proofs": repeats("proofs", "/bundles"),
    "orders that never settle": repeats("orders", "/orders"),
    "replays": repeats("replays", "/bundles"),
    "50 MB bodies": large_bodies,
    "slow heads": slow_heads,
    "slow bodies": slow_bodies,
    "gzip bombs": bombs,
    "100,000 JSON levels": deep,
    "idle connections": idle,
    "streams nobody reads": streams,
    "reads": reads,
    "pipelined reads": pipelined,
}


async def _many(client: Client, first: str, then: str) -> None:
    """Keeps IDLE_CONNECTIONS connections, on which it says `first`, and `then` each second."""

    async def one() -> None:
        while True:
            try:
                reader, writer = await client.connect()
                writer.write(first.encode())
                while not reader.at_eof() and not writer.is_closing():
                    await asyncio.sleep(1)
                    writer.write(then.encode())
                    await writer.drain()
                await _counted(client, reader, writer)
            except OSError as error:
                client.told[type(error).__name__] += 1
                await asyncio.sleep(0.1)

    await asyncio.gather(*(one() for _ in range(IDLE_CONNECTIONS)))


async def _counted(client: Client, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        client.told[(await asyncio.wait_for(answer(reader), 1))[0]] += 1
    except (OSError, EOFError, TimeoutError) as error:
        client.told[type(error).__name__] += 1
    writer.close()


async def attack(host: str, port: int, clients: int, seconds: int, material: Path) -> dict[str, Counter[str]]:
    """How often each kind got each answer."""
    told: dict[str, Counter[str]] = {name: Counter() for name in KINDS}
    kinds = list(KINDS)

    async def run(number: int) -> None:
        name = kinds[number % len(kinds)]
        client = Client(f"127.1.0.{1 + number}", host, port, told[name])
        while True:
            try:
                await KINDS[name](client, material)
            except OSError as error:
                client.told[type(error).__name__] += 1
                await asyncio.sleep(0.1)

    running = {asyncio.create_task(run(number)) for number in range(clients)}
    _, running = await asyncio.wait(running, timeout=seconds)
    while running:  # a cancellation may be lost to a wait that ends at the same time
        for each in running:
            each.cancel()
        _, running = await asyncio.wait(running, timeout=0.2)
    return told


def main() -> None:
    asked: dict[str, Any] = json.load(sys.stdin)
    json.dump(asyncio.run(attack(material=Path(asked.pop("material")), **asked)), sys.stdout)


if __name__ == "__main__":
    main()
