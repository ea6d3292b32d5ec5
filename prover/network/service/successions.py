"""Routes of successions: another operator, whom the validators have named; and the evidence that this service has.

A service whose own key has been replaced settles nothing more (prover.network.service.office).
"""

import json

from fastapi import APIRouter, Request
from starlette.responses import Response

from prover.network.service import parts
from prover.network.service.documents import body, problem_of, shown
from prover.network.service.finality import kept
from prover.network.service.reads import NOT_KEPT, answer
from prover.network.wire import evidence, succeeding
from settlement.following import finality
from settlement.ledger import Ledger

router = APIRouter(tags=["validators"])

_ALL = shown("Their notes, by number.", {"successions": "array"})
_LEARNT = shown("It is kept.", {"number": "integer", "size": "integer", "key": "string"})
_EVIDENCE = shown("Files; `zksettle ledger accuse` checks those called fork or double.", {"evidence": "array"})


@router.get(
    "/successions", summary="Who signs the checkpoints", response_class=Response,
    responses={200: _ALL, **problem_of(429, 503)},
)  # fmt: skip
async def listed(request: Request) -> Response:
    """Every succession that is known here: notes that the quorum of the validators signed."""
    notes = await parts.of(request).readers.run(lambda ledger: list(ledger.witnessed.successions().values()))
    return answer(request, json.dumps({"successions": notes}).encode(), "application/json", NOT_KEPT)


@router.post(
    "/successions", summary="Bring a succession", response_class=Response, openapi_extra=body("note"),
    responses={200: _LEARNT, **problem_of(400, 408, 409, 413, 415, 422, 429, 503, 504)},
)  # fmt: skip
async def learn(request: Request) -> Response:
    """Keeps a succession that the quorum signed, whoever brings it; the operator that it replaces settles no more."""
    service = parts.of(request)

    def check(ledger: Ledger, text: str) -> None:
        made = succeeding.find_new(ledger, text, service.folder)
        if made is not None:
            succeeding.check(ledger, text, made)

    def keep(ledger: Ledger, text: str) -> dict[str, object]:
        succeeding.learn(ledger, text, service.folder)
        newest = finality.operators(ledger).successions[-1]
        return {"number": newest.number, "size": newest.size, "key": str(newest.key)}

    document = await kept(request, check, keep)
    service.office.forget()
    await service.notify()
    return Response(json.dumps(document), media_type="application/json")


@router.get(
    "/evidence", summary="Evidence against who signed two histories", response_class=Response,
    responses={200: _EVIDENCE, **problem_of(429, 503)},
)  # fmt: skip
async def shown_evidence(request: Request) -> Response:
    """What this service's home has of it; a validator that has some cosigns nothing more for that operator."""
    folder = parts.of(request).folder
    found = [] if folder is None else evidence.listed(folder)
    document = {"evidence": [{"name": each.name, "text": each.text} for each in found]}
    return answer(request, json.dumps(document).encode(), "application/json", NOT_KEPT)
