"""Services for tests, in this process: an application over a ledger of the samples' pool, and requests to it."""

import asyncio
import socket
import tempfile
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI

from prover.network.service import app as services
from prover.network.service import connections, metrics, peers, processes, together
from prover.network.service import serving as sockets
from prover.network.service.peers import Rate
from prover.network.service.together import Member, Shared
from prover.network.wire.client import Client
from settlement.databases import Place
from settlement.ledger import Ledger
from settlement.log import checkpoint
from tests.settlement.bundles import samples

SECRET = Ed25519PrivateKey.from_private_bytes(samples.OPERATOR_SECRET)


def ledger_at(folder: Path, **changes: Any) -> Path:
    """A new, empty ledger of the samples' pool; `changes` are to its parameters."""
    path = folder / "ledger.sqlite"
    Ledger.create(path, samples.pool(**changes), samples.NOW_MS).close()
    return path


def _opens(place: Place, read_only: bool) -> Ledger:
    return Ledger.open(place, read_only=read_only)


def application(path: Place, opens: Callable[[Place, bool], Ledger] = _opens, **options: Any) -> FastAPI:
    """A service over the ledger at `path`, which takes any proof; `options` are services.create's."""
    return services.create(
        lambda read_only: opens(path, read_only),
        options.pop("sign", lambda named: checkpoint.sign(named, SECRET)),
        options.pop("clock", lambda: samples.NOW_MS),
        options.pop("verify_proofs", samples.any_proof),
        **options,
    )


def asked(path: Place, questions: Callable[[httpx.AsyncClient], Awaitable[Any]], **options: Any) -> Any:
    """What `questions` returns, which is called with a client of a service over the ledger at `path`."""

    async def run() -> Any:
        app = application(path, **options)
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://ledger") as client:
                return await questions(client)

    return asyncio.run(run())


def serve(path: Place, port: int, ready: Callable[[], object], count: int = 1) -> None:
    """Serves the ledger at `path` in so many processes, over a socket, to whoever asks as often as he likes."""
    rate = Rate(1 << 20, 1 << 20)
    with sockets.bound("127.0.0.1", port) as listener, tempfile.TemporaryDirectory() as counted:
        if count == 1:
            sockets.run(application(path, rate=rate), listener, lambda: ready())
            return
        shared = Shared(count, peers.BUCKET_WORDS)

        def one(number: int, bell: socket.socket) -> None:
            member = Member(shared, number, bell)
            app = application(path, rate=rate, member=member, counted=Path(counted))
            sockets.run(app, listener, lambda: member.ring(together.READY))

        processes.run(count, one, lambda: ready(), lambda pid: metrics.forget(Path(counted), pid))


async def post(client: httpx.AsyncClient, route: str, data: bytes) -> httpx.Response:
    """Posts bytes."""
    return await client.post(route, content=data, headers={"Content-Type": "application/octet-stream"})


@contextmanager
def clients(path: Path, **options: Any) -> Iterator[Callable[[], Client]]:
    """Makes clients, for any thread, of a service over the ledger at `path` in this process."""
    loop, has_begun, is_over = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    app = application(path, **options)

    async def run() -> None:
        async with app.router.lifespan_context(app):
            has_begun.set()
            await is_over.wait()

    class Transport(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            async def answered() -> httpx.Response:
                request.stream = httpx.ByteStream(request.read())
                response = await httpx.ASGITransport(app).handle_async_request(request)
                return httpx.Response(response.status_code, headers=response.headers, content=await response.aread())

            return asyncio.run_coroutine_threadsafe(answered(), loop).result()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    has_begun.wait()
    try:
        yield lambda: Client("http://ledger", Transport())
    finally:
        loop.call_soon_threadsafe(is_over.set)
        thread.join()
        loop.close()


@contextmanager
def served(path: Path, port: int = 0, **options: Any) -> Iterator[str]:
    """The URL of a service over the ledger at `path`, on a socket of this process, in a thread of its own."""
    loop, ready, app = asyncio.new_event_loop(), threading.Event(), application(path, **options)
    doors = connections.Doors()
    with sockets.bound("127.0.0.1", port) as listener:
        config = uvicorn.Config(app, http=connections.protocol(doors), lifespan="off", log_config=None)
        server = sockets._Server(config, doors, ready.set)

        async def run() -> None:
            async with app.router.lifespan_context(app):
                await server.serve([listener])

        thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
        thread.start()
        ready.wait()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            loop.call_soon_threadsafe(app.state.parts.stopping.set)
            thread.join()
            loop.close()
