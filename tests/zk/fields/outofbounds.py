"""Prints as JSON which accesses, inside and outside of forty rows, raise (run by test_bounds)."""

import json

import numpy as np

from tests.zk.fields import test_lanes_memory as moves
from zk.fields import memory, views
from zk.runtime.jit import kernel

LANES, ROWS = moves.LANES, moves.ROWS


@kernel
def item(places, index):
    """Element `index` of a view."""
    return views.item(views.borrow(places), index)


@kernel
def plain(rows, index):
    """An access that Numba checks itself."""
    return rows[index, 0]


@kernel
def part(rows, index, part):
    """A part of a row of an array."""
    return memory.load(rows, index, part)


@kernel
def part_of_view(rows, index, part):
    """A part of a row of a view."""
    return memory.load(views.borrow(rows), index, part)


def places(lane, place):
    """Row 0 in all lanes but one."""
    return np.where(np.arange(LANES) == lane, place, 0).astype(np.int32)


def verdict(function, *arguments):
    """Whether a kernel stays inside its arrays or raises."""
    try:
        function(*arguments)
    except IndexError:
        return "outside"
    return "inside"


def main():
    """Prints the verdicts."""
    rows, result, near = moves.table(), np.zeros((ROWS, 4), np.uint64), np.arange(LANES, dtype=np.int32)
    pairs = rows.reshape(-1, 2, 4)
    print(json.dumps({
        "first rows": verdict(moves.copy, rows, 0, 1, result, 0, 1),
        "last rows": verdict(moves.copy, rows, ROWS - LANES, 1, result, ROWS - LANES, 1),
        "read behind": verdict(moves.copy, rows, ROWS - LANES + 1, 1, result, 0, 1),
        "read before": verdict(moves.copy, rows, -1, 1, result, 0, 1),
        "write behind": verdict(moves.copy, rows, 0, 1, result, ROWS - LANES + 1, 1),
        "gather the last": verdict(moves.permute, rows, places(LANES - 1, ROWS - 1), 0, 0, result, near, 0),
        "gather behind": verdict(moves.permute, rows, places(LANES - 1, ROWS), 0, 0, result, near, 0),
        "gather before": verdict(moves.permute, rows, places(0, -1), 0, 0, result, near, 0),
        "places behind": verdict(moves.permute, rows, near, 1, 0, result, near, 0),
        "scatter behind": verdict(moves.permute, rows, near, 0, 0, result, places(LANES - 1, ROWS), 0),
        "scatter by places behind": verdict(moves.permute, rows, near, 0, 0, result, near, 1),
        "the last item of a view": verdict(item, near, LANES - 1),
        "an item behind a view": verdict(item, near, LANES),
        "plain indexing behind": verdict(plain, rows, ROWS),
        "the last part of a row": verdict(part, pairs, ROWS // 2 - 1, 1),
        "a part behind a row": verdict(part, pairs, 0, 2),
        "a part behind the row of a view": verdict(part_of_view, pairs, 0, 2),
        "the last part of a view": verdict(part_of_view, pairs, ROWS // 2 - 1, 1),
    }))


if __name__ == "__main__":
    main()
