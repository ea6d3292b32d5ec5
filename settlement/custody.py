"""Custody: what the ledger holds outside, per asset and per verifying key.

    reserve(key, asset) = Σ flow.amount over all settled legs under that key          0 ≤ reserve < 2^63

Inside the ledger amounts are hidden, and a broken circuit could create them.  Because the reserves are kept apart by
the key that the leg was proved under, it can never pay out more than was paid in under it.
"""

from collections.abc import Iterable
from typing import Protocol

from settlement.bundle import MAX_AMOUNT, Leg
from settlement.rejection import Rejected, Rejection

Reserves = dict[tuple[bytes, int], int]


class Holdings(Protocol):
    """Whatever knows the reserves."""

    def reserve(self, key: bytes, asset: int) -> int:
        """How much of an asset is held under a verifying key's digest, in its smallest unit."""


def reserves_after(holdings: Holdings, legs: Iterable[Leg]) -> Reserves:
    """The reserves that the legs' flows touch, as they will be."""
    after: Reserves = {}
    for leg in legs:
        for flow in leg.flows:
            place = leg.key, flow.asset
            after[place] = after.get(place, holdings.reserve(*place)) + flow.amount
    return after


def check(holdings: Holdings, legs: Iterable[Leg], symbols: tuple[str, ...]) -> None:
    """Raises Rejected when a reserve would fall below zero, or grow above what the ledger can count."""
    for (_, asset), amount in reserves_after(holdings, legs).items():
        if amount < 0:
            raise Rejected(Rejection.CUSTODY, f"the reserve of {symbols[asset]} lacks {-amount} smallest units")
        if amount > MAX_AMOUNT:
            raise Rejected(Rejection.CUSTODY, f"the reserve of {symbols[asset]} would be above 2^63 - 1")
