"""Routes of bundles: settle one, and ask for its receipt.

A bundle's id is its idempotency key: sent again, in whatever order and after whatever crash, it gets the same receipt.
"""

import json
import time

from fastapi import APIRouter, Request
from starlette.responses import Response

from prover.network.service import bodies, notes, parts
from prover.network.service.documents import RECEIPT, body, hexadecimal, problem_of, shown
from prover.network.service.metrics import seconds
from prover.network.service.problems import unknown
from prover.network.wire.receipts import Receipt
from settlement.bundles import bundlejson, encoding
from settlement.ids import BundleId
from settlement.ledger import Ledger
from zk.formats import dataclassjson

router = APIRouter(tags=["bundles"])

_DOCUMENT = bodies.Document(bundlejson.read, bundlejson.MAX_VALUES, room=6)


@router.post(
    "/bundles", summary="Settle a bundle", response_class=Response,
    openapi_extra=body("bundle", "The fields of a bundle by their names."),
    responses={200: RECEIPT, **problem_of(400, 408, 409, 413, 415, 421, 422, 429, 503, 504)},
)  # fmt: skip
async def settle(request: Request) -> Response:
    """Settles a bundle and answers with its receipt; one that has settled before gets the same receipt again."""
    service = parts.of(request)
    data = await bodies.read(request, encoding.MAX_BUNDLE_BYTES, "bundle", _DOCUMENT)
    with service.settling(request):
        place = await service.settle(request, data)
        start_ns = time.perf_counter_ns()
        receipt = await service.receipt(place)
    service.metrics.proving.observe(seconds(time.perf_counter_ns() - start_ns))
    return _shown(receipt)


@router.get(
    "/bundles/{bundle_id}", summary="Ask for a receipt", response_class=Response,
    responses={200: RECEIPT, **problem_of(400, 404, 429, 503)},
)  # fmt: skip
async def get(request: Request, bundle_id: str) -> Response:
    """The receipt of a bundle that has settled."""
    service, named = parts.of(request), BundleId(hexadecimal(bundle_id, 32, "a bundle's id"))
    receipt = await service.readers.run(lambda ledger: notes.receipt(service, ledger, named))
    if receipt is None:
        raise unknown(f"no bundle with the id {bundle_id} has settled")
    return _shown(receipt)


@router.get(
    "/bundles/{bundle_id}/document", summary="Read a bundle", response_class=Response,
    responses={200: shown("The bundle, which may be posted as it is.", {"bundle": "object"}),
               **problem_of(400, 404, 429, 503)},
)  # fmt: skip
async def document(request: Request, bundle_id: str) -> Response:
    """A bundle that has settled, as a JSON document with the names of its fields."""
    service, named = parts.of(request), BundleId(hexadecimal(bundle_id, 32, "a bundle's id"))
    data = await service.readers.run(lambda ledger: _sent(ledger, named))
    if data is None:
        raise unknown(f"no bundle with the id {bundle_id} has settled")
    whole = {"bundle": bundlejson.write(encoding.decode_bundle(data))}
    return Response(json.dumps(whole), media_type="application/json")


def _sent(ledger: Ledger, bundle_id: BundleId) -> bytes | None:
    """The bytes in which a bundle came, or None when it has not settled."""
    place = ledger.reader.settled(bundle_id)
    stored = None if place is None else ledger.reader.bundle(place.height)
    return None if stored is None else stored[1]


def _shown(receipt: Receipt) -> Response:
    return Response(json.dumps(dataclassjson.write(receipt)), media_type="application/json")
