"""The bases of value commitments on Baby Jubjub: value = sum_i change_i * G_i + blinding * H.

All nine come from hash-to-curve on fixed labels, so nobody knows a relation between them: a commitment that opens to
two different baskets would be one.
"""

from collections.abc import Sequence
from functools import lru_cache

from circuits import records
from zk import domains
from zk.curves import babyjubjub
from zk.curves.babyjubjub import Point


@lru_cache(maxsize=None)
def assets() -> tuple[Point, ...]:
    """G_0 ... G_7, one for each asset of a pool, in the pool's order."""
    return tuple(babyjubjub.hash_to_curve(domains.VALUE_ASSET + b"%d" % i) for i in range(records.ASSETS))


@lru_cache(maxsize=None)
def blinding() -> Point:
    """H, the base of the blinding and of the binding signature."""
    return babyjubjub.hash_to_curve(domains.VALUE_BLINDING)


def commit(changes: Sequence[int], hiding: int) -> Point:
    """The value commitment to a change of the eight balances, hidden by the scalar `hiding`."""
    total = babyjubjub.multiply(hiding, blinding())
    for change, base in zip(changes, assets(), strict=True):
        if change:
            total = babyjubjub.add(total, babyjubjub.multiply(change, base))
    return total
