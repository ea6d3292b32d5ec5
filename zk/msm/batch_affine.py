"""Sums of many pairs of affine points with shared inversions, so that an addition costs about 6 products.

Additions run in lanes: a *step* adds LANES pairs of points that do not depend on each other.  Montgomery's trick
replaces the inversions of up to _BATCH steps by one inversion and three products for each step.

The points of a step are gathered from an array of points, or are two rows of an array of sums (zk/msm/lanepoints.py).
A step replaces the first of the rows by their sum, so that later rounds move whole rows, and neither gather points nor
copy those without a partner.

Sources: Montgomery, "Speeding the Pollard and elliptic curve methods of factorization" (1987), section 10.3.1, for the
inversions; ePrint 2022/1396 and gnark-crypto, "multiexp_affine.go", for bucket sums by batch-affine additions.
"""

import numpy as np

from zk.curves import coordinates
from zk.fields import memory, views
from zk.msm import exceptional, lanepoints
from zk.msm.lanepoints import ALL_LANES, LANES
from zk.runtime.jit import inlined, inner

# The slots of a step in the scratch array.  A slot is reused once its element is no longer needed.
_DENOMINATOR = _INVERSE = _SQUARE = 0
_PRODUCT = _SLOPE = 1
_RISE = 2
_OTHER = _RUN = 3
_SLOTS = 4
_BATCH = 256  # steps; an inversion costs as much as some 10 of them
_BLOCK = 16  # steps; their scratch and sums take 30 KiB in lanes and G1, so they stay in the L1 cache
_AHEAD = 8  # steps between the prefetch of a point and its use in a first batch; for the others the time of a batch


@inner
def make_scratch(points):
    """The scratch array of `add_steps` for the field of these points."""
    return np.empty((_BATCH, _SLOTS) + points.shape[2:-1] + (memory.SCRATCH_WORDS,), np.uint64)


@inlined
def _begin(left, right, difference, rise, i, alone, scratch, cells, special):
    """What the later stages need of step i: x2 - x1, y2 - y1 and x2; special[i] tells whether it may be exceptional.

    Exceptional are equal and opposite points and the identity, which is the only point with x = 0: in G1 and G2 any
    other would have order 3.  The lanes of the mask alone[i] have nothing to add.
    """
    zeros = coordinates.may_be_zero(left[0]) | coordinates.may_be_zero(right[0]) | coordinates.may_be_zero(difference)
    lanes_alone = views.item(alone, i)
    special[i] = zeros & (lanes_alone ^ ALL_LANES) != 0
    if special[i]:
        difference = exceptional.denominators(left, right, lanes_alone, cells)
        rise = right[1]
    elif lanes_alone:
        difference = coordinates.select(np.uint8(lanes_alone), coordinates.one(difference), difference)
    coordinates.spill(scratch, i, difference, _DENOMINATOR)
    coordinates.spill(scratch, i, rise, _RISE)
    coordinates.spill(scratch, i, right[0], _OTHER)


@inner
def _begin_gathered(begin, end, points, entries, places, alone, ahead, sums, scratch, cells, special):
    """Begins steps of the first round: row p of the sums becomes the first LANES of the entries from 2·LANES·p on.

    The points of the steps before `ahead` + _AHEAD are requested here, those of the others were before.
    """
    for i in range(begin, end):
        if i < ahead:
            lanepoints.request(points, entries, 2 * LANES * views.item(places, i + _AHEAD))
            lanepoints.request(points, entries, 2 * LANES * views.item(places, i + _AHEAD) + LANES)
        place = views.item(places, i)
        left = lanepoints.gather(points, entries, 2 * LANES * place)
        lanepoints.spill(sums, place, left)
        right = lanepoints.gather(points, entries, 2 * LANES * place + LANES)
        # Without a comparison, since gathered coordinates are at most p.
        difference, rise = coordinates.sub_small(right[0], left[0]), coordinates.sub_small(right[1], left[1])
        _begin(left, right, difference, rise, i, alone, scratch, cells, special)


