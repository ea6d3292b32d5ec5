"""Sums of many groups of affine points with shared inversions, so that an addition costs about 6 products.

The points of each group are added in pairs, then the sums of the pairs in pairs, and so on until one point is left.
The additions of a round are independent of each other, so they run in lanes, LANES of them in a *step*.  Montgomery's
trick replaces up to _BATCH inversions by one inversion and three products each.

An entry 2 i + s stands for point i of an array, negated when s = 1.  Group g has entries starts[g] to starts[g + 1].

Sources: Montgomery, "Speeding the Pollard and elliptic curve methods of factorization" (1987), section 10.3.1, for the
inversions; ePrint 2022/1396 and gnark-crypto, "multiexp_affine.go", for bucket sums by batch-affine additions.
"""

import numpy as np

from zk.curves import coordinates, weierstrass
from zk.fields import memory, views
from zk.runtime import cpu
from zk.runtime.jit import inlined, inner, kernel

LANES = cpu.LANES

_STEP_PAIR = 2 * LANES  # additions in two steps, which are taken together: see _multiply_up
# The slots of a step in the scratch array.  A slot is reused once its element is no longer needed.
_DENOMINATOR = _INVERSE = 0
_PRODUCT = _RISE = _SLOPE = 1
_SQUARE = _RUN = _DROP = 2
_BATCH = 128 * _STEP_PAIR  # an inversion costs as much as about 50 additions in lanes, or 7 single ones
_BLOCK = 32  # steps, an every_point number; their scratch takes 30 KiB in lanes and G1, so it stays in the L1 cache
_AHEAD = 8  # steps between the prefetch of a point and its use
_CHUNK_BYTES = 1 << 19  # of points in the groups summed together, so that their sums stay in the core's cache


@inlined
def _load(points, entry):
    """The point that an entry stands for."""
    x, y = weierstrass.load(points, entry >> 1)
    if entry & 1:
        y = coordinates.neg(y)
    return x, y


@inlined
def _point(points, entries, place):
    """The point that entries[place] stands for."""
    return _load(points, views.item(entries, place))


@inner
def _special_denominators(points, left, right, first, rows):
    """The denominators that `weierstrass.add_affine` needs, computed one lane at a time; `rows` is scratch."""
    for lane in range(LANES):
        a, b = _point(points, left, first + lane), _point(points, right, first + lane)
        coordinates.store(rows, lane, weierstrass.denominator(a, b), 0)
    return coordinates.load_lanes(rows, 0, 1, 0)


