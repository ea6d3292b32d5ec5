"""Routes about the service itself: its health, its metrics, and what its problems mean."""

import json

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from prover.network.service import parts, problems
from prover.network.service.documents import bytes_of, problem_of, shown
from prover.network.wire import evidence
from settlement.rejection import Rejection

router = APIRouter(tags=["service"])

_HEALTH = shown("It is.", {"status": "string"})
_MEANING = shown("The rejection.", {"number": "integer", "name": "string", "remedy": "string"})


@router.get("/healthz", summary="Is the process alive?", response_class=Response, responses={200: _HEALTH})
async def health(request: Request) -> Response:
    """Answers as long as the process can answer anything; a validator that refuses to cosign says so, and why."""
    service = parts.of(request)
    found = [] if service.sign is not None or service.folder is None else evidence.listed(service.folder)
    return _json({"status": "refusing", "evidence": [each.name for each in found]} if found else {"status": "alive"})


@router.get("/readyz", summary="Can it settle?", response_class=Response, responses={200: _HEALTH, **problem_of(503)})
async def ready(request: Request) -> Response:
    """Answers 200 while the ledger can be read and the service takes bundles, 503 while it is ending."""
    service = parts.of(request)
    if service.stopping.is_set():
        raise problems.busy("the service is ending")
    height = await service.readers.run(lambda ledger: ledger.reader.last_event().height)
    return _json({"status": "ready", "height": height})


@router.get(
    "/metrics", summary="Metrics for Prometheus", response_class=Response,
    responses={200: bytes_of("All metrics.", "text/plain")},
)  # fmt: skip
async def metrics(request: Request) -> Response:
    """Counters and histograms, in Prometheus' text format."""
    service = parts.of(request)
    service.metrics.queue.set(service.member.waiting())
    service.metrics.height.set(await service.readers.run(lambda ledger: ledger.reader.last_event().height))
    return Response(service.metrics.text(), media_type=CONTENT_TYPE_LATEST)


@router.get(
    problems.TYPES + "{name}", summary="What a rejection means", response_class=Response,
    responses={200: _MEANING, **problem_of(404, 429)},
)  # fmt: skip
async def explain(name: str) -> Response:
    """A rejection's number, name and remedy."""
    if name not in Rejection.__members__:
        raise problems.unknown("there is no rejection of this name")
    reason = Rejection[name]
    return _json({"number": reason.value, "name": reason.name, "remedy": reason.remedy})


def _json(document: dict[str, object]) -> Response:
    return Response(json.dumps(document), media_type="application/json")
