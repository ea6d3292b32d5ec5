"""Groups of entries cut into pieces and put into lanes: LANES pieces of about the same length are summed side by side.

Group g has entries starts[g] to starts[g + 1].  One with more than LONGEST entries is cut into pieces of equal length,
so that it does not keep one lane busy while the others have nothing to do; their sums are then a group of their own.
Pieces are ordered by length, the longest first.  So the lengths in one *batch* of LANES pieces hardly differ, and its
first piece is the longest.
"""

import numpy as np

from zk.msm.lanepoints import ALL_LANES, LANES
from zk.runtime.jit import inner

LONGEST = 64


@inner
def _count(starts):
    """counts[n] = the number of pieces of length n; and how many groups were cut, into how many pieces."""
    counts, long, parts_of_long = np.zeros(LONGEST + 2, np.int64), 0, 0
    for g in range(starts.shape[0] - 1):
        length = starts[g + 1] - starts[g]
        parts = (length + LONGEST - 1) // LONGEST
        if parts > 1:
            long, parts_of_long = long + 1, parts_of_long + parts
            for k in range(parts):
                counts[(k + 1) * length // parts - k * length // parts] += 1
        else:
            counts[length] += 1
    return counts, long, parts_of_long


@inner
def cut(starts):
    """The pieces of all groups that are not empty: where each begins, its length, and the place of its sum.

    A group that is one piece has its sum at its own place, the pieces of the others have theirs behind the groups.  The
    number of pieces is a multiple of LANES; those added at the end have length 0 and the last place, one after all.
    Also returns the groups that were cut, and where the pieces of each start among all of those.
    """
    counts, long, parts_of_long = _count(starts)
    groups, count = starts.shape[0] - 1, 0
    for length in range(LONGEST, 0, -1):
        counts[length], count = count, count + counts[length]
    room = (count + LANES - 1) // LANES * LANES
    begins, lengths, places = np.zeros(room, np.int64), np.zeros(room, np.int64), np.empty(room, np.int64)
    places[count:] = groups + parts_of_long
    long_groups, long_starts = np.empty(long, np.int64), np.zeros(long + 1, np.int64)
    long, place = 0, groups
    for g in range(groups):
        length = starts[g + 1] - starts[g]
        parts = (length + LONGEST - 1) // LONGEST
        for k in range(parts):
            begin, end = starts[g] + k * length // parts, starts[g] + (k + 1) * length // parts
            at = counts[end - begin]
            counts[end - begin] += 1
            begins[at], lengths[at], places[at] = begin, end - begin, place if parts > 1 else g
            if parts > 1:
                place += 1
        if parts > 1:
            long_groups[long] = g
            long += 1
            long_starts[long] = place - groups
    return begins, lengths, places, long_groups, long_starts


@inner
def fill(entries, begins, lengths, first, row, rows, alone):
    """Writes the entries of the batch of pieces from `first` on, LANES to a row, to the rows from `row` on.

    alone[row + t] is the mask of lanes whose piece has no more than t entries.  There the row has some other entry.
    """
    longest, shortest = lengths[first], lengths[first + LANES - 1]
    for lane in range(LANES):
        begin, length = begins[first + lane], lengths[first + lane]
        for t in range(longest):
            rows[(row + t) * LANES + lane] = entries[begin + (t if t < length else 0)]
    alone[row : row + shortest] = 0
    present = LANES
    for t in range(shortest, longest):
        while lengths[first + present - 1] <= t:
            present -= 1
        alone[row + t] = ALL_LANES & (ALL_LANES << present)
