"""Custody: what custodians hold outside for the ledger, per asset and per verifying key.

    reserve(key, asset) = Σ flow.amount over all settled flows from and to outside, of legs under that key
    0 ≤ reserve < 2^63

A deposit or a withdrawal is a claim about the world outside: that a payment was made there, or will be.  The ledger
cannot see it, so the custodian of the asset, whose key is in the pool, attests it: it signs each flow of each leg.  The
message names the ledger, the leg and the flow (digests.attestation_message), so a signature fits nowhere else; and each
flow carries the payment's reference outside, which the ledger accepts once for each asset, so one payment cannot count
twice.  Therefore a reserve is exactly the sum of what the asset's custodian signed, and as good as its word.

In the same way the guardians, who are one key here, attest what is drawn from the accounts `fee` and `insurance`, and
which legs are the insurance's.  Anybody may pay into a public account.

The attestations stand beside the legs and are covered neither by ids nor by the binding signature: anybody can finish a
bundle, hand it to the custodian, and settle it when it comes back signed.

Amounts inside the ledger are hidden, and a broken circuit could create them.  Because each reserve belongs to the key
that its legs were proved under, the ledger never pays out more under a key than was paid in under it.  Held balances
only come from legs and, what a seizure leaves, from the seize statement, which needs the guardians' signature: whoever
breaks the keys of margin, escrow or funds reaches no held asset, and whoever breaks that of seize must also be the
guardians.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Protocol

from circuits.records import Amount
from settlement.bundles import bundle as parts
from settlement.bundles import digests
from settlement.bundles.bundle import MAX_AMOUNT, Account, Bundle, Flow, Leg
from settlement.ids import KeyDigest
from settlement.pool.parameters import Parameters
from settlement.pool.pool import Pool
from settlement.rejection import Rejected, Rejection
from zk import signature
from zk.curves.babyjubjub import Point
from zk.signature import Signature

Reserves = dict[tuple[KeyDigest, int], Amount]
"""The amount held, by verifying key and asset."""


class Holdings(Protocol):
    """A source of the reserves, and of the references that were used for them."""

    def reserve(self, key: KeyDigest, asset: int) -> Amount:
        """How much of an asset is held under a verifying key's digest."""

    def is_reference_used(self, asset: int, reference: bytes) -> bool:
        """Whether a settled flow from or to outside, of this asset, had this reference."""


def attested(bundle: Bundle) -> Iterator[tuple[int, int, Signature | None]]:
    """(leg, flow, attestation) of every flow, by their numbers in the bundle and in the leg."""
    places = [(number, index) for number, index, _ in parts.flows(bundle.legs)]
    for (number, index), attestation in zip(places, bundle.attestations[: len(places)], strict=True):
        yield number, index, attestation


def attested_legs(bundle: Bundle) -> Iterator[tuple[int, Signature | None]]:
    """(leg, attestation) of every leg of the insurance, by its number in the bundle."""
    insured = [number for number, leg in enumerate(bundle.legs) if leg.is_insurance]
    first = len(bundle.attestations) - len(insured)
    return zip(insured, bundle.attestations[first:], strict=True)


def attester(pool: Pool, parameters: Parameters, flow: Flow) -> Point | None:
    """The key that must sign a flow: the custodian's, or the guardians' for what is drawn; None when nobody must.

    Raises Rejected, ATTESTATION, for what nobody could sign.
    """
    if flow.account is Account.OUTSIDE:
        custodian = pool.assets[flow.asset].custodian
        if custodian is None:
            raise Rejected(Rejection.ATTESTATION, f"slot {flow.asset} of the pool has no custodian")
        return custodian
    if flow.amount < 0 or flow.account is Account.POT:
        return None
    if parameters.guardians is None:
        raise Rejected(Rejection.ATTESTATION, "the pool has no guardians, who alone could draw from a public account")
    return parameters.guardians.signing_key


