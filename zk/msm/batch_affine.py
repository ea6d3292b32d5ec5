"""Sums of many pairs of affine points with shared inversions, so that an addition costs about 6 products.

Additions run in lanes: a *step* adds LANES pairs of points that do not depend on each other.  Montgomery's trick
replaces the inversions of up to _BATCH steps by one inversion and three products for each step.

The points of a step are gathered from an array of points, or are two rows of an array of sums (zk/msm/lanepoints.py).
A step replaces the first of the rows by their sum, so that later rounds move whole rows, and neither gather points nor
copy those without a partner.  The second of the rows is scratch from then on.

A batch multiplies its denominators in _CHAINS chains: step i continues the one of step i - _CHAINS.  So a product waits
for the one before only every fourth time, and the CPU works on several at once.  With d_i the denominator of step i,

    P_i = P_(i - 4)·d_(i - 4)        on the way up, from 1 for the first four,
    1/d_i = P_i / P_(i + 4)          and
    1/P_i = d_i / P_(i + 4)          on the way down, where 1/P_i replaces P_i.

Sources: Montgomery, "Speeding the Pollard and elliptic curve methods of factorization" (1987), section 10.3.1, for the
inversions; ePrint 2022/1396 and gnark-crypto, "multiexp_affine.go", for bucket sums by batch-affine additions.
"""

import numpy as np

from zk.curves import coordinates
from zk.fields import memory, views
from zk.msm import exceptional, lanepoints
from zk.msm.lanepoints import ALL_LANES, LANES
from zk.runtime.jit import inlined, inner

# The slots of a step in the scratch array.  The inverse replaces the denominator, and the slope the inverse.
_DENOMINATOR = _INVERSE = _SLOPE = 0
_PRODUCT = 1
_SLOTS = 2
_CHAINS = 4
_BATCH = 256  # steps; an inversion costs as much as some 10 of them
_BLOCK = 16  # steps; their scratch and sums take 30 KiB in lanes and G1, so they stay in the L1 cache
_AHEAD = 8  # steps between the prefetch of a point and its use in a first batch; for the others the time of a batch


@inner
def make_scratch(points):
    """The scratch arrays of `add_steps` for the group of these points: of a batch, and of its second points."""
    scratch = np.empty((_BATCH + _CHAINS, _SLOTS) + points.shape[2:-1] + (memory.SCRATCH_WORDS,), np.uint64)
    return scratch, lanepoints.make(points, _BATCH)


@inlined
def _begin(i, place, other, difference, alone, sums, others, scratch, cells, special):
    """Writes the denominator of step i, and the product that includes it; special[i]: the step may be exceptional.

    Exceptional are equal and opposite points and the identity, which is the only point with x = 0: in G1 and G2 any
    other would have order 3.  The lanes of the mask alone[i] have nothing to add.
    """
    left, right = coordinates.reload(sums, place, 0), coordinates.reload(others, other, 0)
    zeros = coordinates.may_be_zero(left) | coordinates.may_be_zero(right) | coordinates.may_be_zero(difference)
    lanes_alone = views.item(alone, i)
    special[i] = zeros & (lanes_alone ^ ALL_LANES) != 0
    if special[i]:
        points = lanepoints.reload(sums, place), lanepoints.reload(others, other)
        difference = exceptional.denominators(points[0], points[1], lanes_alone, cells)
    elif lanes_alone:
        difference = coordinates.select(np.uint8(lanes_alone), coordinates.one(difference), difference)
    coordinates.spill(scratch, i, difference, _DENOMINATOR)
    product = coordinates.mul_inlined(coordinates.reload(scratch, i, _PRODUCT), difference)
    coordinates.spill(scratch, i + _CHAINS, product, _PRODUCT)


@inner
def _begin_gathered(begin, end, points, entries, places, alone, ahead, sums, others, scratch, cells, special):
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
        lanepoints.spill(others, i, right)
        # Without a comparison, since gathered coordinates are at most p.
        difference = coordinates.sub_small(right[0], left[0])
        _begin(i, place, i, difference, alone, sums, others, scratch, cells, special)


