"""The balance of a bundle: the sum of its value commitments less its flows, which must be zero in every asset.

    value = Σ_i Δ_i·G_i + r·H (circuits.generators)          balance = Σ_legs value − Σ_flows amount·G_asset

The balance is a multiple of H exactly when the legs' changes add up to the flows for every asset, because nobody knows
a relation between the bases.  The multiple is the sum of the blindings, so a signature under the balance with base H
proves that the bundle balances and that its signer knows every blinding.
"""

from collections import Counter
from collections.abc import Iterable

from circuits import generators
from settlement.bundle import Leg
from zk.curves import babyjubjub


def point(legs: Iterable[Leg]) -> babyjubjub.Point:
    """The sum of the legs' values less their flows.  It may be the identity, under which anybody can sign."""
    total, paid_in = babyjubjub.IDENTITY, Counter[int]()
    for leg in legs:
        total = babyjubjub.add(total, (leg.public.value_x, leg.public.value_y))
        for flow in leg.flows:
            paid_in[flow.asset] += flow.amount
    for asset, amount in paid_in.items():
        total = babyjubjub.add(total, babyjubjub.multiply(-amount, generators.assets()[asset]))
    return total
