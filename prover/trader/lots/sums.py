"""Which of some lots come nearest to an amount without exceeding it: the subset-sum problem, solved exactly.

The lots are divided into two halves.  For each half, dynamic programming over its lots finds every sum that it can
make, and the best way to make it:

    best(∅) = {0: no lot};        best(S ∪ {s}) = best(S) ∪ {x + s: best(S)[x] with s, for all x}

With n lots that is at most 2^(n/2) sums for each half, 65,536 for MAX_LOTS of them, and a few for equal lots, whose
sums coincide.  Then each sum of the one half looks for the largest one of the other that still fits, by bisection.

Of several ways to the same sum the one with the fewest lots is best, because each takes a leg of the bundle; of those
the one whose lots come first.
"""

from bisect import bisect_right
from collections.abc import Sequence

from prover.trader.terms import MAX_LOTS

Way = tuple[int, tuple[int, ...]]
"""How many lots make a sum, and which."""


def largest(sizes: Sequence[int], amount: int, limit: int = MAX_LOTS) -> tuple[int, ...]:
    """The places of at most `limit` of these positive sizes whose sum is the largest that is not above `amount`.

    Takes at most MAX_LOTS sizes; the places ascend.
    """
    assert len(sizes) <= MAX_LOTS and all(size > 0 for size in sizes), "a bundle has room for 31 lots"
    middle = len(sizes) // 2
    left = _reachable(sizes, range(middle), amount, limit)
    right = _reachable(sizes, range(middle, len(sizes)), amount, limit)
    # What fits beside k lots: the sums of the right half that take at most limit − k, ascending.
    sums = {room: sorted(total for total, (count, _) in right.items() if count <= room)
            for room in {limit - count for count, _ in left.values()}}  # fmt: skip
    best_sum, best = 0, right[0]
    for total, (count, chosen) in left.items():
        fitting = sums[limit - count]
        # Two ways to one sum meet here with different numbers of lots, so the better one is kept.
        other = fitting[bisect_right(fitting, amount - total) - 1]
        more, others = right[other]
        found = count + more, chosen + others
        if (-(total + other), *found) < (-best_sum, *best):
            best_sum, best = total + other, found
    return best[1]


def _reachable(sizes: Sequence[int], places: range, amount: int, limit: int) -> dict[int, Way]:
    """Every sum up to `amount` of at most `limit` of the sizes at these places, and the best way to it."""
    best: dict[int, Way] = {0: (0, ())}
    for place in places:
        for total, (count, chosen) in list(best.items()):
            longer = total + sizes[place]
            if longer <= amount and count < limit:
                way = count + 1, (*chosen, place)
                if longer not in best or way < best[longer]:
                    best[longer] = way
    return best
