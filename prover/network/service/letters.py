"""Routes of the mailbox: send a letter, read all letters.

A letter is sealed to one reader, and everybody reads all of them, so the service learns neither who wrote to whom nor
who read what.  Letters are in no log and prove nothing.  A copy's service passes them on, and shows the operator's.
"""

import asyncio
import json

from fastapi import APIRouter, Request
from starlette.responses import Response

from prover.network.service import bodies, lettercopy, parts, peers, problems
from prover.network.service.documents import body, bytes_of, problem_of, shown
from prover.network.service.reads import NOT_KEPT, answer
from prover.network.wire import letterpage
from prover.network.wire.letterpage import LETTER_SIZES, MAX_NUMBER

router = APIRouter(tags=["letters"])

BYTES_EACH = 4 << 10
"""Of a letter for which its sender's standing falls by one: a desk that answers ten a second is not made to wait."""

_TAKEN = shown("The letter's number: letters after it came later.", {"number": "integer"})


@router.post(
    "/letters", summary="Send a letter", response_class=Response, openapi_extra=body("letter"),
    responses={200: _TAKEN, **problem_of(400, 408, 413, 415, 429, 503, 504)},
)  # fmt: skip
async def send(request: Request) -> Response:
    """Keeps a sealed letter for an hour, or until too many others have come (prover.carriers.letters)."""
    service = parts.of(request)
    data = await bodies.read(request, max(LETTER_SIZES), "letter")
    if len(data) not in LETTER_SIZES:
        raise problems.malformed(f"a letter has one of {LETTER_SIZES} bytes, not {len(data)}")
    service.standings.add(parts.peer(request), -(-len(data) // BYTES_EACH))
    await service.pass_on(request, data)
    number = await asyncio.to_thread(service.mailbox.put, data)
    await service.notify()
    return Response(json.dumps({"number": number}), media_type="application/json")


@router.get(
    "/letters", summary="All letters", response_class=Response,
    responses={200: bytes_of("Letters, the oldest first (prover.network.wire.letterpage)."),
               **problem_of(400, 429, 503)},
)  # fmt: skip
async def listed(request: Request, since: str = "0") -> Response:
    """The letters after a number, as many as fit into one answer; whoever gets some asks again after the last."""
    if not (since.isascii() and since.isdecimal() and len(since) <= len(str(MAX_NUMBER)) and int(since) <= MAX_NUMBER):
        raise problems.malformed("since is not the number of a letter")
    service = parts.of(request)
    if peers.FORWARDED not in request.headers:
        await lettercopy.fetch(service)
    found = await asyncio.to_thread(service.mailbox.after, int(since))
    return answer(request, letterpage.encode_page(found), bodies.BYTES, NOT_KEPT)
