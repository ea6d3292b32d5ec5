"""Sums of many groups of affine points at once: the additions share their inversions, so that each costs 6 products.

The points of each group are added in pairs, the sums of pairs again in pairs, until one is left.  No two additions of
a round depend on each other, so they are done in lanes, and Montgomery's trick turns up to _BATCH inversions into one
and three products for each.  Steps of lanes are taken in pairs there: the product of their denominators is what the
chain of products multiplies by, so that the chain, where each product waits for the last, is half as long.

An entry 2 i + s names point i of an array, negated when s = 1; group g has entries starts[g] to starts[g + 1].  Groups
are worked on in runs that stay in the core's cache.
"""

import numpy as np

from zk.curves import coordinates, weierstrass
from zk.fields import memory, views
from zk.runtime import cpu
from zk.runtime.jit import inlined, inner, kernel

LANES = cpu.LANES

_STEP = 2 * LANES  # additions of a pair of steps
# The places of a step's elements in the notes; one that is not needed any more makes room.
_DENOMINATOR = _INVERSE = 0
_PRODUCT = _RISE = _SLOPE = 1
_SQUARE = _RUN = _DROP = 2
_BATCH = 128 * _STEP  # an inversion costs as much as some 50 additions in lanes, or 7 of single ones
_BLOCK = 32  # steps, an even number; in lanes their notes take 30 KiB in G1
_AHEAD = 8  # steps between the request for a point and its use
_RUN_BYTES = 1 << 19  # of points summed in one run, half of which are written


@inlined
def _load(points, entry):
    """The point that an entry names."""
    x, y = weierstrass.load(points, entry >> 1)
    if entry & 1:
        y = coordinates.neg(y)
    return x, y


@inlined
def _point(points, entries, place):
    """The point that entry `place` names."""
    return _load(points, views.item(entries, place))


@inner
def _exact_denominators(points, left, right, first, rows):
    """What `weierstrass.add_affine` wants inverted, lane by lane, by way of `rows`."""
    for lane in range(LANES):
        a, b = _point(points, left, first + lane), _point(points, right, first + lane)
        coordinates.store(rows, lane, weierstrass.denominator(a, b), 0)
    return coordinates.load_lanes(rows, 0, 1, 0)


@inner
def _find_denominators(begin, end, points, left, right, notes, rows, special):
    """x2 - x1 of each step, noted, and whether a lane of it needs more care.

    Only the identity has x = 0, for a point of G1 or G2 with that would have order 3.
    """
    ahead = special.shape[0] - _AHEAD
    for i in range(begin, end):
        first = i * LANES
        if i < ahead:
            for place in range(first + _AHEAD * LANES, first + _AHEAD * LANES + LANES):
                views.prefetch(points, views.item(left, place) >> 1)
                views.prefetch(points, views.item(right, place) >> 1)
        a, b = coordinates.gather(points, left, first, 1, 0), coordinates.gather(points, right, first, 1, 0)
        difference = coordinates.sub_small(b, a)
        found = coordinates.may_be_zero(difference) | coordinates.may_be_zero(a) | coordinates.may_be_zero(b)
        special[i] = found != 0
        if special[i]:
            difference = _exact_denominators(points, left, right, first, rows)
        coordinates.spill(notes, i, difference, _DENOMINATOR)


@inner
def _multiply_up(begin, end, notes, product):
    """`product` times the denominators.  Of each pair of steps its own product is noted, and the one of all before."""
    for i in range(begin, end, 2):
        first, second = coordinates.reload(notes, i, _DENOMINATOR), coordinates.reload(notes, i + 1, _DENOMINATOR)
        both = coordinates.mul_inlined(first, second)
        coordinates.spill(notes, i, product, _PRODUCT)
        coordinates.spill(notes, i + 1, both, _PRODUCT)
        product = coordinates.mul_inlined(product, both)
    return product


@inner
def _invert_down(begin, end, notes, inverse):
    """The denominators in the notes become their inverses, given the inverse of the product of all up to `end`.

    What comes back is that of all up to `begin`.
    """
    for i in range(end - 2, begin - 1, -2):
        first, second = coordinates.reload(notes, i, _DENOMINATOR), coordinates.reload(notes, i + 1, _DENOMINATOR)
        both = coordinates.mul_inlined(inverse, coordinates.reload(notes, i, _PRODUCT))
        inverse = coordinates.mul_inlined(inverse, coordinates.reload(notes, i + 1, _PRODUCT))
        coordinates.spill(notes, i, coordinates.mul_inlined(both, second), _INVERSE)
        coordinates.spill(notes, i + 1, coordinates.mul_inlined(both, first), _INVERSE)
    return inverse


@inner
def _multiply_notes(begin, end, notes, one, other, result):
    """notes[result] = notes[one]·notes[other] in every step."""
    for i in range(begin, end):
        product = coordinates.mul_inlined(coordinates.reload(notes, i, one), coordinates.reload(notes, i, other))
        coordinates.spill(notes, i, product, result)


@inner
def _square_notes(begin, end, notes, one, result):
    """notes[result] = notes[one]^2 in every step."""
    for i in range(begin, end):
        coordinates.spill(notes, i, coordinates.square_inlined(coordinates.reload(notes, i, one)), result)


