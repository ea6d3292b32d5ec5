"""The service as an ASGI application: its parts, its routes, and how it answers errors."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType

from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from prover.network.service import (
    bundles,
    explaining,
    finality,
    gate,
    lettercopy,
    letters,
    manyorders,
    orders,
    pages,
    problems,
    reads,
    signed,
    streaming,
    successions,
)
from prover.network.service.applier import Applier
from prover.network.service.connections import Doors
from prover.network.service.forwarding import Elsewhere, Forwarding
from prover.network.service.mailbox import Mailbox
from prover.network.service.metrics import Metrics
from prover.network.service.office import Office
from prover.network.service.parts import NO_DATABASE, Parts
from prover.network.service.peers import BUCKET_WORDS, Peers, Rate
from prover.network.service.problems import Problem
from prover.network.service.readers import Opener, Readers
from prover.network.service.receipting import Receipting
from prover.network.service.standing import Standing, Turns
from prover.network.service.together import Member, Shared
from prover.network.service.trust import Allowance, Trust
from prover.network.service.waiting import Waiting
from prover.network.wire import receipts
from prover.network.wire.receipts import Receipt, Sign
from prover.version import VERSION
from settlement import engine
from settlement.checks import checks
from settlement.checks.state import VerifyProofs
from settlement.errors import Unavailable
from settlement.ledger import Ledger
from settlement.rejection import Rejected
from zk.errors import FormatError

RATE = Rate()
MAX_WAITING, MAX_WAITING_OF_PEER = 1_024, 256
ROUTERS = (
    bundles.router, signed.router, orders.router, manyorders.router, letters.router, reads.router, streaming.router,
    finality.router, successions.router, explaining.router, pages.router,
)  # fmt: skip


def create(
    open_ledger: Opener, sign: Sign | None, clock: Callable[[], int],
    verify_proofs: VerifyProofs = checks.verify_proofs, rate: Rate = RATE,
    max_waiting: int = MAX_WAITING, max_of_peer: int = MAX_WAITING_OF_PEER,
    key_folders: Mapping[str, Path] = MappingProxyType({}),
    folder: Path | None = None, elsewhere: Callable[[], str | None] = lambda: None,
    member: Member | None = None, counted: Path | None = None,
) -> FastAPI:  # fmt: skip
    """The application.  Its parts start with its lifespan, which raises what opening the ledger raises.

    `open_ledger` is called in each thread that needs the ledger, `sign` for each receipt, `clock` for the time in ms.
    Without `sign` it is the service of a copy, which settles nothing, and `elsewhere` says where the operator's is.
    `key_folders` are those of the pool's development keys, by statement, for whoever joins; `folder` is the
    pool's, for evidence and letters.  `member` is which of several processes this is, and `counted` the folder in which
    they count, and keep letters where there is no other.
    """
    member = member or Member(Shared(1, BUCKET_WORDS))
    metrics, peers, standings = Metrics(counted), Peers(rate, shared=member.shared), Standing(shared=member.shared)
    turns = Turns(standings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()

        def changed() -> None:
            loop.call_soon_threadsafe(lambda: loop.create_task(parts.notify()))

        mailbox = Mailbox(folder or counted, clock)
        waiting = Waiting(max_waiting, max_of_peer, member.count)
        allowance = Allowance()
        applier = Applier(open_ledger, clock, verify_proofs, metrics, changed, waiting, allowance)
        readers = Readers(open_ledger)
        office = Office(readers, sign, elsewhere)

        def make_receipts(places: Sequence[engine.Receipt], ledger: Ledger) -> list[Receipt]:
            assert sign is not None, "whoever settles has the operator's key"
            return receipts.make_all(ledger, places, sign)

        parts = Parts(
            readers, Receipting(readers, make_receipts), applier, waiting, metrics, peers, standings, turns,
            Trust(standings, shared=member.shared), allowance, sign, clock, verify_proofs, key_folders, member, office,
            mailbox, Forwarding(), folder, streams=member.streams,
        )  # fmt: skip
        app.state.parts = parts
        await asyncio.to_thread(applier.start)
        if member.bell is not None:
            bell = member.bell

            def end() -> None:
                loop.remove_reader(bell)  # it can be read from now on, and says nothing more
                os.kill(os.getpid(), signal.SIGTERM)  # as the parent would, which has died

            loop.add_reader(bell, member.heard, lambda: loop.create_task(parts.hear()), end)
        watching = asyncio.create_task(streaming.watch(parts))
        copying = asyncio.create_task(lettercopy.watch(parts))
        try:
            yield
        finally:
            if member.bell is not None:
                loop.remove_reader(member.bell)
            parts.stopping.set()
            await asyncio.gather(watching, copying)
            await asyncio.to_thread(applier.close)
            await asyncio.to_thread(parts.readers.close)
            mailbox.close()
            await parts.forwarding.close()

    app = FastAPI(
        title="zksettle ledger", version=VERSION, docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan,
        description="A ledger of private, atomic, margined settlement. Bodies are canonical bytes, errors RFC 9457.",
    )  # fmt: skip
    for router in ROUTERS:
        app.include_router(router)
    app.state.doors = Doors(connected=member.connections)
    app.add_middleware(gate.Gate, buckets=peers, standings=standings, turns=turns)
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(Elsewhere, _on_elsewhere)
    app.add_exception_handler(Rejected, _on_problem)
    app.add_exception_handler(FormatError, _on_problem)
    app.add_exception_handler(Unavailable, _on_problem)
    app.add_exception_handler(HTTPException, _on_http)
    return app


async def _on_problem(request: Request, error: Exception) -> Response:
    match error:
        case Problem():
            return problems.response(error)
        case Rejected():
            return problems.response(problems.of(error))
        case FormatError():
            return problems.response(problems.malformed(str(error)))
        case _:
            return problems.response(problems.busy(NO_DATABASE))


async def _on_elsewhere(request: Request, error: Exception) -> Response:
    """What the operator's service answers to what a copy passes on."""
    assert isinstance(error, Elsewhere), "registered for it"
    try:
        service: Parts = request.app.state.parts
        answer = await service.forward(request, error)
    except Problem as problem:
        return problems.response(problem)
    return Response(answer.body, answer.status, dict(answer.headers))


def _methods(request: Request) -> set[str]:
    """What may be done at the path of a request, by all of its routes: Starlette names the first one's only."""
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    return {
        method
        for route in routes
        if route.matches(request.scope)[0] is not Match.NONE
        for method in route.methods or ()
    }


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException), "registered for these"
    name, headers = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}.get(error.status_code, "HTTP"), {}
    if error.status_code == 405:
        headers["Allow"] = ", ".join(sorted(_methods(request)))
    title = "The service has no such route."
    return problems.response(Problem(error.status_code, name, title, error.detail, headers=headers))
