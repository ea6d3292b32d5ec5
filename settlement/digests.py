"""The ids and the signed messages of legs and bundles: domain-separated digests of their canonical bytes.

Ids cover bodies, never proofs or signatures: anybody can make another Groth16 proof for the same content, and the owner
another signature.  A signed message is a SHA-512 reduced mod r, 512 bits to 254, so its bias is below 2^-250.
"""

import hashlib
from collections.abc import Sequence

from settlement import encoding
from settlement.bundle import Bundle, Leg
from settlement.ids import BundleId, LedgerId, OrderId
from zk import domains, signature
from zk.fields import prime


def leg_id(ledger_id: LedgerId, leg: Leg) -> OrderId:
    """32 bytes that name a leg on one ledger; an order has the id of its leg."""
    return OrderId(hashlib.sha256(_frame(domains.LEG_ID, ledger_id, encoding.encode_body(leg))).digest())


def leg_message(ledger_id: LedgerId, leg: Leg) -> int:
    """The message that a leg's owner signs under rk: all of the leg but its proofs, for one ledger.  In [0, r)."""
    return _element(_frame(domains.LEG_MESSAGE, ledger_id, encoding.encode_body(leg)))


def posting_message(order_id: OrderId, sealed_terms: Sequence[bytes], funds: bytes, posted_ms: int) -> int:
    """The message that an order's maker signs under the leg's rk: everything that stands beside the leg.  In [0, r)."""
    time = posted_ms.to_bytes(8, "big", signed=True)
    return _element(_frame(domains.ORDER_POSTING, order_id, time, funds, *sealed_terms))


def funds_message(order_id: OrderId, asset: int, leg: Leg) -> int:
    """The message that opens the value of an order's funds (settlement.funds), for this order only.  In [0, r)."""
    return _element(_frame(domains.ORDER_FUNDS, order_id, bytes([asset]), encoding.encode_body(leg)))


def bundle_id(bundle: Bundle) -> BundleId:
    """32 bytes that name a bundle by what it does."""
    bodies = (encoding.encode_body(leg) for leg in bundle.legs)
    return BundleId(hashlib.sha256(_frame(domains.BUNDLE_ID, bundle.ledger_id, *bodies)).digest())


def bundle_message(bundle: Bundle) -> int:
    """The message of the binding signature: every leg's body and signature, in order.  In [0, r).

    The bundle's own `binding` is not covered, so an unsigned bundle may hold any signature in its place; nor are the
    attestations, which custodians add to the finished bundle.
    """
    parts = []
    for leg in bundle.legs:
        parts += [encoding.encode_body(leg), signature.encode(leg.signature)]
    return _element(_frame(domains.BUNDLE_MESSAGE, bundle.ledger_id, *parts))


def attestation_message(ledger_id: LedgerId, leg: Leg, index: int) -> int:
    """The message by which a custodian attests the leg's flow of this index, of this leg only.  In [0, r).

    The leg's id covers the flow: asset, amount, party and reference.
    """
    return _element(_frame(domains.ATTESTATION, ledger_id, leg_id(ledger_id, leg), index.to_bytes(1, "big")))


def _frame(*parts: bytes) -> bytes:
    """Each part after its length, so that no two lists of parts have the same bytes."""
    # Defence in depth: ids have a fixed length and bodies say where they end, so parts could not be confused anyway.
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _element(data: bytes) -> int:
    return int.from_bytes(hashlib.sha512(data).digest(), "big") % prime.R
