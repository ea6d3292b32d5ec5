"""The stream of what happens (server-sent events), from which nothing is missing however often it breaks.

    event: board        {"orders": [id, …]}                    once, when a connection begins
    event: block        {"first": 5, "last": 6, "events": [{"height": 5, "kind": "bundle", "bundle": id, …}, …]}
    event: grid         {"epoch": 3, "height": 6, "coverage": "mixture"}
    event: freeze       {"epoch": 3, "height": 6}              after a grid that covers nothing of the one before
    event: order        {"order": id, "is_open": true, "posting": base64}     when it is new, or has newer margin
                        {"order": id, "is_open": false}        or, after that, "is_withdrawn": true
    event: checkpoint   {"size": 7, "note": "…"}               with "id: 7", the size of the log up to here; the note
                                                                is null where a copy lacks the operator's signature
    event: final        {"size": 6}                            the newest checkpoint that a quorum cosigned
    event: letter       {"number": 1763800000000000}           there are letters up to this number (GET /letters)

The id comes last, so a client that breaks off before it asks for the same events again: it may see some of them twice,
and never misses one.  Orders are in no log; so a new connection begins with the ids of all that are open.  Everybody is
told every order whole (prover.network.wire.postings), so that nobody asks for one, and a board that is busy is not read
again and again; of more than MAX_SHOWN at once, only the ids are told.
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from prover.network.service import parts, problems
from prover.network.service.documents import bytes_of, problem_of
from prover.network.service.parts import Parts
from prover.network.wire import postings, receipts
from settlement import events
from settlement.errors import Unavailable
from settlement.events import Event
from settlement.following import finality
from settlement.ids import OrderId
from settlement.ledger import Ledger
from settlement.log.checkpoint import Checkpoint
from settlement.risk.grids import Coverage

router = APIRouter(tags=["reads"])

MAX_EVENTS = 256
MAX_SHOWN = 256
MAX_STREAMS, MAX_STREAMS_OF_PEER = 256, 8
POLL_S = 1
PING_S = 15  # so that nobody on the way takes a quiet connection for a dead one
_MAX_ID_DIGITS = 19


Mark = tuple[str, int | None]
"""An open order, by its id, and the epoch of its margin."""


@dataclass(frozen=True)
class _Known:
    """What a stream has told: the events before a size of the log, the open orders, a checkpoint, and what is final."""

    size: int
    orders: frozenset[Mark] | None = None
    checkpoint: int = 0
    final: int = 0


@dataclass(frozen=True)
class _Told:
    """What is told to those who know something, what they know then, and whether there is more to tell at once."""

    text: str
    known: _Known
    has_more: bool


@dataclass(frozen=True)
class _News:
    """The events after a size of the log, the grids among them, the checkpoint after them, signed, and the board."""

    events: list[Event]
    coverages: dict[int, Coverage]
    checkpoint: Checkpoint
    note: str | None
    final: int
    orders: frozenset[Mark]
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
    if service.streams.total() >= MAX_STREAMS or service.streams.of(peer) >= MAX_STREAMS_OF_PEER:
        raise problems.busy("as many streams are open as there may be, of everybody or from your address", PING_S)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_counted(service, peer, since), media_type="text/event-stream", headers=headers)


def _size(text: str, size: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= _MAX_ID_DIGITS) or int(text) > size:
        raise problems.malformed("Last-Event-ID is not the id of an event of this stream")
    return int(text)


async def _counted(service: Parts, peer: str, size: int) -> AsyncIterator[str]:
    service.streams.add(peer)
    service.metrics.streams.set(service.streams.here())
    try:
        async for text in _told(service, size):
            yield text
    finally:
        service.streams.add(peer, -1)
        service.metrics.streams.set(service.streams.here())


async def _told(service: Parts, size: int) -> AsyncIterator[str]:
    known, told_letter = _Known(size), service.mailbox.newest()
    while not service.stopping.is_set():
        version = service.version
        # Streams that know the same are told the same text, which one of them has made.
        told = await service.readers.shared(("news", version, known), partial(_news, service, known))
        if told.text:
            yield told.text
        known = told.known
        newest = service.mailbox.newest()
        if newest != told_letter:
            told_letter = newest
            yield _event("letter", {"number": newest})
        if not told.has_more and not await _changed(service, version):
            yield ": nothing new\n\n"


def _news(service: Parts, known: _Known, ledger: Ledger) -> _Told:
    """What there is to tell to those who know this."""
    news = _read(service, known.size, ledger)
    texts = []
    if known.orders is None:
        texts.append(_event("board", {"orders": sorted(order for order, _ in news.orders)}))
    texts += _texts(news)
    texts += [] if known.orders is None else _orders(news, known.orders, ledger)
    size, final = news.checkpoint.size, news.final
    if known.checkpoint != size:
        texts.append(_event("checkpoint", {"size": size, "note": news.note}, size))
    if known.final != final:
        texts.append(_event("final", {"size": final}))
    orders = known.orders if known.orders == news.orders else news.orders  # the same object is compared at once
    return _Told("".join(texts), _Known(size, orders, size, final), len(news.events) == MAX_EVENTS)


def _texts(news: _News) -> list[str]:
    """What the news say of the log."""
    texts = []
    if news.events:
        texts.append(_event("block", _block(news.events)))
        for event in news.events:
            if event.kind == events.GRIDS:
                epoch, coverage = _epoch(event), news.coverages[_epoch(event)]
                texts.append(_event("grid", {"epoch": epoch, "height": event.height, "coverage": coverage.value}))
                if coverage is Coverage.FROZEN:
                    texts.append(_event("freeze", {"epoch": epoch, "height": event.height}))
    return texts


def _orders(news: _News, known: frozenset[Mark], ledger: Ledger) -> list[str]:
    """What the news say of the board to whoever knows these orders."""
    is_open = {order for order, _ in news.orders}
    texts, new = list[str](), sorted(order for order, _ in news.orders - known)
    for order in sorted({order for order, _ in known} - is_open):
        why = {"is_withdrawn": True} if order in news.withdrawn else {}
        texts.append(_event("order", {"order": order, "is_open": False, **why}))
    for order in new:
        found = ledger.orders.get(OrderId(bytes.fromhex(order))) if len(new) <= MAX_SHOWN else None
        data = {} if found is None else {"posting": base64.b64encode(postings.encode(postings.of(found))).decode()}
        texts.append(_event("order", {"order": order, "is_open": True, **data}))
    return texts


async def _changed(service: Parts, version: int) -> bool:
    """Waits for news, for PING_S at most; whether there are any, or the service is ending."""
    if service.version == version:
        with suppress(TimeoutError):
            async with asyncio.timeout(PING_S):
                await service.changed.wait()
    return service.version != version or service.stopping.is_set()


async def watch(service: Parts) -> None:
    """Tells the streams, as long as there are any, of what another process does to the same ledger, and of the end."""
    seen = None
    while not service.stopping.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_S):
                await service.stopping.wait()
        if service.streams.here():
            with suppress(Unavailable):
                now = await service.readers.run(lambda ledger: _seen(ledger, service.clock()))
                if now != seen:  # or the first look since a stream began, which may have read before that
                    await service.notify()
                seen = now
        else:
            seen = None
    await service.notify()


def _seen(ledger: Ledger, now_ms: int) -> tuple[int, int, dict[OrderId, int | None]]:
    with ledger.reader.reading():
        return ledger.reader.last_event().height, finality.size(ledger), ledger.orders.epochs(now_ms)


def _read(service: Parts, size: int, ledger: Ledger) -> _News:
    now_ms = service.clock()
    with ledger.reader.reading():
        last = ledger.reader.last_event()
        found = [event for event in map(ledger.reader.event, range(size, min(last.height + 1, size + MAX_EVENTS)))]
        read = [event for event in found if event is not None]
        newest = read[-1] if read else last
        published = [ledger.reader.epoch(_epoch(event)) for event in read if event.kind == events.GRIDS]
        coverages = {each.publication.epoch: each.publication.coverage for each in published if each is not None}
        orders = frozenset((each.hex(), epoch) for each, epoch in ledger.orders.epochs(now_ms).items())
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