@inner
def _begin_reloaded(begin, end, distance, places, alone, sums, scratch, cells, special):
    """Begins steps of a later round: row p is to be added to row p + distance."""
    for i in range(begin, end):
        place = views.item(places, i)
        left, right = coordinates.reload(sums, place, 0), coordinates.reload(sums, place + distance, 0)
        difference = coordinates.sub_inlined(right, left)
        _begin(i, place, place + distance, difference, alone, sums, sums, scratch, cells, special)


@inner
def _invert_products(scratch, first):
    """Replaces the products of the chains, which begin in row `first`, by their inverses, with one inversion."""
    a, b = coordinates.reload(scratch, first, _PRODUCT), coordinates.reload(scratch, first + 1, _PRODUCT)
    c, d = coordinates.reload(scratch, first + 2, _PRODUCT), coordinates.reload(scratch, first + 3, _PRODUCT)
    ab, cd = coordinates.mul(a, b), coordinates.mul(c, d)
    inverse = coordinates.inverse(coordinates.mul(ab, cd))
    inverse_ab, inverse_cd = coordinates.mul(inverse, cd), coordinates.mul(inverse, ab)
    coordinates.spill(scratch, first, coordinates.mul(inverse_ab, b), _PRODUCT)
    coordinates.spill(scratch, first + 1, coordinates.mul(inverse_ab, a), _PRODUCT)
    coordinates.spill(scratch, first + 2, coordinates.mul(inverse_cd, d), _PRODUCT)
    coordinates.spill(scratch, first + 3, coordinates.mul(inverse_cd, c), _PRODUCT)


@inner
def _invert_down(begin, end, scratch):
    """Replaces denominators and products by their inverses."""
    for i in range(end - 1, begin - 1, -1):
        above, product = coordinates.reload(scratch, i + _CHAINS, _PRODUCT), coordinates.reload(scratch, i, _PRODUCT)
        below = coordinates.mul_inlined(above, coordinates.reload(scratch, i, _DENOMINATOR))
        coordinates.spill(scratch, i, coordinates.mul_inlined(above, product), _INVERSE)
        coordinates.spill(scratch, i, below, _PRODUCT)


@inlined
def _other(distance, place, i):
    """The row of the second point of step i: its own in the scratch of the first round."""
    return i if distance == 0 else place + distance


@inner
def _compute_slopes(begin, end, distance, places, sums, others, scratch, points, entries, next_places, next_steps):
    """The slopes.  Meanwhile requests half of the points of these steps of the next batch.

    Products leave time for it: requested all at once, points arrive no faster than one in 3 ns from the last cache.
    """
    for i in range(begin, end):
        if i < next_steps:
            lanepoints.request(points, entries, 2 * LANES * views.item(next_places, i))
        place = views.item(places, i)
        y2 = coordinates.reload(others, _other(distance, place, i), 1)
        rise = coordinates.sub_inlined(y2, coordinates.reload(sums, place, 1))
        slope = coordinates.mul_inlined(rise, coordinates.reload(scratch, i, _INVERSE))
        coordinates.spill(scratch, i, slope, _SLOPE)


@inner
def _compute_x(
    begin, end, distance, places, alone, special, sums, others, scratch, points, entries, next_places, next_steps
):
    """x = slope^2 - x1 - x2 of the sums; x1 - x replaces x2.  Meanwhile requests the other half of the points."""
    for i in range(begin, end):
        if i < next_steps:
            lanepoints.request(points, entries, 2 * LANES * views.item(next_places, i) + LANES)
        if not special[i]:
            place, lanes_alone = views.item(places, i), views.item(alone, i)
            other = _other(distance, place, i)
            x1, x2 = coordinates.reload(sums, place, 0), coordinates.reload(others, other, 0)
            x = coordinates.square_sub(coordinates.reload(scratch, i, _SLOPE), x1, x2)
            if lanes_alone:
                x = coordinates.select(np.uint8(lanes_alone), x1, x)
            coordinates.spill(sums, place, x, 0)
            coordinates.spill(others, other, coordinates.sub_inlined(x1, x), 0)


