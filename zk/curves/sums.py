"""Sums of many groups of affine points at once: the additions share their inversions, so that each costs 6 products.

The points of each group are added in pairs, the sums of pairs again in pairs, until one is left.  No two additions of
a round depend on each other, so Montgomery's trick turns up to _BATCH inversions into one and three products for each.

An entry 2 i + s names point i of an array, negated when s = 1; group g has entries starts[g] to starts[g + 1].
"""

import numpy as np

from zk.curves import coordinates, weierstrass
from zk.jit import inlined, inner, kernel

_BATCH = 1024  # an inversion costs about 380 products, so less than half a product for each addition


@inlined
def _load(points, entry):
    """The point that an entry names."""
    x, y = weierstrass.load(points, entry >> 1)
    if entry & 1:
        y = coordinates.neg(y)
    return x, y


@inner
def _add_batch(points, pairs, sums, products):
    """sums[out] = left + right for the rows (left, right, out) of `pairs`, with one inversion."""
    count = pairs.shape[0]
    product = coordinates.one(coordinates.load(products, 0))
    for i in range(count):
        coordinates.store(products, i, product)
        left, right = _load(points, pairs[i, 0]), _load(points, pairs[i, 1])
        product = coordinates.mul(product, weierstrass.denominator(left, right))
    inverse = coordinates.inverse(product)
    for i in range(count - 1, -1, -1):
        left, right = _load(points, pairs[i, 0]), _load(points, pairs[i, 1])
        one_inverse = coordinates.mul(inverse, coordinates.load(products, i))
        inverse = coordinates.mul(inverse, weierstrass.denominator(left, right))
        weierstrass.store(sums, pairs[i, 2], weierstrass.add_affine(left, right, one_inverse))


@inner
def _add_pairs(points, pairs, sums):
    """sums[out] = left + right for the rows (left, right, out) of `pairs`, where left and right are entries."""
    products = np.empty((_BATCH,) + points.shape[2:], np.uint64)
    for first in range(0, pairs.shape[0], _BATCH):
        _add_batch(points, pairs[first : first + _BATCH], sums, products)


@inner
def _halve(points, entries, starts):
    """One round: (points, starts) of groups half as long, rounded up, with the same sums."""
    groups = starts.shape[0] - 1
    halved = np.zeros(groups + 1, np.int64)
    for g in range(groups):
        halved[g + 1] = halved[g] + ((starts[g + 1] - starts[g] + 1) >> 1)
    sums = np.empty((halved[groups],) + points.shape[1:], np.uint64)
    pairs = np.empty((entries.shape[0] >> 1, 3), np.int64)
    count = 0
    for g in range(groups):
        i, out = starts[g], halved[g]
        while i + 1 < starts[g + 1]:
            pairs[count, 0], pairs[count, 1], pairs[count, 2] = entries[i], entries[i + 1], out
            i, out, count = i + 2, out + 1, count + 1
        if i < starts[g + 1]:
            weierstrass.store(sums, out, _load(points, entries[i]))
    _add_pairs(points, pairs[:count], sums)
    return sums, halved


@inner
def _longest(starts):
    """The length of the longest group."""
    longest = 0
    for g in range(starts.shape[0] - 1):
        longest = max(longest, starts[g + 1] - starts[g])
    return longest


@kernel
def of_groups(points, entries, starts):
    """The sum of each group, as affine points (groups, …); the identity for an empty group.

    Entries and starts are int64; starts[0] = 0 and starts[-1] is the number of entries.
    """
    groups = starts.shape[0] - 1
    sums, starts = _halve(points, entries, starts)
    longest = _longest(starts)
    everything = np.empty(sums.shape[0], np.int64)
    for i in range(everything.shape[0]):
        everything[i] = 2 * i
    while longest > 1:
        sums, starts = _halve(sums, everything[: sums.shape[0]], starts)
        longest = (longest + 1) >> 1
    result = np.zeros((groups,) + points.shape[1:], np.uint64)
    for g in range(groups):
        if starts[g] < starts[g + 1]:
            weierstrass.store(result, g, weierstrass.load(sums, starts[g]))
    return result
