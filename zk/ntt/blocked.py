"""Whole transforms over Fr: columns in memory, worked on in parts that stay in the core's cache.

A column of up to BLOCK rows is one block: it is loaded into the buffer, transformed and written back.  A longer one
takes two sweeps.  The layers of the largest halves combine row i of every block with row i of others only, so a tile
of the same few places of all blocks is loaded, goes through those layers, and is written back, reduced to four words
but not below p; then each block by itself goes through the rest.  Joining takes the sweeps in the other order, and
joining followed by splitting three of them, for a tile can do both.
"""

import numpy as np

from zk.fields import memory, shoup
from zk.ntt import butterflies
from zk.runtime import cpu
from zk.runtime.jit import inner, kernel

LANES = cpu.LANES
LOG_BLOCK = 14  # rows of a block, 40 bytes each in the buffer: they stay in 1 MiB


@inner
def _load(column, row, buffer, first, count):
    """Rows of a column, as elements of the buffer."""
    for i in range(count):
        memory.spill(buffer, first + i, memory.load_lanes(column, row + i * LANES, 1))


@inner
def _load_turned(column, row, buffer):
    """Rows of a column, as turned elements of the buffer."""
    for first in range(0, buffer.shape[0], LANES):
        for i in range(first, first + LANES):
            memory.spill(buffer, i, memory.load_lanes(column, row + first * (LANES - 1) + i, LANES))


@inner
def _store(column, row, buffer, first, count):
    """Settled elements back to their rows."""
    for i in range(count):
        a = shoup.reduce_partial(memory.reload(buffer, first + i))
        memory.store_lanes(column, row + i * LANES, 1, shoup.normalize(a))


@inner
def _store_scaled(column, row, buffer, first, count, scale):
    """Elements times a factor back to their rows, canonical."""
    factor = shoup.load_factors(scale, 0)
    for i in range(count):
        a = shoup.mul(memory.reload(buffer, first + i), factor)
        memory.store_lanes(column, row + i * LANES, 1, shoup.reduce(a))


@inner
def _store_turned(column, row, buffer):
    """Turned elements back to their rows, canonical."""
    for first in range(0, buffer.shape[0], LANES):
        for i in range(first, first + LANES):
            a = shoup.reduce_partial(memory.reload(buffer, i))
            memory.store_lanes(column, row + first * (LANES - 1) + i, LANES, shoup.reduce(a))


@inner
def _join_blocks(column, buffer, blocks, joining):
    """The small layers of every block, and with one block all of them; the values stay in the buffer then."""
    rows = column.shape[0] // blocks
    for s in range(blocks):
        _load_turned(column, s * rows, buffer)
        butterflies.join_lanes(buffer, joining.lanes, s)
        butterflies.join_layers(buffer, 1, joining.shared, joining.coset * blocks + s)
        if blocks > 1:
            _store(column, s * rows, buffer, 0, rows // LANES)


@inner
def _split_blocks(column, buffer, blocks, splitting):
    """The small layers of every block, and with one block, whose values are in the buffer, all of them."""
    rows = column.shape[0] // blocks
    for s in range(blocks):
        if blocks > 1:
            _load(column, s * rows, buffer, 0, rows // LANES)
        butterflies.split_layers(buffer, 1, splitting.shared, splitting.coset * blocks + s)
        butterflies.split_lanes(buffer, splitting.lanes, s)
        _store_turned(column, s * rows, buffer)


@inner
def _tiles(column, blocks, count, joining, splitting, joins, splits):
    """The layers between rows of different blocks, by tiles of `count` elements from each."""
    rows = column.shape[0] // blocks
    tile = np.empty((blocks * count, memory.SCRATCH_WORDS), np.uint64)
    for first in range(0, rows, count * LANES):
        for s in range(blocks):
            _load(column, s * rows + first, tile, s * count, count)
        if joins:
            butterflies.join_layers(tile, count, joining.shared, joining.coset)
        if splits:
            butterflies.split_layers(tile, count, splitting.shared, splitting.coset)
        for s in range(blocks):
            if splits:
                _store(column, s * rows + first, tile, s * count, count)
            else:
                _store_scaled(column, s * rows + first, tile, s * count, count, joining.scale)


@kernel
def run(column, rows, joining, splitting, joins, splits):
    """Join, which divides by N when nothing follows, then split, either only where it says so; by blocks of `rows`.

    The column has a power of two of rows, at least LANES^2, and `rows` divides it.  What is not done has no roots:
    any others are passed.  N/2·log N mul each.
    """
    blocks = column.shape[0] // rows
    buffer = np.empty((rows // LANES, memory.SCRATCH_WORDS), np.uint64)
    if joins:
        _join_blocks(column, buffer, blocks, joining)
    elif blocks == 1:
        _load(column, 0, buffer, 0, rows // LANES)
    if blocks > 1:
        count = max(1, buffer.shape[0] // blocks)
        _tiles(column, blocks, count, joining, splitting, joins, splits)
    if splits:
        _split_blocks(column, buffer, blocks, splitting)
    elif blocks == 1:
        _store_scaled(column, 0, buffer, 0, rows // LANES, joining.scale)
