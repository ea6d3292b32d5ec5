"""Sums of many groups of affine points at once: the additions share their inversions, so that each costs 6 products.

The points of each group are added in pairs, the sums of pairs again in pairs, until one is left.  No two additions of
a round depend on each other, so they are done in lanes, and Montgomery's trick turns up to _BATCH inversions into one
and three products for each.  Two steps of lanes are taken together: the product of their denominators is what the
chain of products multiplies by, so that the chain, where each product waits for the last, is half as long.

An entry 2 i + s names point i of an array, negated when s = 1; group g has entries starts[g] to starts[g + 1].  Groups
are worked on in runs that stay in the core's cache.
"""

import numpy as np

from zk import width
from zk.curves import coordinates, weierstrass
from zk.fields import fp
from zk.jit import inlined, inner, kernel

LANES = width.LANES

_STEP = 2 * LANES  # additions of one step
_BATCH = 256 * _STEP  # an inversion costs about as much as 20 additions in lanes, or 60 of single ones
_RUN_BYTES = 1 << 20  # of points summed in one run, half of which are written


@inlined
def _load(points, entry):
    """The point that an entry names."""
    x, y = weierstrass.load(points, entry >> 1)
    if entry & 1:
        y = coordinates.neg(y)
    return x, y


@inner
def _exact_denominators(points, left, right, first, rows):
    """What `weierstrass.add_affine` wants inverted, lane by lane, by way of `rows`."""
    for lane in range(LANES):
        a, b = _load(points, left[first + lane]), _load(points, right[first + lane])
        coordinates.store(rows, lane, weierstrass.denominator(a, b))
    return coordinates.load_lanes(rows, 0, 1)


@inlined
def _denominators(points, left, right, first, rows):
    """x2 - x1 of one step, and whether a lane needs more care.

    Only the identity has x = 0, for a point of G1 or G2 with that would have order 3.
    """
    a, b = coordinates.gather(points[:, 0], left, first, 1), coordinates.gather(points[:, 0], right, first, 1)
    difference = coordinates.sub_small(b, a)
    special = coordinates.may_be_zero(difference) | coordinates.may_be_zero(a) | coordinates.may_be_zero(b)
    if special != 0:
        difference = _exact_denominators(points, left, right, first, rows)
    return difference, special != 0


@inner
def _add_exactly(points, left, right, out, first, inverse, sums, rows):
    """The additions of one step lane by lane, whatever the points are."""
    coordinates.store_lanes(rows, 0, 1, coordinates.canonical(inverse))
    for lane in range(LANES):
        a, b = _load(points, left[first + lane]), _load(points, right[first + lane])
        weierstrass.store(sums, out[first + lane], weierstrass.add_affine(a, b, coordinates.load(rows, lane)))


@inlined
def _signed(points, entries, first):
    """y of the points that entries name; at most p."""
    y = coordinates.gather(points[:, 1], entries, first, 1)
    return coordinates.select(fp.odd_lanes(entries, first), coordinates.neg_small(y), y)


@inlined
def _add(points, left, right, out, first, inverse, sums):
    """The additions of one step, given 1 / (x2 - x1).

    With canonical coordinates, rise < 2p and slope < 1.76p; slope^2 - x1 - x2 + 2p < 3.6p; y < 2.7p.
    """
    a, b = coordinates.gather(points[:, 0], left, first, 1), coordinates.gather(points[:, 0], right, first, 1)
    y = _signed(points, left, first)
    slope = coordinates.mul_inlined(coordinates.sub_small(_signed(points, right, first), y), inverse)
    x = coordinates.sub_small(coordinates.sub_small(coordinates.square_inlined(slope), a), b)
    x = coordinates.canonical(x)
    coordinates.scatter(sums[:, 0], out, first, x)
    y = coordinates.sub_small(coordinates.mul_inlined(slope, coordinates.sub_small(a, x)), y)
    coordinates.scatter(sums[:, 1], out, first, coordinates.canonical(y))