@inner
def _compute_denominators(begin, end, points, left, right, scratch, rows, special):
    """scratch[_DENOMINATOR] = x2 - x1 for each step; special[i] tells whether a lane of step i may be exceptional.

    Exceptional are equal and opposite points and the identity, which is the only point with x = 0: in G1 and G2 any
    other would have order 3.
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
        zeros = coordinates.may_be_zero(difference) | coordinates.may_be_zero(a) | coordinates.may_be_zero(b)
        special[i] = zeros != 0
        if special[i]:
            difference = _special_denominators(points, left, right, first, rows)
        coordinates.spill(scratch, i, difference, _DENOMINATOR)


@inner
def _multiply_up(begin, end, scratch, product):
    """`product` times all denominators.  Spills the product before each pair of steps and the product of the pair."""
    # Multiplying by the product of two denominators halves the length of the dependency chain, in which every
    # multiplication waits for the one before.
    for i in range(begin, end, 2):
        first, second = coordinates.reload(scratch, i, _DENOMINATOR), coordinates.reload(scratch, i + 1, _DENOMINATOR)
        both = coordinates.mul_inlined(first, second)
        coordinates.spill(scratch, i, product, _PRODUCT)
        coordinates.spill(scratch, i + 1, both, _PRODUCT)
        product = coordinates.mul_inlined(product, both)
    return product


@inner
def _invert_down(begin, end, scratch, inverse):
    """Replaces the denominators by their inverses, given the inverse of the product of all denominators before `end`.

    Returns the inverse of the product of all denominators before `begin`.
    """
    for i in range(end - 2, begin - 1, -2):
        first, second = coordinates.reload(scratch, i, _DENOMINATOR), coordinates.reload(scratch, i + 1, _DENOMINATOR)
        both = coordinates.mul_inlined(inverse, coordinates.reload(scratch, i, _PRODUCT))
        inverse = coordinates.mul_inlined(inverse, coordinates.reload(scratch, i + 1, _PRODUCT))
        coordinates.spill(scratch, i, coordinates.mul_inlined(both, second), _INVERSE)
        coordinates.spill(scratch, i + 1, coordinates.mul_inlined(both, first), _INVERSE)
    return inverse


@inner
def _multiply_slots(begin, end, scratch, one, other, result):
    """scratch[result] = scratch[one]·scratch[other] in every step."""
    for i in range(begin, end):
        product = coordinates.mul_inlined(coordinates.reload(scratch, i, one), coordinates.reload(scratch, i, other))
        coordinates.spill(scratch, i, product, result)


@inner
def _square_slots(begin, end, scratch, one, result):
    """scratch[result] = scratch[one]^2 in every step."""
    for i in range(begin, end):
        coordinates.spill(scratch, i, coordinates.square_inlined(coordinates.reload(scratch, i, one)), result)


@inlined
def _signed(points, entries, first):
    """y of the points that LANES entries stand for; at most p."""
    y = coordinates.gather(points, entries, first, 1, 1)
    return coordinates.select(views.odd_lanes(entries, first), coordinates.neg_small(y), y)


@inner
def _compute_rises(begin, end, points, left, right, scratch):
    """scratch[_RISE] = y2 - y1, below 2p+."""
    for i in range(begin, end):
        first = i * LANES
        rise = coordinates.sub_small(_signed(points, right, first), _signed(points, left, first))
        coordinates.spill(scratch, i, rise, _RISE)


@inner
def _store_x(begin, end, special, points, left, right, out, scratch, sums):
    """Stores x = slope^2 - x1 - x2 of the sums; scratch[_RUN] = x1 - x, below 2p.

    Before its reduction x is below 3.6p in G1, and below 4p + 2^210 in G2, where a square is larger.
    """
    for i in range(begin, end):
        if not special[i]:
            first = i * LANES
            a, b = coordinates.gather(points, left, first, 1, 0), coordinates.gather(points, right, first, 1, 0)
            x = coordinates.sub_small(coordinates.sub_small(coordinates.reload(scratch, i, _SQUARE), a), b)
            x = coordinates.canonical(x)
            coordinates.scatter(sums, out, first, x, 0)
            coordinates.spill(scratch, i, coordinates.sub_small(a, x), _RUN)


@inner
def _store_y(begin, end, special, points, left, out, scratch, sums):
    """Stores y = slope·(x1 - x) - y1 of the sums, before its reduction below 2.7p in G1 and 3p + 2^210 in G2."""
    for i in range(begin, end):
        if not special[i]:
            first = i * LANES
            y = coordinates.sub_small(coordinates.reload(scratch, i, _DROP), _signed(points, left, first))
            coordinates.scatter(sums, out, first, coordinates.canonical(y), 1)


@inner
def _add_special(begin, end, special, points, left, right, out, scratch, sums, rows):
    """The special steps, one lane at a time, correct for all points; `rows` is scratch."""
    for i in range(begin, end):
        if special[i]:
            coordinates.store_lanes(rows, 0, 1, coordinates.canonical(coordinates.reload(scratch, i, _INVERSE)), 0)
            for lane in range(LANES):
                place = i * LANES + lane
                a, b = _point(points, left, place), _point(points, right, place)
                total = weierstrass.add_affine(a, b, coordinates.load(rows, lane, 0))
                weierstrass.store(sums, views.item(out, place), total)


@inner
def _add_block(begin, end, special, points, left, right, out, scratch, sums, rows):
    """The sums of a block of steps, given the inverses of their denominators in the scratch array."""
    # Stage by stage over all steps: within a step each product depends on the one before, and the CPU's reorder
    # buffer is too short to overlap it with the next step.
    _add_special(begin, end, special, points, left, right, out, scratch, sums, rows)
    _compute_rises(begin, end, points, left, right, scratch)
    _multiply_slots(begin, end, scratch, _RISE, _INVERSE, _SLOPE)
    _square_slots(begin, end, scratch, _SLOPE, _SQUARE)
    _store_x(begin, end, special, points, left, right, out, scratch, sums)
    _multiply_slots(begin, end, scratch, _SLOPE, _RUN, _DROP)
    _store_y(begin, end, special, points, left, out, scratch, sums)


@inner
def _add_batch(points, left, right, out, sums, scratch, rows):
    """sums[out] = left + right, entry by entry, with one inversion, for an every_point number of steps.

    Steps are processed in blocks whose scratch stays in the L1 cache.
    """
    special = np.empty(left.shape[0] // LANES, np.bool_)
    steps = special.shape[0]
    points, sums, scratch, rows = views.borrow(points), views.borrow(sums), views.borrow(scratch), views.borrow(rows)
    left, right, out = views.borrow(left), views.borrow(right), views.borrow(out)
    product = coordinates.one(coordinates.load_lanes(rows, 0, 1, 0))
    for begin in range(0, steps, _BLOCK):
        end = min(steps, begin + _BLOCK)
        _compute_denominators(begin, end, points, left, right, scratch, rows, special)
        product = _multiply_up(begin, end, scratch, product)
    inverse = coordinates.inverse(product)
    for begin in range((steps - 1) // _BLOCK * _BLOCK, -1, -_BLOCK):
        end = min(steps, begin + _BLOCK)
        inverse = _invert_down(begin, end, scratch, inverse)
        _add_block(begin, end, special, points, left, right, out, scratch, sums, rows)


@inner
def _add_pairs(points, left, right, out, count, sums):
    """sums[out] = left + right for the first `count` entries; the arrays have room for a multiple of _STEP_PAIR."""
    padded = (count + _STEP_PAIR - 1) // _STEP_PAIR * _STEP_PAIR
    for i in range(count, padded):
        left[i], right[i], out[i] = left[count - 1], right[count - 1], out[count - 1]
    scratch = np.empty((min(padded, _BATCH) // LANES, 3) + points.shape[2:-1] + (memory.SCRATCH_WORDS,), np.uint64)
    rows = np.zeros((LANES, 1) + points.shape[2:], np.uint64)
    for first in range(0, padded, _BATCH):
        end = min(padded, first + _BATCH)
        _add_batch(points, left[first:end], right[first:end], out[first:end], sums, scratch, rows)


@inner
def _add_round(points, entries, starts, sums):
    """One round: adds the points of each group in pairs into `sums`, and returns where the groups start there."""
    groups = starts.shape[0] - 1
    next_starts = np.zeros(groups + 1, np.int64)
    room = (entries.shape[0] >> 1) + _STEP_PAIR
    left, right, out = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int32)
    count, place = np.int64(0), 0  # typed: for a literal 0 Numba would compile another `_add_pairs`
    for g in range(groups):
        i, end = starts[g], starts[g + 1]
        while i + 1 < end:
            left[count], right[count], out[count] = entries[i], entries[i + 1], place
            i, place, count = i + 2, place + 1, count + 1
        if i < end:
            weierstrass.store(sums, place, _load(points, entries[i]))
            place += 1
        next_starts[g + 1] = place
    if count > 0:
        _add_pairs(points, left, right, out, count, sums)
    return next_starts


@inner
def _longest(starts):
    """The length of the longest group."""
    longest = 0
    for g in range(starts.shape[0] - 1):
        longest = max(longest, starts[g + 1] - starts[g])
    return longest


@inner
def _sum_chunk(points, entries, starts, every_point, result):
    """result[g] = the sum of group g, for groups whose entries start at 0."""
    longest = _longest(starts)
    room = (entries.shape[0] + starts.shape[0]) >> 1
    sums, spare = np.empty((room,) + points.shape[1:], np.uint64), np.empty((room,) + points.shape[1:], np.uint64)
    starts = _add_round(points, entries, starts, sums)
    while longest > 2:
        starts = _add_round(sums, every_point[: starts[-1]], starts, spare)
        sums, spare = spare, sums
        longest = (longest + 1) >> 1
    for g in range(starts.shape[0] - 1):
        if starts[g] < starts[g + 1]:
            weierstrass.store(result, g, weierstrass.load(sums, starts[g]))


@inner
def _chunk_end(starts, first, limit):
    """The end of the longest run of groups from `first` with at most `limit` entries in all, or of that one group."""
    end = first + 1
    while end < starts.shape[0] - 1 and starts[end + 1] - starts[first] <= limit:
        end += 1
    return end


@kernel
def sum_groups(points: np.ndarray, entries: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """The sum of each group as affine points (groups, …); the identity for an empty group.

    Entries are int32, starts int64; starts[0] = 0 and starts[-1] is the number of entries.
    """
    groups = starts.shape[0] - 1
    result = np.zeros((groups,) + points.shape[1:], np.uint64)
    if entries.shape[0] == 0:  # and perhaps there are no points
        return result
    limit = _CHUNK_BYTES // (8 * points[0].size)
    first, every_point = 0, np.empty(0, np.int32)  # the entries 0, 2, 4, …
    while first < groups:
        end = _chunk_end(starts, first, limit)
        chunk = entries[starts[first] : starts[end]]
        if every_point.shape[0] < chunk.shape[0]:
            every_point = np.arange(0, 2 * chunk.shape[0], 2).astype(np.int32)
        _sum_chunk(points, chunk, starts[first : end + 1] - starts[first], every_point, result[first:end])
        first = end
    return result
