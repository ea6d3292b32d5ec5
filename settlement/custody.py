"""Custody: what custodians hold outside for the ledger, per asset and per verifying key.

    reserve(key, asset) = Σ flow.amount over all settled legs under that key          0 ≤ reserve < 2^63

A deposit or a withdrawal is a claim about the world outside: that a payment was made there, or will be.  The ledger
cannot see it, so the custodian of the asset, whose key is in the pool, attests it: it signs each flow of each leg.  The
message names the ledger, the leg and the flow (digests.attestation_message), so a signature fits nowhere else; and each
flow carries the payment's reference outside, which the ledger accepts once for each asset, so one payment cannot count
twice.  Therefore a reserve is exactly the sum of what the asset's custodian signed, and as good as its word.

The attestations stand beside the legs and are covered neither by ids nor by the binding signature: anybody can finish a
bundle, hand it to the custodian, and settle it when it comes back signed.

Amounts inside the ledger are hidden, and a broken circuit could create them.  Because each reserve belongs to the key
that its legs were proved under, the ledger never pays out more under a key than was paid in under it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Protocol

from circuits.records import Amount
from settlement import digests
from settlement.bundle import MAX_AMOUNT, Bundle, Leg
from settlement.ids import KeyDigest
from settlement.pool import Pool
from settlement.rejection import Rejected, Rejection
from zk import signature
from zk.errors import InvalidProof
from zk.signature import Signature

Reserves = dict[tuple[KeyDigest, int], Amount]
"""The amount held, by verifying key and asset."""


class Holdings(Protocol):
    """A source of the reserves, and of the references that were used for them."""

    def reserve(self, key: KeyDigest, asset: int) -> Amount:
        """How much of an asset is held under a verifying key's digest."""

    def is_reference_used(self, asset: int, reference: bytes) -> bool:
        """Whether a settled flow of this asset had this reference."""


def attested(bundle: Bundle) -> Iterator[tuple[int, int, Signature | None]]:
    """(leg, flow, attestation) of every flow, by their numbers in the bundle and in the leg."""
    places = ((number, index) for number, leg in enumerate(bundle.legs) for index in range(len(leg.flows)))
    for (number, index), attestation in zip(places, bundle.attestations, strict=True):
        yield number, index, attestation


def attest(pool: Pool, bundle: Bundle, secret: int) -> Bundle:
    """The bundle with this custodian's signature on every flow of its assets; other attestations stay.

    Nothing else is checked here: who signs must know that the payments are made outside, or will be.
    """
    own = signature.public(secret)

    def sign(number: int, index: int, attestation: Signature | None) -> Signature | None:
        leg = bundle.legs[number]
        if pool.assets[leg.flows[index].asset].custodian != own:
            return attestation
        return signature.sign(secret, digests.attestation_message(bundle.ledger_id, leg, index))

    return replace(bundle, attestations=tuple(sign(*place) for place in attested(bundle)))


def reserves_after(holdings: Holdings, legs: Iterable[Leg]) -> Reserves:
    """The reserves that the legs' flows change, after the flows; not checked."""
    reserves: Reserves = {}
    for leg in legs:
        for flow in leg.flows:
            index = leg.key, flow.asset
            before = reserves[index] if index in reserves else holdings.reserve(leg.key, flow.asset)
            reserves[index] = Amount(before + flow.amount)
    return reserves


def is_attested(pool: Pool, bundle: Bundle, number: int, index: int, attestation: Signature | None) -> bool:
    """Whether the attestation is the signature of the asset's custodian on the flow of this index in leg `number`."""
    if attestation is None:
        return False
    leg = bundle.legs[number]
    message = digests.attestation_message(bundle.ledger_id, leg, index)
    custodian = pool.assets[leg.flows[index].asset].custodian
    if custodian is None:
        return False
    try:
        signature.verify(custodian, message, attestation)
    except InvalidProof:
        return False
    return True


def check_attestations(pool: Pool, bundle: Bundle) -> None:
    """Raises Rejected unless the custodian of its asset signed every flow, in its leg and for the bundle's ledger."""
    for number, index, attestation in attested(bundle):
        leg = bundle.legs[number]
        asset, what = pool.assets[leg.flows[index].asset], f"flow {index} of leg {number}"
        if attestation is None:
            raise Rejected(Rejection.ATTESTATION, f"{what} is not signed by the custodian of {asset.symbol}")
        if not is_attested(pool, bundle, number, index, attestation):
            raise Rejected(Rejection.ATTESTATION, f"the signature on {what} is not by the custodian of {asset.symbol}")


def check_references(holdings: Holdings, pool: Pool, legs: Iterable[Leg]) -> None:
    """Raises Rejected when a flow has the reference of another flow of its asset, in the bundle or settled before."""
    seen: set[tuple[int, bytes]] = set()
    for number, leg in enumerate(legs):
        for index, flow in enumerate(leg.flows):
            key, symbol = (flow.asset, flow.reference), pool.assets[flow.asset].symbol
            what = f"the reference of flow {index} of leg {number}"
            if key in seen:
                raise Rejected(Rejection.REFERENCE_USED, f"{what} appears twice in the bundle for {symbol}")
            if holdings.is_reference_used(*key):
                raise Rejected(Rejection.REFERENCE_USED, f"{what} was used before for {symbol}")
            seen.add(key)


def check(reserves: Reserves, pool: Pool) -> None:
    """Raises Rejected when a reserve is below zero, or above what the ledger can count."""
    for (_, asset), amount in reserves.items():
        symbol = pool.assets[asset].symbol
        if amount < 0:
            raise Rejected(Rejection.CUSTODY, f"the reserve of {symbol} lacks {-amount} smallest units")
        if amount > MAX_AMOUNT:
            raise Rejected(Rejection.CUSTODY, f"the reserve of {symbol} would be above 2^63 - 1")
