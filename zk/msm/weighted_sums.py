"""Σ (i + 1)·bucket_i by the sums of the rows and columns of a matrix of buckets, and running sums of those in lanes.

With i = C·row + column that is C·Σ row·(sum of the row) + Σ (column + 1)·(sum of the column).  Rows and columns are
summed by batch-affine additions (zk/msm/group_sums.py).  A *line* is the sum of one.  A running sum from the last line
down, and the sum of all running sums, give Σ (j + 1)·line_j in two additions for each line.  Where the CPU has lanes,
each adds up a segment of m lines: with R_k the sum of segment k and T_k its lines weighted by 1 to m,

    Σ (j + 1)·line_j = Σ T_k + m Σ k·R_k.

Additions in lanes are incomplete: one with equal or opposite points or the identity leaves ZZ = 0.  Such lanes are
added once more, one at a time.
"""

import numpy as np

from zk.curves import coordinates, weierstrass
from zk.msm import group_sums
from zk.msm.lanepoints import LANES
from zk.runtime.jit import inner

_FEW_BUCKETS = 64  # up to here a running sum is as fast as sums by rows and columns
_SEGMENTS = LANES // 2  # of the rows, and as many of the columns
_SEGMENT_BITS = _SEGMENTS.bit_length() - 1
_LEFT, _RIGHT, _SUM = 0, 4, 8  # where cells have the points of an addition in a lane, of four coordinates each
_CELL = 12


@inner
def _running_sum(points):
    """Σ (i + 1)·points[i] in XYZZ form, by summing the running sums of points[i:].  2 additions for each point."""
    running = weierstrass.identity_xyzz(weierstrass.load(points, 0)[0])
    total = running
    for i in range(points.shape[0] - 1, -1, -1):
        point = weierstrass.load(points, i)
        if not weierstrass.is_identity(point):
            running = weierstrass.add(running, weierstrass.from_affine(point))
        total = weierstrass.add(total, running)
    return total


@inner
def _lines(buckets, bits):
    """The sums of the rows 1, 2, … of the bucket matrix and of its columns: 2^bits of each, some perhaps empty."""
    size, columns = buckets.shape[0], 1 << bits
    entries, starts, count = np.empty(2 * size, np.int32), np.zeros(2 * columns + 1, np.int64), 0
    for row in range(1, columns + 1):
        for place in range(row << bits, min((row + 1) << bits, size)):
            if not weierstrass.is_identity(weierstrass.load(buckets, place)):
                entries[count] = 2 * place
                count += 1
        starts[row] = count
    for column in range(columns):
        for place in range(column, size, columns):
            if not weierstrass.is_identity(weierstrass.load(buckets, place)):
                entries[count] = 2 * place
                count += 1
        starts[columns + column + 1] = count
    return group_sums.sum_groups(buckets, entries[:count], starts)


@inner
def _store_lanes(cells, first, point):
    """Writes a point in XYZZ form, or the first of its coordinates, to each lane's cells from `first` on."""
    coordinates.store_lanes(cells, 0, 1, coordinates.canonical(point[0]), first)
    coordinates.store_lanes(cells, 0, 1, coordinates.canonical(point[1]), first + 1)
    coordinates.store_lanes(cells, 0, 1, coordinates.canonical(point[2]), first + 2)
    coordinates.store_lanes(cells, 0, 1, coordinates.canonical(point[3]), first + 3)


@inner
def _load_lanes(cells, first):
    """The points in the cells from `first` on, one in each lane."""
    x, y = coordinates.load_lanes(cells, 0, 1, first), coordinates.load_lanes(cells, 0, 1, first + 1)
    return x, y, coordinates.load_lanes(cells, 0, 1, first + 2), coordinates.load_lanes(cells, 0, 1, first + 3)


@inner
def _load_cell(cells, lane, first):
    """The point of one lane."""
    x, y = coordinates.load(cells, lane, first), coordinates.load(cells, lane, first + 1)
    return x, y, coordinates.load(cells, lane, first + 2), coordinates.load(cells, lane, first + 3)


@inner
def _store_cell(cells, lane, first, point):
    """Writes the point of one lane."""
    coordinates.store(cells, lane, point[0], first)
    coordinates.store(cells, lane, point[1], first + 1)
    coordinates.store(cells, lane, point[2], first + 2)
    coordinates.store(cells, lane, point[3], first + 3)