@inner
def _compute_y(begin, end, distance, places, alone, special, sums, others, scratch):
    """y = slope·(x1 - x) - y1 of the sums."""
    for i in range(begin, end):
        if not special[i]:
            place, lanes_alone = views.item(places, i), views.item(alone, i)
            drop, y1 = coordinates.reload(others, _other(distance, place, i), 0), coordinates.reload(sums, place, 1)
            y = coordinates.mul_sub(coordinates.reload(scratch, i, _SLOPE), drop, y1)
            if lanes_alone:
                y = coordinates.select(np.uint8(lanes_alone), y1, y)
            coordinates.spill(sums, place, y, 1)


@inner
def _add_batch(points, entries, distance, places, alone, next_places, is_first, sums, others, scratch, cells):
    """`add_steps` with one inversion.  Steps are processed in blocks whose scratch stays in the L1 cache.

    The points of the batch that follows, which begins with next_places, are requested meanwhile.
    """
    special = np.empty(places.shape[0], np.bool_)
    steps = special.shape[0]
    next_steps, ahead = next_places.shape[0], steps - _AHEAD if is_first else 0
    next_places = views.borrow(next_places)
    points, entries, cells = views.borrow(points), views.borrow(entries), views.borrow(cells)
    places, alone, scratch = views.borrow(places), views.borrow(alone), views.borrow(scratch)
    sums, others = views.borrow(sums), views.borrow(others) if distance == 0 else views.borrow(sums)
    one = coordinates.one(coordinates.load_lanes(cells, 0, 1, 0))
    for chain in range(_CHAINS):
        coordinates.spill(scratch, chain, one, _PRODUCT)
    for begin in range(0, steps, _BLOCK):
        end = min(steps, begin + _BLOCK)
        if distance == 0:
            _begin_gathered(
                begin, end, points, entries, places, alone, ahead, sums, others, scratch, cells, special
            )
        else:
            _begin_reloaded(begin, end, distance, places, alone, sums, scratch, cells, special)
    _invert_products(scratch, steps)
    for begin in range((steps - 1) // _BLOCK * _BLOCK, -1, -_BLOCK):
        end = min(steps, begin + _BLOCK)
        _invert_down(begin, end, scratch)
        for i in range(begin, end):
            if special[i]:
                place, inverse_of_i = views.item(places, i), coordinates.reload(scratch, i, _INVERSE)
                right = lanepoints.reload(others, _other(distance, place, i))
                exceptional.add(sums, place, right, inverse_of_i, views.item(alone, i), cells)
        # Stage by stage over all steps: within a step each product depends on the one before, and the CPU's reorder
        # buffer is too short to overlap it with the next step.
        _compute_slopes(
            begin, end, distance, places, sums, others, scratch, points, entries, next_places, next_steps
        )
        _compute_x(
            begin, end, distance, places, alone, special, sums, others, scratch,
            points, entries, next_places, next_steps,
        )  # fmt: skip
        _compute_y(begin, end, distance, places, alone, special, sums, others, scratch)


@inner
def add_steps(points, entries, distance, places, alone, sums, scratch):
    """A step for each row in `places`: adds row p + distance of the sums to row p in all lanes but those in `alone`.

    In the first round, where `distance` is 0, these are the points of 2·LANES entries from 2·LANES·p on.  What the rows
    p + distance hold afterwards is undefined.
    """
    cells = exceptional.make_cells(points)
    batch_scratch, others = scratch
    steps = places.shape[0]
    batches = (steps + _BATCH - 1) // _BATCH
    for k in range(batches):
        first, end = k * steps // batches, (k + 1) * steps // batches
        following = places[end : (k + 2) * steps // batches if distance == 0 and k + 1 < batches else end]
        few, few_alone, is_first = places[first:end], alone[first:end], k == 0
        _add_batch(points, entries, distance, few, few_alone, following, is_first, sums, others, batch_scratch, cells)
