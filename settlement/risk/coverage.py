"""What the prices of an epoch mean for margin proofs against the initial grid of the epoch before: exact, in integers.

A proof shows that a portfolio b survives every row of a grid: R_s·b >= 0 for every scenario s.  It also has b_i >= 0
for every held asset i, as every account does.  It is good for the newest maintenance grid N exactly when

    N_t·b >= 0 for every row t and every such b.

By Farkas' lemma that is so if and only if every N_t is a sum of the rows R_s and of the held assets' unit vectors e_i
with coefficients that are not negative: a mixture of what the proof survived, and more of what nobody can owe.

    N_t = Σ_s w_s·R_s + Σ_i u_i·e_i         w_s >= 0, u_i >= 0

So there is one right answer, in whichever way it is found (settlement.risk.cone), and an audit finds it again.  The
prices of single assets say less: where two of them move apart, as a perpetual from its underlying, each may stay inside
its own range while the pair of them leaves the grid.  """

from collections.abc import Sequence

from circuits import records
from settlement.risk import cone
from settlement.risk.grids import Coverage, Publication


def find(previous: Publication | None, prices: Sequence[int], maintenance: records.RiskGrid) -> Coverage:
    """The coverage of an epoch with these prices and this maintenance grid, after the epoch `previous`."""
    if previous is None:
        return Coverage.RANGE
    if is_mixture(previous.initial, maintenance):
        return Coverage.MIXTURE
    return Coverage.RANGE if is_in_range(previous.initial, prices) else Coverage.FROZEN


def is_mixture(previous: records.RiskGrid, newest: records.RiskGrid) -> bool:
    """Whether every row of `newest` is a mixture of rows of `previous` and of the held assets' unit vectors."""
    units = [[int(i == held) for i in range(records.ASSETS)] for held in range(records.HELD)]
    return cone.contains((*previous.values, *units), newest.values)


def is_in_range(previous: records.RiskGrid, prices: Sequence[int]) -> bool:
    """Whether every price lies between the least and the greatest value of its asset in the grid.

    A held asset has no greatest value: nobody owes it, so its rise hurts nobody.
    """
    columns = zip(*previous.values, strict=True)
    return all(
        min(column) <= price and (slot < records.HELD or price <= max(column))
        for slot, (price, column) in enumerate(zip(prices, columns, strict=True))
    )
