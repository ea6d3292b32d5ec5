"""The layers of a transform over Fr, on a buffer that stays in the core's cache.

Row i of a buffer is an element of one or eight lanes.  A layer of half h combines elements i and i + h of each block of
2h.  Two layers are done together, so that an element is loaded and stored once for both.  The root of block b of m is
row m·base + b of a table, as a factor (zk/fields/shoup.py).  base is 0 where the buffer starts from x^N - 1, 1 where it
starts from x^N + 1, and s or S + s where it is block s of S.

When the halves come down to one element, a transposition exchanges lanes and places.  From there each lane is a block
of its own with its own root.  With one lane there is nothing left to do.

Bounds, in lanes: a product is below 2p+ = 2p + 2^206.  Forward, a layer adds 3p at most, so from 2p 27 layers stay
below 84p.  Inverse, four elements below 4p+ become a sum of all, below 16p+, which is partially reduced to 1.65p; a sum
of two products, below 4p+; and two products, below 2p+.
"""

from zk.fields import memory, shoup
from zk.runtime import cpu
from zk.runtime.jit import inlined, inner

LANES = cpu.LANES
LANE_ROOTS = LANES - 1  # 1 + 2 + 4, for the three layers of a block of LANES rows


@inlined
def _forward_four(buffer, i, quarter, outer, low, high):
    """Two layers, of half 2·quarter and quarter, on four elements: u, v → u + c·v, u - c·v.  4 mul."""
    a, b = memory.reload(buffer, i), memory.reload(buffer, i + quarter)
    c = shoup.mul(memory.reload(buffer, i + 2 * quarter), outer)
    d = shoup.mul(memory.reload(buffer, i + 3 * quarter), outer)
    a, c = shoup.add(a, c), shoup.sub(a, c)
    b, d = shoup.mul(shoup.add(b, d), low), shoup.mul(shoup.sub(b, d), high)
    memory.spill(buffer, i, shoup.add(a, b))
    memory.spill(buffer, i + quarter, shoup.sub(a, b))
    memory.spill(buffer, i + 2 * quarter, shoup.add(c, d))
    memory.spill(buffer, i + 3 * quarter, shoup.sub(c, d))


@inlined
def _forward_two(buffer, i, half, root):
    """One layer on two elements.  1 mul."""
    a, b = memory.reload(buffer, i), shoup.mul(memory.reload(buffer, i + half), root)
    memory.spill(buffer, i, shoup.add(a, b))
    memory.spill(buffer, i + half, shoup.sub(a, b))


@inlined
def _inverse_four(buffer, i, quarter, outer, low, high):
    """4 times the inverse of `_forward_four`: s, t → s + t, (s - t) / c.  4 mul."""
    a, b = memory.reload(buffer, i), memory.reload(buffer, i + quarter)
    c, d = memory.reload(buffer, i + 2 * quarter), memory.reload(buffer, i + 3 * quarter)
    a, b = shoup.add(a, b), shoup.mul(shoup.sub_sum(a, b), low)
    c, d = shoup.add(c, d), shoup.mul(shoup.sub_sum(c, d), high)
    memory.spill(buffer, i, shoup.reduce_partial(shoup.add(a, c)))
    memory.spill(buffer, i + quarter, shoup.add(b, d))
    memory.spill(buffer, i + 2 * quarter, shoup.mul(shoup.sub_sum(a, c), outer))
    memory.spill(buffer, i + 3 * quarter, shoup.mul(shoup.sub_sum(b, d), outer))


@inlined
def _inverse_two(buffer, i, half, root):
    """2 times the inverse of `_forward_two`.  1 mul."""
    a, b = memory.reload(buffer, i), memory.reload(buffer, i + half)
    memory.spill(buffer, i, shoup.reduce_partial(shoup.add(a, b)))
    memory.spill(buffer, i + half, shoup.mul(shoup.sub_sum(a, b), root))


@inner
def forward_layers(buffer, stop, roots, base):
    """The layers from half of the buffer down to a half of `stop` elements."""
    half, blocks = buffer.shape[0] >> 1, 1
    while half >= 2 * stop:
        quarter = half >> 1
        for block in range(blocks):
            place = blocks * base + block
            outer = shoup.load_factor(roots, place)
            low, high = shoup.load_factor(roots, 2 * place), shoup.load_factor(roots, 2 * place + 1)
            for i in range(2 * half * block, 2 * half * block + quarter):
                _forward_four(buffer, i, quarter, outer, low, high)
        half, blocks = half >> 2, blocks << 2
    if half >= stop:
        for block in range(blocks):
            root = shoup.load_factor(roots, blocks * base + block)
            for i in range(2 * half * block, 2 * half * block + half):
                _forward_two(buffer, i, half, root)


@inner
def inverse_layers(buffer, stop, inverse_roots, base):
    """The inverse of `forward_layers`, times the number of blocks."""
    quarter, blocks = stop, buffer.shape[0] // (4 * stop)
    while blocks > 0:
        for block in range(blocks):
            place = blocks * base + block
            outer = shoup.load_factor(inverse_roots, place)
            low, high = shoup.load_factor(inverse_roots, 2 * place), shoup.load_factor(inverse_roots, 2 * place + 1)
            for i in range(4 * quarter * block, 4 * quarter * block + quarter):
                _inverse_four(buffer, i, quarter, outer, low, high)
        quarter, blocks = quarter << 2, blocks >> 2
    if 2 * quarter == buffer.shape[0]:
        root = shoup.load_factor(inverse_roots, base)
        for i in range(quarter):
            _inverse_two(buffer, i, quarter, root)


@inner
def forward_lanes(buffer, lane_roots, base):
    """The last layers, of half 4, 2 and 1 rows, when the buffer is block `base`.  Leaves the elements transposed."""
    for first in range(0, buffer.shape[0] if LANES > 1 else 0, LANES):
        memory.transpose(buffer, first)
        place = LANE_ROOTS * (base * (buffer.shape[0] // LANES) + first // LANES)
        outer = shoup.load_factors(lane_roots, place)
        low, high = shoup.load_factors(lane_roots, place + 1), shoup.load_factors(lane_roots, place + 2)
        for i in range(first, first + 2):
            _forward_four(buffer, i, 2, outer, low, high)
        for i in range(4):
            _forward_two(buffer, first + 2 * i, 1, shoup.load_factors(lane_roots, place + 3 + i))


@inner
def inverse_lanes(buffer, inverse_lane_roots, base):
    """The inverse of `forward_lanes`, times 8 in lanes."""
    for first in range(0, buffer.shape[0] if LANES > 1 else 0, LANES):
        place = LANE_ROOTS * (base * (buffer.shape[0] // LANES) + first // LANES)
        for i in range(4):
            _inverse_two(buffer, first + 2 * i, 1, shoup.load_factors(inverse_lane_roots, place + 3 + i))
        outer = shoup.load_factors(inverse_lane_roots, place)
        low, high = shoup.load_factors(inverse_lane_roots, place + 1), shoup.load_factors(inverse_lane_roots, place + 2)
        for i in range(first, first + 2):
            _inverse_four(buffer, i, 2, outer, low, high)
        memory.transpose(buffer, first)
