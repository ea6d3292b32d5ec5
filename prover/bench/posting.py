"""Posts bundles to a service as fast as it answers, or at a steady rate, and says how long each answer took.

It is a process of its own, `python -m prover.bench.posting`, because its work must not stand between the service and
its clients: {"host", "port", "bundles": FILE, "connections", "rate"} comes on standard input, and `Posted` goes to
standard output.  Without a rate, each connection sends its next bundle when it has the answer to the one before.  With
one, a bundle's time begins when it is due, whether or not a connection is free: a slow service delays nobody's clock.
"""

import asyncio
import json
import math
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

LENGTH_BYTES = 4
PEERS = 200  # that they come from, as a proxy would say: a service lets one peer post a hundred times a second
DONE = 200
_HEAD_BYTES = 1 << 16


@dataclass(frozen=True)
class Posted:
    """How long all answers took together, and each of them, in seconds and in the order in which they came.

    `ends_s` has when they came, since the beginning, and `cpu_s` is the processor time of sending and receiving.
    `refused` is the body of the first answer that was no receipt.
    """

    wall_s: float
    times_s: list[float]
    ends_s: list[float]
    cpu_s: float
    refused: str | None

    def quantile_s(self, percent: int) -> float:
        """The time within which this share of all answers came."""
        ordered = sorted(self.times_s)
        return ordered[min(math.ceil(len(ordered) * percent / 100), len(ordered)) - 1]


def write(path: Path, bundles: Sequence[bytes]) -> None:
    """Writes bundles to a file, each after its length."""
    path.write_bytes(b"".join(len(one).to_bytes(LENGTH_BYTES, "big") + one for one in bundles))


def run(url: str, bundles: Path, connections: int, rate: float | None = None) -> Posted:
    """Posts the bundles in a file in another process.  Raises RuntimeError when one is refused."""
    host, port = url.removeprefix("http://").split(":")
    asked = {"host": host, "port": int(port), "bundles": str(bundles), "connections": connections, "rate": rate}
    done = subprocess.run(
        [sys.executable, "-m", "prover.bench.posting"], input=json.dumps(asked), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"posting bundles failed: {done.stderr[-500:]}")
    posted = Posted(**json.loads(done.stdout))
    if posted.refused is not None:
        raise RuntimeError(f"the service refused a swap: {posted.refused}")
    return posted


def read(path: Path) -> list[bytes]:
    """The bundles in a file."""
    data = path.read_bytes()

    def parts() -> Iterator[bytes]:
        place = 0
        while place < len(data):
            start = place + LENGTH_BYTES
            place = start + int.from_bytes(data[place:start], "big")
            yield data[start:place]

    return list(parts())


async def _post(host: str, port: int, bundles: list[bytes], connections: int, rate: float | None) -> Posted:
    waiting: asyncio.Queue[tuple[int, float | None]] = asyncio.Queue()
    times_s, ends_s, refused = list[float](), list[float](), list[str]()
    streams = [await asyncio.open_connection(host, port, limit=_HEAD_BYTES) for _ in range(connections)]
    began_s, began_cpu_s = time.perf_counter(), time.process_time()

    async def send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (one := await waiting.get())[0] >= 0:
            number, due_s = one
            start_s = time.perf_counter() if due_s is None else due_s
            peer = f"10.0.0.{1 + number % PEERS}"
            status, body = await answer(reader, writer, request(host, "/bundles", peer, bundles[number]))
            end_s = time.perf_counter()
            if status != DONE:
                refused.append(body.decode("utf-8", "replace"))
            times_s.append(end_s - start_s)
            ends_s.append(end_s - began_s)

    async def schedule() -> None:
        for number in range(len(bundles)):
            due_s = None if rate is None else began_s + number / rate
            if due_s is not None and (pause_s := due_s - time.perf_counter()) > 0:
                await asyncio.sleep(pause_s)
            waiting.put_nowait((number, due_s))
        for _ in streams:
            waiting.put_nowait((-1, None))

    await asyncio.gather(schedule(), *(send(*stream) for stream in streams))
    wall_s, cpu_s = time.perf_counter() - began_s, time.process_time() - began_cpu_s
    for _, writer in streams:
        writer.close()
    return Posted(wall_s, times_s, ends_s, cpu_s, refused[0] if refused else None)


def request(host: str, path: str, peer: str, body: bytes) -> bytes:
    """A request with this body that a peer makes, as a proxy would say."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-For: {peer}\r\n"
        f"Content-Type: application/octet-stream\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: bytes) -> tuple[int, bytes]:
    """The status and the body of the answer to a request."""
    writer.write(asked)
    status, *lines = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
    headers = dict(line.lower().split(b": ", 1) for line in lines if line)
    return int(status.split()[1]), await reader.readexactly(int(headers[b"content-length"]))


def main() -> None:
    """Does what standard input asks for."""
    asked: dict[str, Any] = json.load(sys.stdin)
    bundles = read(Path(asked.pop("bundles")))
    json.dump(asdict(asyncio.run(_post(bundles=bundles, **asked))), sys.stdout)


if __name__ == "__main__":
    main()
