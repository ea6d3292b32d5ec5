"""Routes of validators: bring a cosignature, and read the newest checkpoint that a quorum has cosigned.

Whoever replays the log and finds it sound cosigns its checkpoint (settlement.log.cosignature) and sends it here.  No
password stands before that: the signature is one of a validator's that the pool names.
"""

import json

from fastapi import APIRouter, Request
from starlette.responses import Response

from prover.network import receipts
from prover.network.service import bodies, cosigned, parts, problems
from prover.network.service.cosigned import Final
from prover.network.service.documents import RECEIPT, body, bytes_of, hexadecimal, problem_of, shown
from prover.network.service.parts import Parts
from prover.network.service.problems import Problem
from prover.network.service.reads import NOT_KEPT, answer
from settlement.errors import Discrepancy
from settlement.ids import BundleId
from settlement.log import note
from zk.errors import InvalidProof
from zk.formats import dataclassjson

router = APIRouter(tags=["validators"])

_COUNTED = shown("It is kept.", {"size": "integer", "cosigned": "integer", "quorum": "integer", "is_final": "boolean"})
_MS_PER_S = 1000


@router.post(
    "/cosignatures", summary="Bring a cosignature", response_class=Response, openapi_extra=body("note"),
    responses={200: _COUNTED, **problem_of(400, 408, 409, 413, 415, 422, 429, 503)},
)  # fmt: skip
async def cosign(request: Request) -> Response:
    """Keeps a validator's cosignature of a checkpoint of this log: a note as c2sp.org/tlog-cosignature has it."""
    service = parts.of(request)
    data = await bodies.read(request, note.MAX_NOTE_BYTES, "note")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise problems.malformed("the note is not UTF-8") from None
    now_ms = service.clock()
    try:
        seen = await service.readers.run(lambda ledger: cosigned.read(ledger, text, now_ms))
    except InvalidProof as error:
        raise Problem(422, "NOT_COSIGNED", "The service keeps cosignatures only.", str(error)) from None
    except Discrepancy as error:
        raise Problem(409, "FORK", "The log has another history.", str(error)) from None
    count, is_new = service.cosigned.add(seen)
    if is_new:
        service.metrics.cosigning.observe(max(now_ms - seen.created_ms, 0) / _MS_PER_S)
        await service.notify()
    quorum = seen.validators.quorum
    document = {"size": seen.checkpoint.size, "cosigned": count, "quorum": quorum, "is_final": 0 < quorum <= count}
    return Response(json.dumps(document), media_type="application/json")


@router.get(
    "/checkpoint/final", summary="The newest final checkpoint", response_class=Response,
    responses={200: bytes_of("A signed note with cosignatures.", "text/plain"), **problem_of(404, 429, 503)},
)  # fmt: skip
async def final(request: Request) -> Response:
    """The newest checkpoint that as many validators have cosigned as the pool asks for."""
    service = parts.of(request)
    return answer(request, signed(service, _newest(service)).encode(), "text/plain; charset=utf-8", NOT_KEPT)


@router.get(
    "/bundles/{bundle_id}/final", summary="Ask for a final receipt", response_class=Response,
    responses={200: RECEIPT, **problem_of(400, 404, 429, 503)},
)  # fmt: skip
async def receipt(request: Request, bundle_id: str) -> Response:
    """The receipt of a bundle with a proof against the newest final checkpoint."""
    service = parts.of(request)
    named = BundleId(hexadecimal(bundle_id, 32, "a bundle's id"))
    newest = _newest(service)
    note_text = signed(service, newest)
    found = await service.readers.run(
        lambda ledger: receipts.make_at(ledger, named, newest.checkpoint, lambda checkpoint: note_text)
    )
    if found is None:
        raise problems.unknown(f"no bundle with the id {bundle_id} is final")
    return Response(json.dumps(dataclassjson.write(found)), media_type="application/json")


def signed(service: Parts, newest: Final) -> str:
    """The note of a final checkpoint: the operator's signature, and the validators'."""
    return service.sign(newest.checkpoint) + "".join(newest.lines)


def _newest(service: Parts) -> Final:
    if service.cosigned.final is None:
        raise problems.unknown("no checkpoint is final yet: as many validators must cosign one as the pool asks for")
    return service.cosigned.final
