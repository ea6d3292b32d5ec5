"""Services for tests, in this process: an application over a ledger of the samples' pool, and requests to it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI

from prover.network.service import app as services
from settlement.ledger import Ledger
from settlement.log import checkpoint
from tests.settlement import samples

SECRET = Ed25519PrivateKey.from_private_bytes(samples.OPERATOR_SECRET)


def ledger_at(folder: Path, **changes: Any) -> Path:
    """A new, empty ledger of the samples' pool; `changes` are to its parameters."""
    path = folder / "ledger.sqlite"
    Ledger.create(path, samples.pool(**changes), samples.NOW_MS).close()
    return path


def application(path: Path, **options: Any) -> FastAPI:
    """A service over the ledger at `path`, which takes any proof; `options` are services.create's."""
    return services.create(
        lambda read_only: Ledger.open(path, read_only=read_only),
        lambda named: checkpoint.sign(named, SECRET),
        options.pop("clock", lambda: samples.NOW_MS),
        options.pop("verify_proofs", samples.any_proof),
        **options,
    )


def asked(path: Path, questions: Callable[[httpx.AsyncClient], Awaitable[Any]], **options: Any) -> Any:
    """What `questions` returns, which is called with a client of a service over the ledger at `path`."""

    async def run() -> Any:
        app = application(path, **options)
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://ledger") as client:
                return await questions(client)

    return asyncio.run(run())


async def post(client: httpx.AsyncClient, route: str, data: bytes) -> httpx.Response:
    """Posts bytes."""
    return await client.post(route, content=data, headers={"Content-Type": "application/octet-stream"})
