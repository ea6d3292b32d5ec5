"""Groups of entries cut into pieces and put into lanes: LANES pieces of about the same length are summed side by side.

A group with more than LONGEST entries is cut into pieces of about equal length, so that it does not keep one lane busy
while the others have nothing to do; their sums are then a group of their own.  Pieces are ordered by length, the
longest first.  So the lengths in one *batch* of LANES pieces hardly differ, and its first piece is the longest.

Entries are *placed* in rows of LANES: row t of a batch has the t-th entry of each of its pieces.  The places follow
from the sizes of the groups alone, so entries may come in any order (`following`).  Those of groups that are cut are
placed one after the other behind all rows, and put into their rows at the end (`finish`).
"""

from typing import NamedTuple

import numpy as np

from zk.msm.lanepoints import ALL_LANES, LANES
from zk.runtime.jit import inlined, inner

LONGEST = 64
_LANES, _ONE = np.uint32(LANES), np.uint32(1)


class Layout(NamedTuple):
    """The places of the entries of all groups, and of the sums of their pieces."""

    size: int  # of the array of placed entries
    apart: int  # where the entries begin that are behind all rows
    begins: np.ndarray  # (groups,): the place of the first entry of each group that is not empty
    lengths: np.ndarray  # (pieces,): a multiple of LANES of them, the last perhaps empty
    targets: np.ndarray  # (pieces,): the place of each sum: its group, or one behind the groups for those cut
    rows: np.ndarray  # (batches + 1,): the sums of a batch begin in this row, its entries in twice this row
    long: np.ndarray  # the groups that are cut
    long_starts: np.ndarray  # (long + 1,): where the parts of each begin, among all parts
    parts: np.ndarray  # (parts, 2): which piece a part is, and where its entries begin


@inner
def _count(sizes):
    """counts[n] = the number of pieces of length n; and how many groups are cut, into how many parts."""
    counts, long, parts = np.zeros(LONGEST + 2, np.int64), 0, 0
    for g in range(sizes.shape[0]):
        size = sizes[g]
        if size <= LONGEST:
            counts[size] += 1
        else:
            count = (size + LONGEST - 1) // LONGEST
            long, parts = long + 1, parts + count
            for k in range(count):
                counts[(k + 1) * size // count - k * size // count] += 1
    return counts, long, parts


@inner
def _lengths(counts):
    """The lengths of all pieces in order.  counts[n] becomes the first piece of length n."""
    pieces = counts[1:].sum()
    lengths, first = np.zeros((pieces + LANES - 1) // LANES * LANES, np.int64), 0
    for length in range(LONGEST, 0, -1):
        end = first + counts[length]
        lengths[first:end] = length
        counts[length], first = first, end
    return lengths, pieces


@inner
def cut(sizes):
    """The layout of groups of these sizes.  The sums of empty pieces have the last place, one after all."""
    counts, long_count, parts_count = _count(sizes)
    lengths, pieces = _lengths(counts)
    rows = np.zeros(lengths.shape[0] // LANES + 1, np.int64)
    for batch in range(rows.shape[0] - 1):
        rows[batch + 1] = rows[batch] + ((lengths[batch * LANES] + 1) >> 1)
    groups, apart = sizes.shape[0], 2 * LANES * rows[-1]
    begins, targets = np.empty(groups, np.uint32), np.empty(lengths.shape[0], np.int64)
    targets[pieces:] = groups + parts_count
    long, long_starts = np.empty(long_count, np.int64), np.zeros(long_count + 1, np.int64)
    parts, part, cuts, end = np.empty((parts_count, 2), np.int64), 0, 0, apart
    for g in range(groups):
        size = sizes[g]
        if size <= LONGEST:
            piece = counts[size]
            counts[size] += 1
            if size > 0:
                targets[piece] = g
                begins[g] = 2 * LANES * rows[piece // LANES] + piece % LANES
        else:
            count = (size + LONGEST - 1) // LONGEST
            for k in range(count):
                begin, length = end + k * size // count, (k + 1) * size // count - k * size // count
                piece = counts[length]
                counts[length] += 1
                targets[piece], parts[part, 0], parts[part, 1] = groups + part, piece, begin
                part += 1
            begins[g], long[cuts], long_starts[cuts + 1] = end, g, part
            cuts, end = cuts + 1, end + size
    return Layout(end, apart, begins, lengths, targets, rows, long, long_starts, parts)


@inlined
def following(place, apart):
    """The place of the next entry of a group, after the one at this place."""
    return place + (_LANES if place < apart else _ONE)


@inner
def place(entries, starts, layout):
    """The entries of groups, placed: group g has entries starts[g] to starts[g + 1]."""
    placed = np.zeros(layout.size, np.int32)
    for g in range(starts.shape[0] - 1):
        at = layout.begins[g]
        for i in range(starts[g], starts[g + 1]):
            placed[at] = entries[i]
            at = following(at, np.uint32(layout.apart))
    finish(placed, layout)
    return placed


@inner
def finish(placed, layout):
    """Puts the entries of groups that are cut into the rows of their pieces, when all entries are placed."""
    for part in range(layout.parts.shape[0]):
        piece, begin = layout.parts[part, 0], layout.parts[part, 1]
        row = 2 * LANES * layout.rows[piece // LANES] + piece % LANES
        for t in range(layout.lengths[piece]):
            placed[row + t * LANES] = placed[begin + t]


@inner
def alone(layout):
    """For each row of entries the mask of lanes whose piece has none there: the row has some other entry in them."""
    masks = np.zeros(2 * layout.rows[-1], np.int32)
    for batch in range(layout.rows.shape[0] - 1):
        first, row, present = batch * LANES, 2 * layout.rows[batch], LANES
        for t in range(layout.lengths[first + LANES - 1], layout.lengths[first]):
            while layout.lengths[first + present - 1] <= t:
                present -= 1
            masks[row + t] = ALL_LANES & (ALL_LANES << present)
    return masks
