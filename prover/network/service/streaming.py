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
from settlement.errors import Unavailable
from settlement.events import Event
from settlement.grids import Coverage
from settlement.ids import OrderId
from settlement.ledger import Ledger
from settlement.log.checkpoint import Checkpoint

router = APIRouter(tags=["reads"])

MAX_EVENTS = 256
MAX_STREAMS, MAX_STREAMS_OF_PEER = 256, 8
POLL_S = 1
PING_S = 15  # so that nobody on the way takes a quiet connection for a dead one
_MAX_ID_DIGITS = 19


@dataclass(frozen=True)
class _News:
    """The events after a size of the log, the grids among them, the checkpoint after them, signed, and the board."""

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
    peer = parts.peer(request)
    if service.streams.total() >= MAX_STREAMS or service.streams[peer] >= MAX_STREAMS_OF_PEER:
        raise problems.busy("as many streams are open as there may be, of everybody or from your address", PING_S)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_counted(service, peer, since), media_type="text/event-stream", headers=headers)


def _size(text: str, size: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= _MAX_ID_DIGITS) or int(text) > size:
        raise problems.malformed("Last-Event-ID is not the id of an event of this stream")
    return int(text)


async def _counted(service: Parts, peer: str, size: int) -> AsyncIterator[str]:
    service.streams[peer] += 1
    service.metrics.streams.set(service.streams.total())
    try:
        async for text in _told(service, size):
            yield text
    finally:
        service.streams[peer] -= 1
        if not service.streams[peer]:
            del service.streams[peer]
        service.metrics.streams.set(service.streams.total())


async def _told(service: Parts, size: int) -> AsyncIterator[str]:
    known: frozenset[str] | None = None
    told = told_final = 0
    while not service.stopping.is_set():
        version = service.version
        news = await service.readers.shared(("news", version, size), partial(_news, service, size))
        texts = []
        if known is None:
            texts.append(_event("board", {"orders": sorted(news.orders)}))
            known = news.orders
        texts += _texts(news, known)
        known, size = news.orders, news.checkpoint.size
        if told != size:
            texts.append(_event("checkpoint", {"size": size, "note": news.note}, size))
            told = size
        if news.final != told_final:
            told_final = news.final
            texts.append(_event("final", {"size": told_final}))
        if texts:
            yield "".join(texts)
        if len(news.events) < MAX_EVENTS and not await _changed(service, version):
            yield ": nothing new\n\n"


def _texts(news: _News, known: frozenset[str]) -> list[str]:
    """What the news say to whoever knows these orders."""
    texts = []
    if news.events:
        texts.append(_event("block", _block(news.events)))
        for event in news.events:
            if event.kind == events.GRIDS:
                epoch, coverage = _epoch(event), news.coverages[_epoch(event)]
                texts.append(_event("grid", {"epoch": epoch, "height": event.height, "coverage": coverage.value}))
                if coverage is Coverage.FROZEN:
                    texts.append(_event("freeze", {"epoch": epoch, "height": event.height}))
    for order in sorted(news.orders ^ known):
        why = {"is_withdrawn": True} if order in news.withdrawn else {}
        texts.append(_event("order", {"order": order, "is_open": order in news.orders, **why}))
    return texts


async def _changed(service: Parts, version: int) -> bool:
    """Waits for news, for PING_S at most; whether there are any, or the service is ending."""
    with suppress(TimeoutError):
        async with asyncio.timeout(PING_S), service.changed:
            await service.changed.wait_for(lambda: service.version != version)
    return service.version != version or service.stopping.is_set()


async def watch(service: Parts) -> None:
    """Tells the streams, as long as there are any, of what another process does to the same ledger, and of the end."""
    seen = None
    while not service.stopping.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_S):
                await service.stopping.wait()
        if service.streams:
            with suppress(Unavailable):
                now = await service.readers.run(lambda ledger: _seen(ledger, service.clock()))
                if now != seen:  # or the first look since a stream began, which may have read before that
                    await service.notify()
                seen = now
        else:
            seen = None
    await service.notify()


def _seen(ledger: Ledger, now_ms: int) -> tuple[int, int, list[OrderId]]:
    with ledger.reader.reading():
        return ledger.reader.last_event().height, finality.size(ledger), ledger.orders.ids(now_ms)


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
