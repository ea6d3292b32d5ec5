"""Custody: the ledger's reserves outside, per asset and per verifying key.

    reserve(key, asset) = Σ flow.amount over all settled legs under that key          0 ≤ reserve < 2^63

Amounts inside the ledger are hidden, and a broken circuit could create them.  Because each reserve belongs to the key
that its legs were proved under, the ledger never pays out more under a key than was paid in under it.
"""

from collections.abc import Iterable
from typing import Protocol

from circuits.records import Amount
from settlement.bundle import MAX_AMOUNT, Leg
from settlement.ids import KeyDigest
from settlement.rejection import Rejected, Rejection

Reserves = dict[tuple[KeyDigest, int], Amount]
"""The amount held, by verifying key and asset."""


class Holdings(Protocol):
    """A source of the reserves."""

    def reserve(self, key: KeyDigest, asset: int) -> Amount:
        """How much of an asset is held under a verifying key's digest."""


def reserves_after(holdings: Holdings, legs: Iterable[Leg]) -> Reserves:
    """The reserves that the legs' flows change, after the flows; not checked."""
    reserves: Reserves = {}
    for leg in legs:
        for flow in leg.flows:
            index = leg.key, flow.asset
            before = reserves[index] if index in reserves else holdings.reserve(leg.key, flow.asset)
            reserves[index] = Amount(before + flow.amount)
    return reserves


def check(reserves: Reserves, symbols: tuple[str, ...]) -> None:
    """Raises Rejected when a reserve is below zero, or above what the ledger can count."""
    for (_, asset), amount in reserves.items():
        if amount < 0:
            raise Rejected(Rejection.CUSTODY, f"the reserve of {symbols[asset]} lacks {-amount} smallest units")
        if amount > MAX_AMOUNT:
            raise Rejected(Rejection.CUSTODY, f"the reserve of {symbols[asset]} would be above 2^63 - 1")
