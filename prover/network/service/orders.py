"""Routes of the board: post an order, give it another margin proof, withdraw it, read everything.

What is posted or withdrawn again is answered as the first time.
"""

import json

from fastapi import APIRouter, Request
from starlette.responses import Response

from prover.network.service import bodies, parts
from prover.network.service.documents import body, bytes_of, hexadecimal, problem_of, shown
from prover.network.service.reads import NOT_KEPT, answer, answered, tagged
from prover.network.wire import postings
from settlement.bundles import encoding
from settlement.ids import OrderId
from settlement.ledger import Ledger
from settlement.orders import board as boards
from settlement.rejection import Rejected, Rejection
from settlement.storage.orders import Order, Withdrawal
from zk.errors import FormatError

router = APIRouter(tags=["board"])

_ORDER = shown("The order.", {"order": "string", "expiry_ms": "integer", "posted_ms": "integer"})
_WITHDRAWN = shown("The order is off the board.", {"order": "string", "expiry_ms": "integer"})
PROBLEMS = problem_of(400, 404, 408, 409, 413, 415, 421, 422, 429, 503, 504)


@router.post(
    "/orders", summary="Post an order", response_class=Response, openapi_extra=body("posting"),
    responses={200: _ORDER, **PROBLEMS},
)  # fmt: skip
async def place(request: Request) -> Response:
    """Puts a firm order on the board, if it would settle now (prover.network.wire.postings has its bytes)."""
    service = parts.of(request)
    data = await bodies.read(request, postings.MAX_POSTING_BYTES, "posting")
    return _shown(await service.place(request, data))


@router.post(
    "/orders/{order_id}/margin", summary="Refresh an order's margin", response_class=Response,
    openapi_extra=body("margin"), responses={200: _ORDER, **PROBLEMS},
)  # fmt: skip
async def refresh(request: Request, order_id: str) -> Response:
    """Gives an order a margin proof against a newer grid; whoever can open its account can make one."""
    service = parts.of(request)
    named = OrderId(hexadecimal(order_id, 32, "an order's id"))
    data = await bodies.read(request, encoding.MARGIN_BYTES, "margin")

    def work(ledger: Ledger, now_ms: int) -> Order:
        try:
            margin = encoding.decode_margin(data)
        except FormatError as error:
            raise Rejected(Rejection.MALFORMED, str(error)) from None
        return boards.refresh(ledger, named, margin, now_ms, service.verify_proofs)

    return _shown(await service.act(request, data, work))


@router.get(
    "/orders", summary="All open orders", response_class=Response,
    responses={
        200: bytes_of("Every order that is not void (prover.network.wire.postings)."), **problem_of(421, 429, 503),
    },
)  # fmt: skip
async def listed(request: Request) -> Response:
    """The whole board, with the orders whose margin must be refreshed before they can be taken."""
    service = parts.of(request)
    board = await service.operators_board(request)
    if board is not None:
        return answer(request, board, bodies.BYTES, NOT_KEPT)
    listed = await service.readers.shared(
        "orders", lambda ledger: tagged(postings.encode_board(ledger.orders.alive(service.clock())))
    )
    return answered(request, *listed, bodies.BYTES, NOT_KEPT)


@router.post(
    "/withdrawals", summary="Withdraw an order", response_class=Response, openapi_extra=body("withdrawal"),
    responses={200: _WITHDRAWN, **PROBLEMS},
)  # fmt: skip
async def withdraw(request: Request) -> Response:
    """Takes an order off the board, by a message under its own key (settlement.orders.withdrawals).

    Whoever copied the order may settle it all the same, until it expires or its account moves.
    """
    service = parts.of(request)
    data = await bodies.read(request, postings.WITHDRAWAL_BYTES, "withdrawal")

    def work(ledger: Ledger, now_ms: int) -> Withdrawal:
        try:
            order_id, signed = postings.decode_withdrawal(data)
        except FormatError as error:
            raise Rejected(Rejection.MALFORMED, str(error)) from None
        return boards.withdraw(ledger, order_id, signed, now_ms)

    return _shown(await service.act(request, data, work))


@router.get(
    "/withdrawals", summary="All orders that were withdrawn", response_class=Response,
    responses={200: bytes_of("Their legs, each with the signature that withdrew it (prover.network.wire.postings)."),
               **problem_of(421, 429, 503)},
)  # fmt: skip
async def withdrawn(request: Request) -> Response:
    """What was withdrawn and would not have expired yet, whole, so that nobody says which order he looks for."""
    service = parts.of(request)
    board = await service.operators_board(request)
    if board is not None:
        return answer(request, board, bodies.BYTES, NOT_KEPT)
    listed = await service.readers.shared(
        "withdrawals", lambda ledger: tagged(postings.encode_withdrawals(ledger.orders.withdrawals()))
    )
    return answered(request, *listed, bodies.BYTES, NOT_KEPT)


def document(done: Order | Withdrawal) -> dict[str, object]:
    """What is answered to whoever posted, refreshed or withdrew an order."""
    posted = {"posted_ms": done.posted_ms} if isinstance(done, Order) else {}
    return {"order": done.order_id.hex(), "expiry_ms": done.expiry_ms, **posted}


def _shown(done: Order | Withdrawal) -> Response:
    return Response(json.dumps(document(done)), media_type="application/json")
