"""The sum that is zero: what a bundle's value commitments and flows add up to.

    value = Σ_i Δ_i·G_i + r·H (circuits.generators)          balance = Σ_legs value − Σ_flows amount·G_asset

The balance is a multiple of H exactly when for every asset the legs' changes add up to the flows, because nobody knows
a relation between the bases.  Its multiple is the sum of the blindings, so a signature under it with base H shows
that the bundle balances, and that the signer was told every blinding.
"""

from collections.abc import Iterable

from circuits import generators
from settlement.bundle import Leg
from zk.curves import babyjubjub


def point(legs: Iterable[Leg]) -> babyjubjub.Point:
    """The legs' values, less their flows.  May be the identity, under which anybody can sign."""
    total = babyjubjub.IDENTITY
    for leg in legs:
        total = babyjubjub.add(total, (leg.public.value_x, leg.public.value_y))
        for flow in leg.flows:
            paid = babyjubjub.multiply(-flow.amount, generators.assets()[flow.asset])
            total = babyjubjub.add(total, paid)
    return total