@inner
def _add_batch(points, left, right, out, sums, notes, rows):
    """sums[out] = left + right, entry by entry, with one inversion; a multiple of _STEP of them.

    `notes` has for each step the denominators and the product of all before, `rows` is for single lanes.
    """
    steps = left.shape[0] // _STEP
    special = np.empty(2 * steps, np.bool_)
    product = coordinates.one(coordinates.load_lanes(rows, 0, 1))
    for i in range(steps):
        first, special[2 * i] = _denominators(points, left, right, i * _STEP, rows)
        second, special[2 * i + 1] = _denominators(points, left, right, i * _STEP + LANES, rows)
        coordinates.keep(notes[0], i, first)
        coordinates.keep(notes[1], i, second)
        coordinates.keep(notes[2], i, product)
        product = coordinates.mul_inlined(product, coordinates.mul_inlined(first, second))
    inverse = coordinates.inverse(product)
    for i in range(steps - 1, -1, -1):
        first, second = coordinates.kept(notes[0], i), coordinates.kept(notes[1], i)
        both = coordinates.mul_inlined(inverse, coordinates.kept(notes[2], i))
        inverse = coordinates.mul_inlined(inverse, coordinates.mul_inlined(first, second))
        for j in range(2):
            place = i * _STEP + j * LANES
            one = coordinates.mul_inlined(both, first if j else second)
            if special[2 * i + j]:
                _add_exactly(points, left, right, out, place, one, sums, rows)
            else:
                _add(points, left, right, out, place, one, sums)


@inner
def _add_pairs(points, left, right, out, count, sums):
    """sums[out] = left + right for the first `count` entries; the arrays have room for a multiple of _STEP."""
    padded = (count + _STEP - 1) // _STEP * _STEP
    for i in range(count, padded):
        left[i], right[i], out[i] = left[count - 1], right[count - 1], out[count - 1]
    notes = np.empty((3, min(padded, _BATCH) // _STEP) + points.shape[2:-1] + (fp.KEPT,), np.uint64)
    rows = np.zeros((LANES,) + points.shape[2:], np.uint64)
    for first in range(0, padded, _BATCH):
        end = min(padded, first + _BATCH)
        _add_batch(points, left[first:end], right[first:end], out[first:end], sums, notes, rows)


@inner
def _halve(points, entries, starts, sums):
    """One round: where the groups, half as long and rounded up, begin in `sums`, which gets them."""
    groups = starts.shape[0] - 1
    halved = np.zeros(groups + 1, np.int64)
    room = (entries.shape[0] >> 1) + _STEP
    left, right, out = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int32)
    count, place = 0, 0
    for g in range(groups):
        i, end = starts[g], starts[g + 1]
        while i + 1 < end:
            left[count], right[count], out[count] = entries[i], entries[i + 1], place
            i, place, count = i + 2, place + 1, count + 1
        if i < end:
            weierstrass.store(sums, place, _load(points, entries[i]))
            place += 1
        halved[g + 1] = place
    if count > 0:
        _add_pairs(points, left, right, out, count, sums)
    return halved


@inner
def _longest(starts):
    """The length of the longest group."""
    longest = 0
    for g in range(starts.shape[0] - 1):
        longest = max(longest, starts[g + 1] - starts[g])
    return longest


@inner
def _sum_run(points, entries, starts, even, result):
    """The sums of some groups, whose entries begin at 0, into `result`."""
    longest = _longest(starts)
    room = (entries.shape[0] + starts.shape[0]) >> 1
    sums, spare = np.empty((room,) + points.shape[1:], np.uint64), np.empty((room,) + points.shape[1:], np.uint64)
    starts = _halve(points, entries, starts, sums)
    while longest > 2:
        starts = _halve(sums, even[: starts[-1]], starts, spare)
        sums, spare = spare, sums
        longest = (longest + 1) >> 1
    for g in range(starts.shape[0] - 1):
        if starts[g] < starts[g + 1]:
            weierstrass.store(result, g, weierstrass.load(sums, starts[g]))


@inner
def _run_end(starts, first, limit):
    """The end of the run of groups after `first` that have at most `limit` entries together, or of one group."""
    end = first + 1
    while end < starts.shape[0] - 1 and starts[end + 1] - starts[first] <= limit:
        end += 1
    return end


@kernel
def of_groups(points, entries, starts):
    """The sum of each group, as affine points (groups, …); the identity for an empty group.

    Entries are int32, starts int64; starts[0] = 0 and starts[-1] is the number of entries.
    """
    groups = starts.shape[0] - 1
    result = np.zeros((groups,) + points.shape[1:], np.uint64)
    limit = _RUN_BYTES // (8 * points[0].size)
    first, even = 0, np.empty(0, np.int32)
    while first < groups:
        end = _run_end(starts, first, limit)
        run = entries[starts[first] : starts[end]]
        if even.shape[0] < run.shape[0]:
            even = np.arange(0, 2 * run.shape[0], 2).astype(np.int32)
        _sum_run(points, run, starts[first : end + 1] - starts[first], even, result[first:end])
        first = end
    return result
