"""The balance of a bundle: the sum of its value commitments less flows and conversions, zero in every asset.

    value = Σ_i Δ_i·G_i + r·H (circuits.generators)
    balance = Σ_legs value + Σ_seizures value − Σ_flows amount·G_asset − Σ_conversions point

The balance is a multiple of H exactly when the changes of all accounts add up to the flows and to what the conversions
exchange, for every asset, because nobody knows a relation between the bases.  The multiple is the sum of the blindings,
so a signature under the balance with base H proves that the bundle balances and that its signer knows every blinding.
"""

from collections import Counter

from circuits import generators
from settlement.bundles import bundle as parts
from settlement.bundles import conversion
from settlement.bundles.bundle import Bundle
from zk.curves import babyjubjub


def point(bundle: Bundle) -> babyjubjub.Point:
    """The sum of the values less flows and conversions.  It may be the identity, under which anybody can sign."""
    total, paid_in = babyjubjub.negate(conversion.total(bundle.conversions)), Counter[int]()
    for move in bundle.moves:
        total = babyjubjub.add(total, (move.public.value_x, move.public.value_y))
    for _, _, flow in parts.flows(bundle.legs):
        paid_in[flow.asset] += flow.amount
    for asset, amount in paid_in.items():
        total = babyjubjub.add(total, babyjubjub.multiply(-amount, generators.assets()[asset]))
    return total
