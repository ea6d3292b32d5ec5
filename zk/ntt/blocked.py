"""Cache-blocked transforms over Fr.

A column of up to BLOCK rows is one block: it is loaded into a buffer, transformed there and written back.  A longer one
takes two passes.  The layers with the largest halves combine row i of a block with row i of other blocks only.  So a
tile, the same few rows of all blocks, is loaded, goes through those layers, and is written back, reduced to four words
but not below p.  Then each block goes through the other layers.  The inverse takes the passes in the opposite order.
An inverse followed by a forward transform takes three passes, because one pass over the tiles does both.
"""

import numpy as np

from zk.fields import memory, shoup
from zk.ntt import butterflies
from zk.ntt.roots import Roots
from zk.runtime import cpu
from zk.runtime.jit import inner, kernel

LANES = cpu.LANES
LOG_BLOCK = 14  # rows of a block, 40 bytes each in the buffer, which fits a cache of 1 MiB


@inner
def _load(column, row, buffer, first, count):
    """Loads rows of a column into the buffer."""
    for i in range(count):
        memory.spill(buffer, first + i, memory.load_lanes(column, row + i * LANES, 1))


@inner
def _load_transposed(column, row, buffer):
    """Loads rows of a column into the buffer, transposed."""
    for first in range(0, buffer.shape[0], LANES):
        for i in range(first, first + LANES):
            memory.spill(buffer, i, memory.load_lanes(column, row + first * (LANES - 1) + i, LANES))


@inner
def _store(column, row, buffer, first, count):
    """Writes elements back to their rows, partially reduced."""
    for i in range(count):
        a = shoup.reduce_partial(memory.reload(buffer, first + i))
        memory.store_lanes(column, row + i * LANES, 1, shoup.normalize(a))


@inner
def _store_scaled(column, row, buffer, first, count, scale):
    """Writes elements times a factor back to their rows, reduced."""
    factor = shoup.load_factors(scale, 0)
    for i in range(count):
        a = shoup.mul(memory.reload(buffer, first + i), factor)
        memory.store_lanes(column, row + i * LANES, 1, shoup.reduce(a))


@inner
def _store_transposed(column, row, buffer):
    """Writes transposed elements back to their rows, reduced."""
    for first in range(0, buffer.shape[0], LANES):
        for i in range(first, first + LANES):
            a = shoup.reduce_partial(memory.reload(buffer, i))
            memory.store_lanes(column, row + first * (LANES - 1) + i, LANES, shoup.reduce(a))


@inner
def _inverse_blocks(column, buffer, blocks, inverse):
    """The inverse layers within blocks.  A single block stays in the buffer."""
    rows = column.shape[0] // blocks
    for s in range(blocks):
        _load_transposed(column, s * rows, buffer)
        butterflies.inverse_lanes(buffer, inverse.lanes, s)
        butterflies.inverse_layers(buffer, 1, inverse.shared, inverse.coset * blocks + s)
        if blocks > 1:
            _store(column, s * rows, buffer, 0, rows // LANES)


@inner
def _forward_blocks(column, buffer, blocks, forward):
    """The forward layers within blocks.  A single block is in the buffer already."""
    rows = column.shape[0] // blocks
    for s in range(blocks):
        if blocks > 1:
            _load(column, s * rows, buffer, 0, rows // LANES)
        butterflies.forward_layers(buffer, 1, forward.shared, forward.coset * blocks + s)
        butterflies.forward_lanes(buffer, forward.lanes, s)
        _store_transposed(column, s * rows, buffer)


@inner
def _tiles(column, blocks, count, inverse, forward, does_inverse, does_forward):
    """The layers between blocks, by tiles of `count` elements from each block."""
    rows = column.shape[0] // blocks
    tile = np.empty((blocks * count, memory.SCRATCH_WORDS), np.uint64)
    for first in range(0, rows, count * LANES):
        for s in range(blocks):
            _load(column, s * rows + first, tile, s * count, count)
        if does_inverse:
            butterflies.inverse_layers(tile, count, inverse.shared, inverse.coset)
        if does_forward:
            butterflies.forward_layers(tile, count, forward.shared, forward.coset)
        for s in range(blocks):
            if does_forward:
                _store(column, s * rows + first, tile, s * count, count)
            else:
                _store_scaled(column, s * rows + first, tile, s * count, count, inverse.scale)


@kernel
def run(
    column: np.ndarray, rows: int, inverse: Roots, forward: Roots, does_inverse: bool, does_forward: bool
) -> None:
    """The inverse transform, if asked for, then the forward one, if asked for, in blocks of `rows` rows.

    The inverse divides by N when no forward transform follows.  The column has a power of two of rows, at least
    LANES^2, which `rows` divides.  The roots of a transform that is not asked for are ignored.  N/2·log N mul each.
    """
    blocks = column.shape[0] // rows
    buffer = np.empty((rows // LANES, memory.SCRATCH_WORDS), np.uint64)
    if does_inverse:
        _inverse_blocks(column, buffer, blocks, inverse)
    elif blocks == 1:
        _load(column, 0, buffer, 0, rows // LANES)
    if blocks > 1:
        count = max(1, buffer.shape[0] // blocks)
        _tiles(column, blocks, count, inverse, forward, does_inverse, does_forward)
    if does_forward:
        _forward_blocks(column, buffer, blocks, forward)
    elif blocks == 1:
        _store_scaled(column, 0, buffer, 0, rows // LANES, inverse.scale)
