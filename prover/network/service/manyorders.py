"""The route by which a desk posts, refreshes or withdraws many orders at once: a hundred at each new epoch.

They are verified together, and each is answered as if it had come alone.  They cost their sender what they would cost
one by one, in tokens and in work, and what is refused in standing too.  A suspect's are done one by one, each in its
turn, so that nobody waits for a search among them (prover.network.service.trust).
"""

import json
from collections.abc import Sequence

from fastapi import APIRouter, Request
from starlette.responses import Response

from prover.network.service import bodies, orders, parts, peers, placing, problems, standing
from prover.network.service.documents import body, shown
from prover.network.service.parts import Parts
from prover.network.service.placing import Placed
from prover.network.service.trust import FALSE
from prover.network.wire import many
from settlement.ledger import Ledger
from settlement.rejection import Rejected
from settlement.storage.orders import Order, Withdrawal

router = APIRouter(tags=["board"])

_ANSWERS = shown("For each, what the route for one answers, or the problem of that.", {"answers": "array"})
_Done = Placed | Order | Withdrawal | Rejected


@router.post(
    many.PATH, summary="Post, refresh and withdraw many orders", response_class=Response,
    openapi_extra=body("many"), responses={200: _ANSWERS, **orders.PROBLEMS},
)  # fmt: skip
async def change(request: Request) -> Response:
    """Does many things to the board in one step (prover.network.wire.many)."""
    service = parts.of(request)
    data = await bodies.read(request, many.MAX_BYTES, "many")
    sent = many.decode(data)
    if seconds := service.peers.take(parts.address(request), max(len(sent) - 1, 0) * peers.WRITE_COST):
        raise problems.too_many(seconds)
    await service.check(request, data, len(sent))
    answers = {number: no for number, each in enumerate(sent) if (no := _known_as_false(service, each)) is not None}
    left = [number for number in range(len(sent)) if number not in answers]
    done: dict[int, _Done] = {**answers}
    step = 1 if service.trust.is_suspect(parts.peer(request)) else len(left)
    while left:
        now, left = left[:step], left[step:]
        done |= zip(now, await _done(service, request, [sent[number] for number in now]), strict=True)
    _charge(service, request, sent, [done[number] for number in range(len(sent))])
    documents = [_document(done[number]) for number in range(len(sent))]
    return Response(json.dumps({"answers": documents}), media_type="application/json")


def _known_as_false(service: Parts, data: bytes) -> Rejected | None:
    """The refusal of an order whose proof was found to be false before."""
    try:
        service.false_orders.check(data)
    except Rejected as refused:
        return refused
    return None


async def _done(service: Parts, request: Request, data: Sequence[bytes]) -> list[_Done]:
    def work(ledger: Ledger, now_ms: int) -> list[_Done]:
        return placing.all_done(ledger, data, now_ms, service.verify_proofs)

    return await service.keep(request, work)


def _charge(service: Parts, request: Request, sent: Sequence[bytes], answers: Sequence[_Done]) -> None:
    """Counts what each has cost the service, as the gate and the parts do for one that comes alone."""
    peer = parts.peer(request)
    if any(isinstance(each, Placed) and each.is_new for each in answers):
        service.trust.took(peer)
    for data, each in zip(sent, answers, strict=True):
        if isinstance(each, Rejected) and each.rejection in FALSE:
            service.fine(request)
            service.false_orders.add(data, each)
    statuses = [problems.of(each).status if isinstance(each, Rejected) else 200 for each in answers]
    num_refused = sum(400 <= status < 500 and status != 404 for status in statuses)
    cost = num_refused * standing.REFUSED + (len(answers) - num_refused) // standing.TOGETHER * standing.LISTED
    service.standings.add(peer, cost)


def _document(done: _Done) -> dict[str, object]:
    if isinstance(done, Rejected):
        return problems.document(problems.of(done))
    return orders.document(done.order if isinstance(done, Placed) else done)