@inlined
def _signed(points, entries, first):
    """y of the points that entries name; at most p."""
    y = coordinates.gather(points, entries, first, 1, 1)
    return coordinates.select(views.odd_lanes(entries, first), coordinates.neg_small(y), y)


@inner
def _find_rises(begin, end, points, left, right, notes):
    """y2 - y1, below 2p+, into the notes."""
    for i in range(begin, end):
        first = i * LANES
        rise = coordinates.sub_small(_signed(points, right, first), _signed(points, left, first))
        coordinates.spill(notes, i, rise, _RISE)


@inner
def _find_abscissas(begin, end, special, points, left, right, out, notes, sums):
    """x = slope^2 - x1 - x2 of the sums, and x1 - x, below 2p, noted.

    Before it is made canonical x is below 3.6p in G1 and, for a square in Fp2 has more, below 4p + 2^210 in G2.
    """
    for i in range(begin, end):
        if not special[i]:
            first = i * LANES
            a, b = coordinates.gather(points, left, first, 1, 0), coordinates.gather(points, right, first, 1, 0)
            x = coordinates.sub_small(coordinates.sub_small(coordinates.reload(notes, i, _SQUARE), a), b)
            x = coordinates.canonical(x)
            coordinates.scatter(sums, out, first, x, 0)
            coordinates.spill(notes, i, coordinates.sub_small(a, x), _RUN)


@inner
def _find_ordinates(begin, end, special, points, left, out, notes, sums):
    """y = slope·(x1 - x) - y1 of the sums, below 2.7p in G1 and 3p + 2^210 in G2 before it is made canonical."""
    for i in range(begin, end):
        if not special[i]:
            first = i * LANES
            y = coordinates.sub_small(coordinates.reload(notes, i, _DROP), _signed(points, left, first))
            coordinates.scatter(sums, out, first, coordinates.canonical(y), 1)


@inner
def _add_special(begin, end, special, points, left, right, out, notes, sums, rows):
    """The steps that need care, lane by lane, whatever the points are."""
    for i in range(begin, end):
        if special[i]:
            coordinates.store_lanes(rows, 0, 1, coordinates.canonical(coordinates.reload(notes, i, _INVERSE)), 0)
            for lane in range(LANES):
                place = i * LANES + lane
                a, b = _point(points, left, place), _point(points, right, place)
                total = weierstrass.add_affine(a, b, coordinates.load(rows, lane, 0))
                weierstrass.store(sums, views.item(out, place), total)


@inner
def _add_block(begin, end, special, points, left, right, out, notes, sums, rows):
    """The sums of some steps, whose inverses are in the notes.

    Each stage goes over all steps before the next begins: within a step every product waits for the one before, and
    the processor does not look far enough ahead to begin the next step meanwhile.
    """
    _add_special(begin, end, special, points, left, right, out, notes, sums, rows)
    _find_rises(begin, end, points, left, right, notes)
    _multiply_notes(begin, end, notes, _RISE, _INVERSE, _SLOPE)
    _square_notes(begin, end, notes, _SLOPE, _SQUARE)
    _find_abscissas(begin, end, special, points, left, right, out, notes, sums)
    _multiply_notes(begin, end, notes, _SLOPE, _RUN, _DROP)
    _find_ordinates(begin, end, special, points, left, out, notes, sums)


@inner
def _add_batch(points, left, right, out, sums, notes, rows):
    """sums[out] = left + right, entry by entry, with one inversion; an even number of steps of LANES.

    Blocks of steps are finished one by one while their notes are in the nearest cache.
    """
    special = np.empty(left.shape[0] // LANES, np.bool_)
    steps = special.shape[0]
    points, sums, notes, rows = views.borrow(points), views.borrow(sums), views.borrow(notes), views.borrow(rows)
    left, right, out = views.borrow(left), views.borrow(right), views.borrow(out)
    product = coordinates.one(coordinates.load_lanes(rows, 0, 1, 0))
    for begin in range(0, steps, _BLOCK):
        end = min(steps, begin + _BLOCK)
        _find_denominators(begin, end, points, left, right, notes, rows, special)
        product = _multiply_up(begin, end, notes, product)
    inverse = coordinates.inverse(product)
    for begin in range((steps - 1) // _BLOCK * _BLOCK, -1, -_BLOCK):
        end = min(steps, begin + _BLOCK)
        inverse = _invert_down(begin, end, notes, inverse)
        _add_block(begin, end, special, points, left, right, out, notes, sums, rows)


@inner
def _add_pairs(points, left, right, out, count, sums):
    """sums[out] = left + right for the first `count` entries; the arrays have room for a multiple of _STEP."""
    padded = (count + _STEP - 1) // _STEP * _STEP
    for i in range(count, padded):
        left[i], right[i], out[i] = left[count - 1], right[count - 1], out[count - 1]
    notes = np.empty((min(padded, _BATCH) // LANES, 3) + points.shape[2:-1] + (memory.SCRATCH_WORDS,), np.uint64)
    rows = np.zeros((LANES, 1) + points.shape[2:], np.uint64)
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
    if entries.shape[0] == 0:  # and perhaps no point
        return result
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
