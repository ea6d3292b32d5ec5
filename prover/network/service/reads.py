"""Routes of what anybody may read: the pool, checkpoints, the log's files, grids, development keys.

Nothing that is asked for says who asks: no route takes a position, a nullifier or an order of somebody's own.  What
never changes may be kept for ever by any cache on the way.
"""

import asyncio
import hashlib
from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import Response

from prover.network.service import notes, parts
from prover.network.service.documents import bytes_of, problem_of, shown
from prover.network.service.problems import unknown
from prover.network.service.tilecache import Tagged
from prover.network.wire import evidence
from prover.proofs import keyfolder
from settlement.bundles.bundle import MAX_EPOCH
from settlement.following import following
from settlement.ledger import Ledger
from settlement.log import tiles
from settlement.log.tiles import Tile
from settlement.risk import grids
from zk.errors import FormatError

router = APIRouter(tags=["reads"])

FOR_EVER = "public, max-age=31536000, immutable"
NOT_KEPT = "no-cache"
_ETAG_DIGITS = 32


@router.get(
    "/pool", summary="The pool", response_class=Response,
    responses={200: shown("Its canonical bytes, of which the ledger's id is a digest.", {"name": "string"}),
               **problem_of(429, 503)},
)  # fmt: skip
async def pool(request: Request) -> Response:
    """The pool: assets, keys, operator, governors and first parameters."""
    data = await parts.of(request).readers.run(lambda ledger: ledger.reader.pool())
    return answer(request, data, "application/json", FOR_EVER)


@router.get(
    "/checkpoint", summary="The newest checkpoint", response_class=Response,
    responses={200: bytes_of("A signed note (c2sp.org/tlog-checkpoint).", "text/plain"), **problem_of(429, 503)},
)  # fmt: skip
async def checkpoint(request: Request) -> Response:
    """How many events the log has, and the root of the tree over them, signed by the operator."""
    service = parts.of(request)
    _, note = await service.readers.run(lambda ledger: notes.newest(service, ledger))
    response = answer(request, note.encode(), "text/plain; charset=utf-8", NOT_KEPT)
    if service.sign is None and service.folder is not None and evidence.listed(service.folder):
        response.headers["Link"] = '</evidence>; rel="evidence"'  # the operator signed another history besides
    return response


@router.get(
    "/tile/{path:path}", summary="A file of the log", response_class=Response,
    responses={200: bytes_of("Nodes, entries, data or commitments (c2sp.org/tlog-tiles, settlement.log.tiles)."),
               **problem_of(404, 429, 503)},
)  # fmt: skip
async def tile(request: Request, path: str) -> Response:
    """Hashes of the log, its entries, what was sent for them, or commitments; a partial file's name has its width."""
    try:
        named = tiles.parse(f"tile/{path}")
    except FormatError as error:
        raise unknown(str(error)) from None
    service = parts.of(request)
    found = service.tiles.get(named)
    if found is None:
        found = await service.readers.shared(("tile", named), partial(_tile, named=named))
        if found is None:
            raise unknown("the log is not that long yet")
        if service.sign is not None:  # a copy's log may be cut, when its operator is replaced
            service.tiles.put(named, found)
    return answered(request, *found, "application/octet-stream", FOR_EVER)


@router.get(
    "/grids/{epoch}", summary="The grids of an epoch", response_class=Response,
    responses={200: bytes_of("The publication's canonical bytes, with its signed prices (settlement.risk.grids)."),
               **problem_of(404, 429, 503)},
)  # fmt: skip
async def publication(request: Request, epoch: str) -> Response:
    """The risk grids of an epoch, and the signed prices that they follow from."""
    is_number = epoch.isascii() and epoch.isdecimal() and len(epoch) <= len(str(MAX_EPOCH)) and epoch[0] != "0"
    number = int(epoch) if is_number and int(epoch) <= MAX_EPOCH else 0
    published = await parts.of(request).readers.run(lambda ledger: ledger.reader.epoch(number))
    if published is None:
        raise unknown("no grids of this epoch have been published")
    return answer(request, grids.encode(published.publication), "application/octet-stream", FOR_EVER)


@router.get(
    "/keys/{statement}/{name}", summary="A file of a development key", response_class=Response,
    responses={200: bytes_of("An array of the proving key, as NumPy writes it."), **problem_of(404, 429, 503)},
)  # fmt: skip
async def key(request: Request, statement: str, name: str) -> Response:
    """A proving key that one party made for development; the keys of ceremonies are in their transcripts."""
    folder = parts.of(request).key_folders.get(statement)
    if folder is None or name not in keyfolder.PROVING_FILES:
        raise unknown("there is no development key of this name")
    data = await asyncio.to_thread((folder / name).read_bytes)
    return answer(request, data, "application/octet-stream", FOR_EVER)


def _tile(ledger: Ledger, named: Tile) -> Tagged | None:
    data = following.tile(ledger.reader, named)  # not in a transaction: no later event changes a file that is there
    return None if data is None else tagged(data)


def answer(request: Request, data: bytes, media: str, kept: str) -> Response:
    """The bytes, or 304 for whoever has them already."""
    return answered(request, *tagged(data), media, kept)


def tagged(data: bytes) -> tuple[bytes, str]:
    """The bytes and their ETag."""
    return data, f'"{hashlib.sha256(data).hexdigest()[:_ETAG_DIGITS]}"'


def answered(request: Request, data: bytes, etag: str, media: str, kept: str) -> Response:
    """As `answer`, where the ETag is known."""
    headers = {"ETag": etag, "Cache-Control": kept}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=media, headers=headers)
