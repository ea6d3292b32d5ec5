"""Routes of bundles: settle one, and ask for its receipt.

A bundle's id is its idempotency key: sent again, in whatever order and after whatever crash, it gets the same receipt.
"""

import json
import time

from fastapi import APIRouter, Request
from starlette.responses import Response

from prover.network.receipts import Receipt
from prover.network.service import bodies, notes, parts
from prover.network.service.documents import RECEIPT, body, hexadecimal, problem_of
from prover.network.service.metrics import seconds
from prover.network.service.problems import unknown
from settlement import encoding
from settlement.ids import BundleId
from settlement.ledger import Ledger
from zk.formats import dataclassjson

router = APIRouter(tags=["bundles"])


@router.post(
    "/bundles", summary="Settle a bundle", response_class=Response, openapi_extra=body("bundle"),
    responses={200: RECEIPT, **problem_of(400, 408, 409, 413, 415, 421, 422, 429, 503, 504)},
)  # fmt: skip
async def settle(request: Request) -> Response:
    """Settles a bundle and answers with its receipt; one that has settled before gets the same receipt again."""
    service = parts.of(request)
    data = await bodies.read(request, encoding.MAX_BUNDLE_BYTES, "bundle")
    bundle_id = BundleId(await service.settle(request, data))
    start_ns = time.perf_counter_ns()
    answer = await _receipt(service, bundle_id)
    service.metrics.proving.observe(seconds(time.perf_counter_ns() - start_ns))
    return answer


@router.get(
    "/bundles/{bundle_id}", summary="Ask for a receipt", response_class=Response,
    responses={200: RECEIPT, **problem_of(400, 404, 429, 503)},
)  # fmt: skip
async def get(request: Request, bundle_id: str) -> Response:
    """The receipt of a bundle that has settled."""
    return await _receipt(parts.of(request), BundleId(hexadecimal(bundle_id, 32, "a bundle's id")))


async def _receipt(service: parts.Parts, bundle_id: BundleId) -> Response:
    def make(ledger: Ledger) -> Receipt | None:
        return notes.receipt(service, ledger, bundle_id)

    receipt = await service.readers.run(make)
    if receipt is None:
        raise unknown(f"no bundle with the id {bundle_id.hex()} has settled")
    return Response(json.dumps(dataclassjson.write(receipt)), media_type="application/json")
