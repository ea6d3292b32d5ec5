"""Routes of validators: what to cosign next, bring a cosignature, read what is final and who has cosigned what.

Whoever replays the log and finds it sound cosigns its checkpoint (settlement.log.cosignature) and sends it here.  No
password stands before that: the signature is one of a validator's that the pool names.  All of it is in the ledger's
database, so every process of a service says the same, before a restart and after it.
"""

import json
from collections.abc import Callable
from typing import TypeVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from prover.network.service import bodies, notes, parts, problems, standing
from prover.network.service.documents import RECEIPT, body, bytes_of, hexadecimal, problem_of, shown
from prover.network.service.problems import Problem
from prover.network.service.reads import NOT_KEPT, answer
from prover.network.wire import receipts
from prover.network.wire.receipts import Receipt
from settlement.following import finality
from settlement.following.finality import Cosigned, Final, OtherHistory
from settlement.ids import BundleId
from settlement.ledger import Ledger
from settlement.log import note
from zk.errors import InvalidProof
from zk.formats import dataclassjson

T = TypeVar("T")

router = APIRouter(tags=["validators"])

PATIENCE_S = 3
"""How long validators are asked for the same checkpoint while the log grows."""
_COUNTED = shown("It is kept.", {"size": "integer", "cosigned": "integer", "quorum": "integer", "is_final": "boolean"})
_LISTED = shown("By validator.", {"final": "integer", "quorum": "integer", "validators": "array"})
_MS_PER_S = 1000
_TEXT = "text/plain; charset=utf-8"


@router.post(
    "/cosignatures", summary="Bring a cosignature", response_class=Response, openapi_extra=body("note"),
    responses={200: _COUNTED, **problem_of(400, 408, 409, 413, 415, 422, 429, 503, 504)},
)  # fmt: skip
async def cosign(request: Request) -> Response:
    """Keeps a validator's cosignature of a checkpoint of this log: a note as c2sp.org/tlog-cosignature has it."""
    service = parts.of(request)

    def check(ledger: Ledger, text: str) -> Cosigned:
        return finality.read(ledger, text, service.clock())

    def keep(ledger: Ledger, text: str) -> tuple[Cosigned, bool]:
        before, found = finality.size(ledger), check(ledger, text)
        finality.keep(ledger, found)
        return found, found.is_final and found.checkpoint.size > before

    found, is_new = await kept(request, check, keep)
    if not found.is_news:
        service.standings.add(parts.peer(request), standing.TAKEN)
    if is_new:
        service.metrics.cosigning.observe(max(service.clock() - found.created_ms, 0) / _MS_PER_S)
        await service.notify()
    size, is_final = found.checkpoint.size, found.is_final
    document = {"size": size, "cosigned": found.count, "quorum": found.quorum, "is_final": is_final}
    return Response(json.dumps(document), media_type="application/json")


@router.get(
    "/cosignatures", summary="Who cosigned what", response_class=Response,
    responses={200: _LISTED, **problem_of(429, 503)},
)  # fmt: skip
async def listed(request: Request) -> Response:
    """The newest cosignature of each validator, as a note, and how many events are final."""
    document = await parts.of(request).readers.run(_listed)
    return answer(request, json.dumps(document).encode(), "application/json", NOT_KEPT)


@router.get(
    "/checkpoint/pending", summary="What to cosign next", response_class=Response,
    responses={200: bytes_of("A signed note (c2sp.org/tlog-checkpoint).", "text/plain"), **problem_of(404, 429, 503)},
)  # fmt: skip
async def pending(request: Request) -> Response:
    """The checkpoint that validators were asked for or began to cosign, or the newest: so they agree under load."""
    service = parts.of(request)
    now_s = service.clock() // _MS_PER_S
    text = await service.readers.run(lambda ledger: notes.pending(service, ledger, now_s, PATIENCE_S))
    return answer(request, text.encode(), _TEXT, NOT_KEPT)


@router.get(
    "/checkpoint/final", summary="The newest final checkpoint", response_class=Response,
    responses={200: bytes_of("A signed note with cosignatures.", "text/plain"), **problem_of(404, 429, 503)},
)  # fmt: skip
async def final(request: Request) -> Response:
    """The newest checkpoint that as many validators have cosigned as the pool asks for."""
    service = parts.of(request)
    text = await service.readers.run(lambda ledger: notes.signed(service, _newest(ledger)))
    return answer(request, text.encode(), _TEXT, NOT_KEPT)


@router.get(
    "/bundles/{bundle_id}/final", summary="Ask for a final receipt", response_class=Response,
    responses={200: RECEIPT, **problem_of(400, 404, 429, 503)},
)  # fmt: skip
async def receipt(request: Request, bundle_id: str) -> Response:
    """The receipt of a bundle with a proof against the newest final checkpoint, and its cosignatures."""
    service = parts.of(request)
    named = BundleId(hexadecimal(bundle_id, 32, "a bundle's id"))

    def make(ledger: Ledger) -> Receipt | None:
        newest = _newest(ledger)
        return receipts.make_at(ledger, named, newest.checkpoint, lambda _: notes.signed(service, newest))

    found = await service.readers.run(make)
    if found is None:
        raise problems.unknown(f"no bundle with the id {bundle_id} is final")
    return Response(json.dumps(dataclassjson.write(found)), media_type="application/json")


async def kept(request: Request, check: Callable[[Ledger, str], object], keep: Callable[[Ledger, str], T]) -> T:
    """What `keep` returns of the note that a request carries, which validators signed: `check` raises InvalidProof if
    not, before the note takes a turn of those that write.  Raises Problem.
    """
    service, data = parts.of(request), await bodies.read(request, note.MAX_NOTE_BYTES, "note")
    try:
        text = data.decode("utf-8")
        await service.readers.run(lambda ledger: check(ledger, text))
    except UnicodeDecodeError:
        raise problems.malformed("the note is not UTF-8") from None
    except OtherHistory as error:
        raise Problem(409, "FORK", "The log has another history.", str(error)) from None
    except InvalidProof as error:
        title = "The service keeps what validators signed, and nothing else."
        raise Problem(422, "NOT_COSIGNED", title, str(error)) from None
    return await service.keep(request, lambda ledger, now_ms: keep(ledger, text))


def _listed(ledger: Ledger) -> dict[str, object]:
    members = finality.validators(ledger, ledger.reader.last_event().height + 1)
    of_each = [{"name": each.name, "note": finality.newest_of(ledger, each)} for each in members.members]
    return {"final": finality.size(ledger), "quorum": members.quorum, "validators": of_each}


def _newest(ledger: Ledger) -> Final:
    newest = finality.newest(ledger)
    if newest is None:
        raise problems.unknown("no checkpoint is final yet: as many validators must cosign one as the pool asks for")
    return newest
