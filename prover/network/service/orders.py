"""Routes of the board: post an order, give it another margin proof, withdraw it, read everything.

What is posted or withdrawn again is answered as the first time.
"""

import json

from fastapi import APIRouter, Request
from starlette.responses import Response

from prover.network import postings
from prover.network.service import bodies, parts
from prover.network.service.documents import body, bytes_of, hexadecimal, problem_of, shown
from prover.network.service.reads import NOT_KEPT, answered, tagged
from settlement import board, checks, digests, encoding
from settlement.board import Posting
from settlement.fieldreader import LimitExceeded
from settlement.ids import OrderId
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from settlement.storage.orders import Order, Withdrawal
from zk.errors import FormatError

router = APIRouter(tags=["board"])

_ORDER = shown("The order.", {"order": "string", "expiry_ms": "integer", "posted_ms": "integer"})
_WITHDRAWN = shown("The order is off the board.", {"order": "string", "expiry_ms": "integer"})
_PROBLEMS = problem_of(400, 404, 408, 409, 413, 415, 421, 422, 429, 503, 504)


@router.post(
    "/orders", summary="Post an order", response_class=Response, openapi_extra=body("posting"),
    responses={200: _ORDER, **_PROBLEMS},
)  # fmt: skip
async def place(request: Request) -> Response:
    """Puts a firm order on the board, if it would settle now (prover.network.postings has its bytes)."""
    service = parts.of(request)
    data = await bodies.read(request, postings.MAX_POSTING_BYTES, "posting")

    def work(ledger: Ledger, now_ms: int) -> Order:
        sent = _posting(data)
        try:
            return board.place(ledger, sent, now_ms, service.verify_proofs)
        except Rejected as rejected:
            known = _known(ledger, sent) if rejected.rejection is Rejection.ORDER_KNOWN else None
            if known is None:
                raise
            return known

    return _shown(await service.act(request, data, work))


@router.post(
    "/orders/{order_id}/margin", summary="Refresh an order's margin", response_class=Response,
    openapi_extra=body("margin"), responses={200: _ORDER, **_PROBLEMS},
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
        return board.refresh(ledger, named, margin, now_ms, service.verify_proofs)

    return _shown(await service.act(request, data, work))


@router.get(
    "/orders", summary="All open orders", response_class=Response,
    responses={200: bytes_of("Every order that is not void (prover.network.postings)."), **problem_of(421, 429, 503)},
)  # fmt: skip
async def listed(request: Request) -> Response:
    """The whole board, with the orders whose margin must be refreshed before they can be taken."""
    service = parts.of(request)
    if service.sign is None:  # a copy of the ledger has no board
        await service.office.check()
    listed = await service.readers.shared(
        "orders", lambda ledger: tagged(postings.encode_board(ledger.orders.alive(service.clock())))
    )
    return answered(request, *listed, bodies.BYTES, NOT_KEPT)


@router.post(
    "/withdrawals", summary="Withdraw an order", response_class=Response, openapi_extra=body("withdrawal"),
    responses={200: _WITHDRAWN, **_PROBLEMS},
)  # fmt: skip
async def withdraw(request: Request) -> Response:
    """Takes an order off the board, by a message under its own key (settlement.withdrawals).

    Whoever copied the order may settle it all the same, until it expires or its account moves.
    """
    service = parts.of(request)
    data = await bodies.read(request, postings.WITHDRAWAL_BYTES, "withdrawal")

    def work(ledger: Ledger, now_ms: int) -> Withdrawal:
        try:
            order_id, signed = postings.decode_withdrawal(data)
        except FormatError as error:
            raise Rejected(Rejection.MALFORMED, str(error)) from None
        return board.withdraw(ledger, order_id, signed, now_ms)

    withdrawn = await service.act(request, data, work)
    document = {"order": withdrawn.order_id.hex(), "expiry_ms": withdrawn.expiry_ms}
    return Response(json.dumps(document), media_type="application/json")


@router.get(
    "/withdrawals", summary="All orders that were withdrawn", response_class=Response,
    responses={200: bytes_of("Their legs, each with the signature that withdrew it (prover.network.postings)."),
               **problem_of(429, 503)},
)  # fmt: skip
async def withdrawn(request: Request) -> Response:
    """What was withdrawn and would not have expired yet, whole, so that nobody says which order he looks for."""
    listed = await parts.of(request).readers.shared(
        "withdrawals", lambda ledger: tagged(postings.encode_withdrawals(ledger.orders.withdrawals()))
    )
    return answered(request, *listed, bodies.BYTES, NOT_KEPT)


def _posting(data: bytes) -> Posting:
    try:
        return postings.decode(data)
    except LimitExceeded as error:
        raise Rejected(Rejection.TOO_LARGE, str(error)) from None
    except FormatError as error:
        raise Rejected(Rejection.MALFORMED, str(error)) from None


def _known(ledger: Ledger, sent: Posting) -> Order | None:
    """The order on the board that is exactly this posting, or None."""
    order = ledger.orders.get(digests.leg_id(ledger.ledger_id, checks.decode_leg(sent.leg_bytes)))
    return order if order is not None and postings.of(order) == sent else None


def _shown(order: Order) -> Response:
    document = {"order": order.order_id.hex(), "expiry_ms": order.expiry_ms, "posted_ms": order.posted_ms}
    return Response(json.dumps(document), media_type="application/json")
