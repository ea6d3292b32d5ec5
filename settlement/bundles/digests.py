"""The ids and the signed messages of legs, seizures and bundles: domain-separated digests of their canonical bytes.

Ids cover bodies, never proofs or signatures: anybody can make another Groth16 proof for the same content, and the owner
another signature.  A signed message is the top 248 bits of a SHA-256: below r without reduction, and one precompile on
an EVM.
"""

import hashlib
from collections.abc import Iterable, Sequence

from settlement.bundles import encoding, seizureencoding
from settlement.bundles.bundle import NO_DIGEST, Bundle, Leg, Seizure
from settlement.ids import BundleId, LedgerId, OrderId
from zk import domains, framing, signature
from zk.fields import prime

MESSAGE_BYTES = 31


def leg_id(ledger_id: LedgerId, leg: Leg) -> OrderId:
    """32 bytes that name a leg on one ledger; an order has the id of its leg."""
    return body_id(ledger_id, encoding.encode_body(leg))


def body_id(ledger_id: LedgerId, body: bytes) -> OrderId:
    """The id of the leg with this body."""
    return OrderId(_digest(domains.LEG_ID, ledger_id, body))


def leg_message(ledger_id: LedgerId, leg: Leg) -> int:
    """The message that a leg's owner signs under rk: the leg but proofs and margin, for one ledger."""
    return _message(domains.LEG_MESSAGE, ledger_id, encoding.encode_body(leg))


def seizure_id(ledger_id: LedgerId, seizure: Seizure) -> bytes:
    """32 bytes that name a seizure on one ledger."""
    return _digest(domains.SEIZURE_ID, ledger_id, seizureencoding.encode_seizure_body(seizure))


def seizure_message(ledger_id: LedgerId, seizure: Seizure) -> int:
    """The message that the guardians sign: all of the seizure but its proof, for one ledger.  In [0, r)."""
    return _message(domains.SEIZURE_MESSAGE, ledger_id, seizureencoding.encode_seizure_body(seizure))


def move_ids(bundle: Bundle) -> tuple[bytes, ...]:
    """The ids of the legs in order, then of the seizures."""
    legs = (leg_id(bundle.ledger_id, leg) for leg in bundle.legs)
    return (*legs, *(seizure_id(bundle.ledger_id, seizure) for seizure in bundle.seizures))


def companions(commitments: Iterable[int]) -> bytes:
    """32 bytes that name what must stand beside a leg: the commitments of all other legs and seizures, in any order."""
    return _digest(domains.COMPANIONS, *map(prime.to_bytes, sorted(commitments)))


def terms(sealed_terms: Sequence[bytes]) -> bytes:
    """32 bytes by which an order's leg names its sealed terms; NO_DIGEST for none."""
    return _digest(domains.ORDER_TERMS, *sealed_terms) if sealed_terms else NO_DIGEST


def posting_message(order_id: OrderId, sealed_terms: Sequence[bytes], funds: bytes, posted_ms: int) -> int:
    """The message that an order's maker signs under the leg's rk: everything that stands beside the leg.  In [0, r)."""
    time = posted_ms.to_bytes(8, "big", signed=True)
    return _message(domains.ORDER_POSTING, order_id, time, funds, *sealed_terms)


def withdrawal_message(ledger_id: LedgerId, order_id: OrderId) -> int:
    """The message by which an order's maker takes it off the board, under the leg's rk.  In [0, r)."""
    return _message(domains.ORDER_WITHDRAWAL, ledger_id, order_id)


def order_context(order_id: OrderId) -> int:
    """The context of the funds that back an order (settlement.orders.funds).  In [0, r)."""
    return _message(domains.FUNDS_ORDER, order_id)


def text_context(ledger_id: LedgerId, text: str) -> int:
    """The context of funds that people name by a text, on one ledger.  In [0, r)."""
    return _message(domains.FUNDS_TEXT, ledger_id, text.encode("utf-8"))


def bundle_id(bundle: Bundle) -> BundleId:
    """32 bytes that name a bundle by what it does."""
    legs = (encoding.encode_body(leg) for leg in bundle.legs)
    seizures = (seizureencoding.encode_seizure_body(seizure) for seizure in bundle.seizures)
    conversions = map(seizureencoding.encode_conversion_body, bundle.conversions)
    return BundleId(_digest(domains.BUNDLE_ID, bundle.ledger_id, *legs, *seizures, *conversions))


def bundle_message(bundle: Bundle) -> int:
    """The message of the binding signature: each body and signature, and each conversion, in order.

    In [0, r).  The bundle's own `binding` is not covered, so an unsigned bundle may hold any signature in its place;
    nor are proofs and margins, and the attestations, which custodians add to the finished bundle.
    """
    parts = []
    for leg in bundle.legs:
        parts += [encoding.encode_body(leg), signature.encode(leg.signature)]
    for seizure in bundle.seizures:
        parts += [seizureencoding.encode_seizure_body(seizure), signature.encode(seizure.signature)]
    parts += map(seizureencoding.encode_conversion_body, bundle.conversions)
    return _message(domains.BUNDLE_MESSAGE, bundle.ledger_id, *parts)


def attestation_message(ledger_id: LedgerId, leg: Leg, index: int) -> int:
    """The message by which a custodian, or the guardians, attest the leg's flow of this index, of this leg only.

    In [0, r).  The leg's id covers the flow: asset, amount, account, party and reference.
    """
    return _message(domains.ATTESTATION, ledger_id, leg_id(ledger_id, leg), index.to_bytes(1, "big"))


def insurance_message(ledger_id: LedgerId, leg: Leg) -> int:
    """The message by which the guardians attest that a leg is of the insurance account.  In [0, r)."""
    return _message(domains.INSURANCE_LEG, ledger_id, leg_id(ledger_id, leg))


def quote_message(ledger_id: LedgerId, body: bytes) -> int:
    """The message that an oracle signs (settlement.risk.quotes).  In [0, r)."""
    return _message(domains.QUOTE, ledger_id, body)


def _digest(*parts: bytes) -> bytes:
    # Defence in depth: ids have a fixed length and bodies say where they end, so parts could not be confused anyway.
    return hashlib.sha256(framing.framed(*parts)).digest()


def _message(*parts: bytes) -> int:
    return int.from_bytes(_digest(*parts)[:MESSAGE_BYTES], "big")
