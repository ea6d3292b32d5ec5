"""Sums of many groups of affine points: in pairs, then the sums of the pairs in pairs, until one point is left.

Groups are summed in lanes (zk/msm/pieces.py).  In the first round the points are gathered from all over their array;
from then on the sums stay in rows of lanes (zk/msm/lanepoints.py).  The pairs of a round share their inversions
(zk/msm/batch_affine.py).
"""

import numpy as np

from zk.curves import weierstrass
from zk.msm import batch_affine, lanepoints, pieces
from zk.msm.lanepoints import LANES
from zk.runtime.jit import inner, kernel

_CHUNK_BYTES = 1 << 19  # of sums of the batches summed together, about, so that they stay in the core's cache


@inner
def _add_first_round(points, entries, lengths, rows, lanes_alone, sums, scratch):
    """Adds the entries of each batch in pairs.  The sums of batch b begin at rows[b], its entries at row 2 rows[b]."""
    places, alone = np.empty(sums.shape[0], np.int32), np.empty(sums.shape[0], np.int32)
    count = 0
    # All first pairs, then all second ones: the entries of a group ascend, so fewer pages are in use at once.
    for t in range(0, lengths[0] - 1, 2):
        for batch in range(rows.shape[0]):
            if lengths[batch * LANES] <= t + 1:
                break
            places[count] = rows[batch] + (t >> 1)
            alone[count] = lanes_alone[2 * rows[batch] + t + 1]
            count += 1
    for batch in range(rows.shape[0]):
        length = lengths[batch * LANES]
        if length & 1:
            place = rows[batch] + (length >> 1)
            lanepoints.copy(points, entries, 2 * place * LANES, sums, place)
    batch_affine.add_steps(points, entries, 0, places[:count], alone[:count], sums, scratch)
    return places, alone


@inner
def _sum_chunk(points, entries, lengths, rows, lanes_alone, sums, scratch):
    """sums[rows[b]] = the sums of the pieces of batch b."""
    places, alone = _add_first_round(points, entries, lengths, rows, lanes_alone, sums, scratch)
    distance = 1
    while 2 * distance < lengths[0]:
        count = 0
        for batch in range(rows.shape[0]):
            end = rows[batch] + ((lengths[batch * LANES] + 1) >> 1)
            for place in range(rows[batch], end - distance, 2 * distance):
                places[count], alone[count] = place, lanes_alone[2 * (place + distance)]
                count += 1
        batch_affine.add_steps(points, entries, distance, places[:count], alone[:count], sums, scratch)
        distance *= 2


@inner
def _sum_pieces(points, placed, layout):
    """The sums of groups and of the parts of those that are cut, at the places that the layout tells."""
    alone, lengths, rows = pieces.alone(layout), layout.lengths, layout.rows
    result = np.zeros((layout.begins.shape[0] + layout.parts.shape[0] + 1,) + points.shape[1:], np.uint64)
    limit = _CHUNK_BYTES // (2 * 8 * LANES * points[0, 0].size)
    sums, scratch = lanepoints.make(points, limit + pieces.LONGEST), batch_affine.make_scratch(points)
    begin = 0
    while begin < rows.shape[0] - 1:
        end, row = begin + 1, rows[begin]
        while end < rows.shape[0] - 1 and rows[end] < row + limit:
            end += 1
        entries, chunk = placed[2 * LANES * row :], rows[begin:end] - row
        _sum_chunk(points, entries, lengths[begin * LANES : end * LANES], chunk, alone[2 * row :], sums, scratch)
        for batch in range(begin, end):
            lanepoints.scatter(sums, rows[batch] - row, result, layout.targets, batch * LANES)
        begin = end
    return result


@inner
def sum_placed(points, placed, layout):
    """The sum of each group as affine points (groups, …); the identity for an empty group.  See zk/msm/pieces.py."""
    groups = layout.begins.shape[0]
    if layout.size == 0:  # and perhaps there are no points
        return np.zeros((groups,) + points.shape[1:], np.uint64)
    sums, long, long_starts = _sum_pieces(points, placed, layout), layout.long, layout.long_starts
    result, parts = sums[:groups], sums[groups:]
    while long.shape[0] > 0:
        every_part = np.arange(0, 2 * long_starts[-1], 2).astype(np.int32)
        of_parts = pieces.cut(long_starts[1:] - long_starts[:-1])
        sums = _sum_pieces(parts, pieces.place(every_part, long_starts, of_parts), of_parts)
        for k in range(long.shape[0]):
            weierstrass.store(result, long[k], weierstrass.load(sums, k))
        parts, long, long_starts = sums[long.shape[0] :], long[of_parts.long], of_parts.long_starts
    return result


@kernel
def sum_groups(points: np.ndarray, entries: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """The sum of each group as affine points (groups, …); the identity for an empty group.

    Group g has entries starts[g] to starts[g + 1].  Entries are int32, starts int64; starts[0] = 0 and starts[-1] is
    the number of entries.
    """
    layout = pieces.cut(starts[1:] - starts[:-1])
    return sum_placed(points, pieces.place(entries, starts, layout), layout)
