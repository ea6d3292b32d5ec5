"""Routes of what oracles, governors and guardians sign: publications, changes, heartbeats, expiries.

No password and no key of a machine stands before them: what is sent is signed by those whom the pool names, and the
ledger checks that.  What is sent again is recorded once, and answered as the first time.
"""

import hashlib
import json
import sqlite3
from collections.abc import Callable

from fastapi import APIRouter, Request
from starlette.responses import Response

from prover.network.service import bodies, parts
from prover.network.service.documents import body, problem_of, shown
from prover.network.wire import receipts
from settlement import engine, events
from settlement.checks import expiry, heartbeat
from settlement.errors import OutcomeUnknown, Unavailable
from settlement.events import Event
from settlement.ledger import Ledger
from settlement.pool import governance
from settlement.rejection import Rejected, Rejection
from settlement.risk import quotes
from zk.errors import FormatError
from zk.formats import dataclassjson

router = APIRouter(tags=["signed events"])

LOOK_BACK = 256  # events, among which something that is sent again is looked for

Record = Callable[[Ledger, bytes, int], None]
_RECORDED = shown(
    "The event, and the proof that it is in the log.",
    {"height": "integer", "kind": "string", "created_ms": "integer", "proof": "string"},
)
_PROBLEMS = problem_of(400, 408, 409, 413, 415, 421, 422, 429, 503, 504)


@router.post(
    "/publications", summary="Publish an epoch's prices", response_class=Response, openapi_extra=body("quotes"),
    responses={200: _RECORDED, **_PROBLEMS},
)  # fmt: skip
async def publish(request: Request) -> Response:
    """Computes and records the next epoch's grids from signed quotes (settlement.risk.quotes)."""

    def record(ledger: Ledger, data: bytes, now_ms: int) -> None:
        try:
            quoted = quotes.decode(data)
        except FormatError as error:
            raise Rejected(Rejection.MALFORMED, str(error)) from None
        engine.publish(ledger, quoted, now_ms)

    return await _recorded(request, events.GRIDS, "quotes", quotes.MAX_EVIDENCE_BYTES, record)


@router.post(
    "/changes", summary="Announce a change of the parameters", response_class=Response, openapi_extra=body("change"),
    responses={200: _RECORDED, **_PROBLEMS},
)  # fmt: skip
async def govern(request: Request) -> Response:
    """Records a change of the pool's parameters that its governors signed (settlement.pool.governance)."""

    def record(ledger: Ledger, data: bytes, now_ms: int) -> None:
        engine.govern(ledger, data, now_ms)

    return await _recorded(request, events.PARAMETERS, "change", governance.MAX_CHANGE_BYTES, record)


@router.post(
    "/heartbeats", summary="Show that the insurance is solvent", response_class=Response,
    openapi_extra=body("heartbeat"), responses={200: _RECORDED, **_PROBLEMS},
)  # fmt: skip
async def beat(request: Request) -> Response:
    """Records the insurance's proof of solvency in the newest epoch (settlement.checks.heartbeat)."""
    verify_proofs = parts.of(request).verify_proofs

    def record(ledger: Ledger, data: bytes, now_ms: int) -> None:
        engine.beat(ledger, data, now_ms, verify_proofs)

    return await _recorded(request, events.INSURANCE, "heartbeat", heartbeat.HEARTBEAT_BYTES, record)


@router.post(
    "/expiries", summary="Let a claim expire early", response_class=Response, openapi_extra=body("expiry"),
    responses={200: _RECORDED, **_PROBLEMS},
)  # fmt: skip
async def expire(request: Request) -> Response:
    """Records the early expiry of a claim that the guardians signed (settlement.checks.expiry)."""

    def record(ledger: Ledger, data: bytes, now_ms: int) -> None:
        engine.expire(ledger, data, now_ms)

    return await _recorded(request, events.EXPIRY, "expiry", expiry.EXPIRY_BYTES, record)


async def _recorded(request: Request, kind: str, name: str, limit: int, record: Record) -> Response:
    service = parts.of(request)
    data = await bodies.read(request, limit, name)

    def work(ledger: Ledger, now_ms: int) -> int:
        height = _known(ledger, kind, data)
        if height is None:
            record(ledger, data, now_ms)
            height = _recorded_at(ledger, kind, data)
        return height

    height = await service.act(request, data, work)
    sign = service.sign
    assert sign is not None, "what was recorded was recorded by the operator"
    receipt = await service.told(lambda ledger: receipts.of_event(ledger, height, sign))
    return Response(json.dumps(dataclassjson.write(receipt)), media_type="application/json")


def _recorded_at(ledger: Ledger, kind: str, data: bytes) -> int:
    """The height at which this was recorded a moment ago.  Raises errors.OutcomeUnknown when it cannot be read."""
    try:
        height = _known(ledger, kind, data)
    except (Unavailable, FormatError, sqlite3.Error) as error:
        raise OutcomeUnknown("the ledger cannot be read") from error
    assert height is not None, "it was recorded a moment ago"
    return height


def _known(ledger: Ledger, kind: str, data: bytes) -> int | None:
    """The height at which this was recorded not long ago, or None."""
    last = ledger.reader.last_event().height
    for event in reversed(ledger.reader.events(max(0, last - LOOK_BACK))):
        if event.kind == kind and _is_of(ledger, event, data):
            return event.height
    return None


def _is_of(ledger: Ledger, event: Event, data: bytes) -> bool:
    """Whether this is what was sent for an event: all bodies but a publication's end with its digest."""
    if event.kind != events.GRIDS:
        return event.body.endswith(hashlib.sha256(data).digest())
    published = ledger.reader.epoch(int.from_bytes(event.body[:8], "big"))
    return published is not None and published.publication.evidence == data