def attest(pool: Pool, bundle: Bundle, secret: int) -> Bundle:
    """The bundle with this custodian's signature on every flow of its assets; other attestations stay.

    Nothing else is checked here: who signs must know that the payments are made outside, or will be.
    """
    own = signature.public(secret)
    signed = list(bundle.attestations)
    for place, (number, index, _) in enumerate(attested(bundle)):
        flow = bundle.legs[number].flows[index]
        if flow.account is Account.OUTSIDE and pool.assets[flow.asset].custodian == own:
            message = digests.attestation_message(bundle.ledger_id, bundle.legs[number], index)
            signed[place] = signature.sign(secret, message)
    return replace(bundle, attestations=tuple(signed))


def reserves_after(holdings: Holdings, legs: Iterable[Leg]) -> Reserves:
    """The reserves that the legs' flows change, after the flows; not checked."""
    reserves: Reserves = {}
    for leg in legs:
        for flow in leg.flows:
            if flow.account is Account.OUTSIDE:
                index = leg.key, flow.asset
                before = reserves[index] if index in reserves else holdings.reserve(leg.key, flow.asset)
                reserves[index] = Amount(before + flow.amount)
    return reserves


def is_attested(
    pool: Pool, parameters: Parameters, bundle: Bundle, number: int, index: int, attestation: Signature | None
) -> bool:
    """Whether the flow of this index in leg `number` has the signature that it needs, and none that it does not."""
    leg = bundle.legs[number]
    key = attester(pool, parameters, leg.flows[index])
    if key is None or attestation is None:
        return key is None and attestation is None
    return _is_signed(key, digests.attestation_message(bundle.ledger_id, leg, index), attestation)


def check_attestations(pool: Pool, parameters: Parameters, bundle: Bundle) -> None:
    """Raises Rejected unless every flow is signed by whom it needs: its custodian, the guardians, or nobody."""
    for number, index, attestation in attested(bundle):
        flow = bundle.legs[number].flows[index]
        what, key = f"flow {index} of leg {number}", attester(pool, parameters, flow)
        is_outside = flow.account is Account.OUTSIDE
        who = f"the custodian of {pool.assets[flow.asset].symbol}" if is_outside else "the guardians"
        if key is None and attestation is not None:
            raise Rejected(Rejection.ATTESTATION, f"{what} is signed, which nobody needs to do")
        if key is not None and attestation is None:
            raise Rejected(Rejection.ATTESTATION, f"{what} is not signed by {who}")
        if not is_attested(pool, parameters, bundle, number, index, attestation):
            raise Rejected(Rejection.ATTESTATION, f"the signature on {what} is not by {who}")


def check_insurance(parameters: Parameters, bundle: Bundle) -> None:
    """Raises Rejected unless the guardians signed every leg that is marked as the insurance's."""
    for number, attestation in attested_legs(bundle):
        message = digests.insurance_message(bundle.ledger_id, bundle.legs[number])
        guardians = parameters.guardians
        if guardians is None or attestation is None or not _is_signed(guardians.signing_key, message, attestation):
            raise Rejected(Rejection.INSURANCE, f"the guardians did not sign that leg {number} is the insurance's")


def check_not_insurance(leg: Leg) -> None:
    """Raises Rejected for a leg that is marked as the insurance's, where no attestation could stand beside it."""
    if leg.is_insurance:
        raise Rejected(Rejection.INSURANCE, "the leg is marked as the insurance's, which only a bundle can show")


def check_references(holdings: Holdings, pool: Pool, legs: Iterable[Leg]) -> None:
    """Raises Rejected when a flow has the reference of another flow of its asset, in the bundle or settled before."""
    seen: set[tuple[int, bytes]] = set()
    for number, index, flow in parts.flows(legs):
        if flow.account is Account.OUTSIDE:
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


def _is_signed(key: Point, message: int, attestation: Signature) -> bool:
    return not signature.verify_batch([signature.Claim(key, message, attestation)])
