"""The bases of value commitments on Baby Jubjub: value = Σ_i change_i·G_i + blinding·H.

All bases come from hash-to-curve on fixed labels, so nobody knows a relation between them.  Two openings of one
commitment to different changes would be such a relation.
"""

from collections.abc import Sequence
from functools import cache

from circuits import records
from zk import domains
from zk.curves import babyjubjub
from zk.curves.babyjubjub import Point


@cache
def assets() -> tuple[Point, ...]:
    """G_0 … G_15, one for each asset of a pool, in the pool's order."""
    return tuple(babyjubjub.hash_to_curve(domains.VALUE_ASSET + b"%02d" % i) for i in range(records.ASSETS))


@cache
def blinding() -> Point:
    """H, the base of the blinding and of the binding signature."""
    return babyjubjub.hash_to_curve(domains.VALUE_BLINDING)


def commit(changes: Sequence[int], blinding_scalar: int) -> Point:
    """The value commitment to the changes of the balances, blinded by a scalar."""
    total = babyjubjub.multiply_base(blinding_scalar, blinding())
    for change, base in zip(changes, assets(), strict=True):
        if change:
            total = babyjubjub.add(total, babyjubjub.multiply(change, base))
    return total