@inner
def _begin_reloaded(begin, end, distance, places, alone, sums, scratch, cells, special):
    """Begins steps of a later round: row p is to be added to row p + distance."""
    for i in range(begin, end):
        place = views.item(places, i)
        left, right = lanepoints.reload(sums, place), lanepoints.reload(sums, place + distance)
        difference, rise = coordinates.sub_inlined(right[0], left[0]), coordinates.sub_inlined(right[1], left[1])
        _begin(left, right, difference, rise, i, alone, scratch, cells, special)


@inner
def _multiply_up(begin, end, scratch, product):
    """`product` times all denominators.  Spills the product before each pair of steps and the product of the pair."""
    # Multiplying by the product of two denominators halves the length of the dependency chain, in which every
    # multiplication waits for the one before.
    for i in range(begin, end - 1, 2):
        first, second = coordinates.reload(scratch, i, _DENOMINATOR), coordinates.reload(scratch, i + 1, _DENOMINATOR)
        both = coordinates.mul_inlined(first, second)
        coordinates.spill(scratch, i, product, _PRODUCT)
        coordinates.spill(scratch, i + 1, both, _PRODUCT)
        product = coordinates.mul_inlined(product, both)
    if (end - begin) & 1:
        coordinates.spill(scratch, end - 1, product, _PRODUCT)
        product = coordinates.mul(product, coordinates.reload(scratch, end - 1, _DENOMINATOR))
    return product


@inner
def _invert_down(begin, end, scratch, inverse):
    """Replaces the denominators by their inverses, given the inverse of the product of all denominators before `end`.

    Returns the inverse of the product of all denominators before `begin`.
    """
    if (end - begin) & 1:
        end -= 1
        last = coordinates.mul(inverse, coordinates.reload(scratch, end, _PRODUCT))
        inverse = coordinates.mul(inverse, coordinates.reload(scratch, end, _DENOMINATOR))
        coordinates.spill(scratch, end, last, _INVERSE)
    for i in range(end - 2, begin - 1, -2):
        first, second = coordinates.reload(scratch, i, _DENOMINATOR), coordinates.reload(scratch, i + 1, _DENOMINATOR)
        both = coordinates.mul_inlined(inverse, coordinates.reload(scratch, i, _PRODUCT))
        inverse = coordinates.mul_inlined(inverse, coordinates.reload(scratch, i + 1, _PRODUCT))
        coordinates.spill(scratch, i, coordinates.mul_inlined(both, second), _INVERSE)
        coordinates.spill(scratch, i + 1, coordinates.mul_inlined(both, first), _INVERSE)
    return inverse


@inner
def _compute_slopes(begin, end, scratch, points, entries, next_places, next_steps):
    """The slopes, and their squares.  Meanwhile requests the points of these steps of the next batch.

    Products leave time for it: requested all at once, points arrive no faster than one in 3 ns from the last cache.
    """
    for i in range(begin, end):
        if i < next_steps:
            lanepoints.request(points, entries, 2 * LANES * views.item(next_places, i))
        slope = coordinates.mul_inlined(coordinates.reload(scratch, i, _RISE), coordinates.reload(scratch, i, _INVERSE))
        coordinates.spill(scratch, i, slope, _SLOPE)
    for i in range(begin, end):
        if i < next_steps:
            lanepoints.request(points, entries, 2 * LANES * views.item(next_places, i) + LANES)
        coordinates.spill(scratch, i, coordinates.square_inlined(coordinates.reload(scratch, i, _SLOPE)), _SQUARE)


@inner
def _compute_x(begin, end, places, alone, special, sums, scratch):
    """x = slope^2 - x1 - x2 of the sums; scratch[_RUN] = x1 - x."""
    for i in range(begin, end):
        if not special[i]:
            place, lanes_alone = views.item(places, i), views.item(alone, i)
            x1 = coordinates.reload(sums, place, 0)
            x = coordinates.sub_inlined(coordinates.reload(scratch, i, _SQUARE), x1)
            x = coordinates.sub_inlined(x, coordinates.reload(scratch, i, _OTHER))
            if lanes_alone:
                x = coordinates.select(np.uint8(lanes_alone), x1, x)
            coordinates.spill(sums, place, x, 0)
            coordinates.spill(scratch, i, coordinates.sub_inlined(x1, x), _RUN)