@inner
def _repaired(lanes, left, right, result, cells):
    """The result of an addition, with the sums in the lanes of this mask computed by complete formulas."""
    _store_lanes(cells, _LEFT, left)
    _store_lanes(cells, _RIGHT, right)
    _store_lanes(cells, _SUM, result)
    for lane in range(LANES):
        if lanes >> lane & 1:
            points = _load_cell(cells, lane, _LEFT), _load_cell(cells, lane, _RIGHT)
            _store_cell(cells, lane, _SUM, weierstrass.add(points[0], points[1]))
    return _load_lanes(cells, _SUM)


@inner
def _add_line(running, lines, j, length, cells):
    """running + line j of each segment."""
    x, y = coordinates.load_lanes(lines, j, length, 0), coordinates.load_lanes(lines, j, length, 1)
    result = weierstrass.add_mixed_incomplete(running, x, y)
    lanes = coordinates.may_be_zero(result[2]) | coordinates.may_be_zero(y)  # the identity has y = 0
    if lanes:
        for lane in range(LANES):
            _store_cell(cells, lane, _RIGHT, weierstrass.from_affine(weierstrass.load(lines, lane * length + j)))
        return _repaired(lanes, running, _load_lanes(cells, _RIGHT), result, cells)
    return result


@inner
def _add(left, right, cells):
    """left + right."""
    result = weierstrass.add_incomplete(left, right)
    lanes = coordinates.may_be_zero(result[2])
    if lanes:
        return _repaired(lanes, left, right, result, cells)
    return result


@inner
def _segment_sums(lines, length):
    """Cells with T_k in row k from _LEFT on, and R_k from _RIGHT on, for the LANES segments of this length."""
    cells = np.empty((LANES, _CELL) + lines.shape[2:], np.uint64)
    for lane in range(LANES):
        last = weierstrass.load(lines, (lane + 1) * length - 1)
        _store_cell(cells, lane, _LEFT, weierstrass.from_affine(last))
    running = _load_lanes(cells, _LEFT)
    total = running
    for j in range(length - 2, -1, -1):
        running = _add_line(running, lines, j, length, cells)
        total = _add(total, running, cells)
    _store_lanes(cells, _LEFT, total)
    _store_lanes(cells, _RIGHT, running)
    return cells


@inner
def _joined(cells, first, bits):
    """Σ T_k + 2^bits Σ k·R_k over the _SEGMENTS segments from `first` on."""
    running = _load_cell(cells, first + _SEGMENTS - 1, _RIGHT)
    weighted, total = running, _load_cell(cells, first + _SEGMENTS - 1, _LEFT)
    for k in range(_SEGMENTS - 2, -1, -1):
        total = weierstrass.add(total, _load_cell(cells, first + k, _LEFT))
        if k > 0:
            running = weierstrass.add(running, _load_cell(cells, first + k, _RIGHT))
            weighted = weierstrass.add(weighted, running)
    for _ in range(bits):
        weighted = weierstrass.double(weighted)
    return weierstrass.add(total, weighted)


@inner
def _sums_of_lines(lines, bits):
    """Σ (j + 1)·line_j in XYZZ form over the lines of the rows, and over those of the columns."""
    columns = 1 << bits
    if LANES == 1:
        return _running_sum(lines[:columns]), _running_sum(lines[columns:])
    segment_bits = bits - _SEGMENT_BITS
    cells = _segment_sums(lines, 1 << segment_bits)
    return _joined(cells, 0, segment_bits), _joined(cells, _SEGMENTS, segment_bits)


@inner
def weighted_sum(buckets):
    """Σ (i + 1)·buckets[i] in XYZZ form for affine points, zeros for an empty bucket."""
    size = buckets.shape[0]
    if size <= _FEW_BUCKETS:
        return _running_sum(buckets)
    bits = 3
    while 1 << 2 * bits < size:
        bits += 1
    total, by_column = _sums_of_lines(_lines(buckets, bits), bits)
    for _ in range(bits):
        total = weierstrass.double(total)
    return weierstrass.add(total, by_column)
