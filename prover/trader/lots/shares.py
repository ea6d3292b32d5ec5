"""Divides amounts into lots that together are exactly what was divided.

    share i of n                      =   ⌊(i + 1)·a / n⌋ − ⌊i·a / n⌋
    beside it, of another amount b    =   ⌊S(i + 1)·b / a⌋ − ⌊S(i)·b / a⌋,   S(i) the sum of the shares before i

Every two shares of an amount differ by one smallest unit at most.  An order is divided by the amount with the fewest
units, a, and the others follow, each less than one unit away from a lot's part of them: so no lot's price differs from
the order's by more than one unit of what is finer.  Their maker sells and buys the same in all, so nobody gains.
"""

from collections.abc import Sequence

from prover.trader.plan import Changes
from zk.errors import FormatError


def shares(total: Sequence[int], count: int) -> list[Changes]:
    """`count` vectors of integers, as equal as they can be, whose sum is `total`."""
    assert count > 0, "something is divided into at least one share"
    return [
        tuple((number + 1) * amount // count - number * amount // count for amount in total) for number in range(count)
    ]


def of_order(changes: Sequence[int], count: int) -> list[Changes]:
    """What each of `count` lots of an order sells and buys.

    Raises FormatError when a lot would sell or buy nothing of an asset that the order sells or buys.
    """
    base = coarsest(changes)
    least = abs(changes[base])
    ends = [(number + 1) * least // count for number in range(count)]
    columns = [
        [(end * abs(amount) // least - start * abs(amount) // least) * (1 if amount > 0 else -1)
         for start, end in zip([0, *ends], ends, strict=False)]
        for amount in changes
    ]  # fmt: skip
    lots = list(zip(*columns, strict=True))
    if any(amount and not lot[asset] for lot in lots for asset, amount in enumerate(changes)):
        raise FormatError(f"the order is too small for {count} lots: each must sell and buy at least one unit")
    return lots


def coarsest(changes: Sequence[int]) -> int:
    """The asset of which there are the fewest smallest units, but some."""
    return min((asset for asset, amount in enumerate(changes) if amount), key=lambda asset: abs(changes[asset]))


def are_alike(one: Sequence[int], other: Sequence[int]) -> bool:
    """Whether two orders can be lots of one: the same assets, at one price but for rounding.

    With a base r and a price p, each amount x of a lot is less than one unit away from p·r, so that
    (x − 1)/r < p < (x + 1)/r for both of them.
    """
    if any((a > 0) - (a < 0) != (b > 0) - (b < 0) for a, b in zip(one, other, strict=True)) or not any(one):
        return False
    base = coarsest([abs(a) + abs(b) for a, b in zip(one, other, strict=True)])
    r, s = abs(one[base]), abs(other[base])
    return all(
        (abs(a) - 1) * s < (abs(b) + 1) * r and (abs(b) - 1) * r < (abs(a) + 1) * s
        for a, b in zip(one, other, strict=True)
    )


def count_for(total: int, minimum: int, most: int) -> int:
    """The largest number of equal lots, at most `most`, of which none is smaller than `minimum`.

    Raises FormatError when the whole is smaller than that.
    """
    if total < minimum:
        raise FormatError("the order is smaller than its minimum fill")
    return min(total // minimum, most)
