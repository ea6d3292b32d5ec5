"""The stream of what happens (server-sent events), from which nothing is missing however often it breaks.

    event: board        {"orders": [id, …]}                    once, when a connection begins
    event: block        {"first": 5, "last": 6, "events": [{"height": 5, "kind": "bundle", "bundle": id, …}, …]}
    event: grid         {"epoch": 3, "height": 6, "coverage": "mixture"}
    event: freeze       {"epoch": 3, "height": 6}              after a grid that covers nothing of the one before
    event: order        {"order": id, "is_open": true}         or, after it, {…, false, "is_withdrawn": true}
    event: checkpoint   {"size": 7, "note": "…"}               with "id: 7", the size of the log up to here; the note
                                                                is null where a copy lacks the operator's signature
    event: final        {"size": 6}                            the newest checkpoint that a quorum cosigned

The id comes last, so a client that breaks off before it asks for the same events again: it may see some of them twice,
and never misses one.  Orders are in no log; so a new connection begins with all that are open.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from prover.network import receipts
from prover.network.service import parts, problems
from prover.network.service.documents import bytes_of, problem_of
from prover.network.service.parts import Parts
from settlement import events, finality
from settlement.events import Event
from settlement.grids import Coverage
from settlement.ledger import Ledger
from settlement.log.checkpoint import Checkpoint

router = APIRouter(tags=["reads"])

MAX_EVENTS = 256
MAX_STREAMS = 256
POLL_S = 1  # for what another process settles in the same ledger
PING_S = 15  # so that nobody on the way takes a quiet connection for a dead one
_MAX_ID_DIGITS = 19


@dataclass(frozen=True)
class _News:
    """The events after a size of the log, the grids among them, the checkpoint after them, and the board."""

    events: list[Event]
    coverages: dict[int, Coverage]
    checkpoint: Checkpoint
    note: str | None
    final: int
    orders: frozenset[str]
    withdrawn: frozenset[str]


@router.get(
    "/stream", summary="What happens", response_class=Response,
    responses={200: bytes_of("Server-sent events.", "text/event-stream"), **problem_of(400, 429, 503)},
)  # fmt: skip
async def stream(request: Request) -> Response:
    """Blocks, grids, freezes, orders and checkpoints as they happen; Last-Event-ID resumes without a gap."""
    service = parts.of(request)
    size = await service.readers.run(lambda ledger: ledger.reader.last_event().height + 1)
    text = request.headers.get("last-event-id")
    since = size if text is None else _size(text, size)
    if service.streams >= MAX_STREAMS:
        raise problems.busy(f"{MAX_STREAMS} streams are open already", PING_S)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_counted(service, since), media_type="text/event-stream", headers=headers)


def _size(text: str, size: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= _MAX_ID_DIGITS) or int(text) > size:
        raise problems.malformed("Last-Event-ID is not the id of an event of this stream")
    return int(text)


async def _counted(service: Parts, size: int) -> AsyncIterator[str]:
    service.streams += 1
    service.metrics.streams.set(service.streams)
    try:
        async for text in _told(service, size):
            yield text
    finally:
        service.streams -= 1
        service.metrics.streams.set(service.streams)


async def _told(service: Parts, size: int) -> AsyncIterator[str]:
    known: frozenset[str] | None = None
    told = told_final = 0
    while not service.stopping.is_set():
        version = service.version
        news = await service.readers.run(partial(_news, service, size))
        if known is None:
            yield _event("board", {"orders": sorted(news.orders)})
            known = news.orders
        if news.events:
            yield _event("block", _block(news.events))
            for event in news.events:
                if event.kind == events.GRIDS:
                    epoch, coverage = _epoch(event), news.coverages[_epoch(event)]
                    yield _event("grid", {"epoch": epoch, "height": event.height, "coverage": coverage.value})
                    if coverage is Coverage.FROZEN:
                        yield _event("freeze", {"epoch": epoch, "height": event.height})
        for order in sorted(news.orders ^ known):
            why = {"is_withdrawn": True} if order in news.withdrawn else {}
            yield _event("order", {"order": order, "is_open": order in news.orders, **why})
        known, size = news.orders, news.checkpoint.size
        if told != size:
            yield _event("checkpoint", {"size": size, "note": news.note}, size)
            told = size
        if news.final != told_final:
            told_final = news.final
            yield _event("final", {"size": told_final})
        if len(news.events) < MAX_EVENTS and not await _changed(service, version, size, told_final):
            yield ": nothing new\n\n"


async def _changed(service: Parts, version: int, size: int, final: int) -> bool:
    """Waits for news, for PING_S at most; whether there are any, or the service is ending."""
    for _ in range(PING_S // POLL_S):
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_S), service.changed:
                await service.changed.wait_for(lambda: service.version != version)
        is_new = service.version != version or service.stopping.is_set()
        if is_new or await service.readers.run(_sizes) != (size, final):
            return True
    return False


def _sizes(ledger: Ledger) -> tuple[int, int]:
    return ledger.reader.last_event().height + 1, finality.size(ledger)


def _news(service: Parts, size: int, ledger: Ledger) -> _News:
    now_ms = service.clock()
    with ledger.reader.reading():
        last = ledger.reader.last_event()
        found = [event for event in map(ledger.reader.event, range(size, min(last.height + 1, size + MAX_EVENTS)))]
        read = [event for event in found if event is not None]
        newest = read[-1] if read else last
        published = [ledger.reader.epoch(_epoch(event)) for event in read if event.kind == events.GRIDS]
        coverages = {each.publication.epoch: each.publication.coverage for each in published if each is not None}
        orders = frozenset(each.hex() for each in ledger.orders.ids(now_ms))
        withdrawn = frozenset(each.hex() for each in ledger.orders.withdrawn_ids())
        named = receipts.after(ledger, newest)
        kept = finality.operator_signed(ledger) if service.sign is None else (named, service.sign(named))
        note = kept[1] if kept is not None and kept[0] == named else None  # a copy has only some of its operator's
        return _News(read, coverages, named, note, finality.size(ledger), orders, withdrawn)


def _epoch(event: Event) -> int:
    return int.from_bytes(event.body[:8], "big")


def _block(read: list[Event]) -> dict[str, object]:
    return {"first": read[0].height, "last": read[-1].height, "events": [_document(event) for event in read]}


def _document(event: Event) -> dict[str, object]:
    named = {"bundle": event.body[:32].hex()} if event.kind == events.BUNDLE else {}
    return {"height": event.height, "kind": event.kind, "created_ms": event.created_ms, **named}


def _event(name: str, document: dict[str, object], identity: int | None = None) -> str:
    line = "" if identity is None else f"id: {identity}\n"
    return f"{line}event: {name}\ndata: {json.dumps(document)}\n\n"