@inner
def _compute_y(begin, end, places, alone, special, sums, scratch):
    """y = slope·(x1 - x) - y1 of the sums."""
    for i in range(begin, end):
        if not special[i]:
            place, lanes_alone = views.item(places, i), views.item(alone, i)
            drop = coordinates.mul_inlined(coordinates.reload(scratch, i, _SLOPE), coordinates.reload(scratch, i, _RUN))
            y1 = coordinates.reload(sums, place, 1)
            y = coordinates.sub_inlined(drop, y1)
            if lanes_alone:
                y = coordinates.select(np.uint8(lanes_alone), y1, y)
            coordinates.spill(sums, place, y, 1)


@inner
def _add_batch(points, entries, distance, places, alone, next_places, is_first, sums, scratch, cells):
    """`add_steps` with one inversion.  Steps are processed in blocks whose scratch stays in the L1 cache.

    The points of the batch that follows, which begins with next_places, are requested meanwhile.
    """
    special = np.empty(places.shape[0], np.bool_)
    steps = special.shape[0]
    next_steps, ahead = next_places.shape[0], steps - _AHEAD if is_first else 0
    next_places = views.borrow(next_places)
    points, entries, cells = views.borrow(points), views.borrow(entries), views.borrow(cells)
    places, alone, sums, scratch = views.borrow(places), views.borrow(alone), views.borrow(sums), views.borrow(scratch)
    product = coordinates.one(coordinates.load_lanes(cells, 0, 1, 0))
    for begin in range(0, steps, _BLOCK):
        end = min(steps, begin + _BLOCK)
        if distance == 0:
            _begin_gathered(begin, end, points, entries, places, alone, ahead, sums, scratch, cells, special)
        else:
            _begin_reloaded(begin, end, distance, places, alone, sums, scratch, cells, special)
        product = _multiply_up(begin, end, scratch, product)
    inverse = coordinates.inverse(product)
    for begin in range((steps - 1) // _BLOCK * _BLOCK, -1, -_BLOCK):
        end = min(steps, begin + _BLOCK)
        inverse = _invert_down(begin, end, scratch, inverse)
        for i in range(begin, end):
            if special[i]:
                right = coordinates.reload(scratch, i, _OTHER), coordinates.reload(scratch, i, _RISE)
                inverse_of_i = coordinates.reload(scratch, i, _INVERSE)
                exceptional.add(sums, views.item(places, i), right, inverse_of_i, views.item(alone, i), cells)
        # Stage by stage over all steps: within a step each product depends on the one before, and the CPU's reorder
        # buffer is too short to overlap it with the next step.
        _compute_slopes(begin, end, scratch, points, entries, next_places, next_steps)
        _compute_x(begin, end, places, alone, special, sums, scratch)
        _compute_y(begin, end, places, alone, special, sums, scratch)


@inner
def add_steps(points, entries, distance, places, alone, sums, scratch):
    """A step for each row in `places`: adds row p + distance of the sums to row p in all lanes but those in `alone`.

    In the first round, where `distance` is 0, these are the points of 2·LANES entries from 2·LANES·p on.
    """
    cells = exceptional.make_cells(points)
    steps = places.shape[0]
    batches = (steps + _BATCH - 1) // _BATCH
    for k in range(batches):
        first, end = k * steps // batches, (k + 1) * steps // batches
        following = places[end : (k + 2) * steps // batches if distance == 0 and k + 1 < batches else end]
        few, few_alone = places[first:end], alone[first:end]
        _add_batch(points, entries, distance, few, few_alone, following, k == 0, sums, scratch, cells)
