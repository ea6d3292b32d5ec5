"""Steps of additions in which a lane may have equal or opposite points or the identity: one lane at a time.

In *cells* each lane has a row: x1, y1, x2, y2, and the denominator of the slope or its inverse.
"""

import numpy as np

from zk.curves import coordinates, weierstrass
from zk.msm import lanepoints
from zk.msm.lanepoints import LANES
from zk.runtime.jit import inner


@inner
def make_cells(points):
    """Cells for the points of a step, of the group of these."""
    return np.zeros((LANES, 5) + points.shape[2:], np.uint64)


@inner
def _to_cells(left, right, cells):
    """Writes the points of a step to the cells of their lanes."""
    coordinates.store_lanes(cells, 0, 1, coordinates.canonical(left[0]), 0)
    coordinates.store_lanes(cells, 0, 1, coordinates.canonical(left[1]), 1)
    coordinates.store_lanes(cells, 0, 1, coordinates.canonical(right[0]), 2)
    coordinates.store_lanes(cells, 0, 1, coordinates.canonical(right[1]), 3)


@inner
def denominators(left, right, alone, cells):
    """The denominators that `weierstrass.add_affine` needs, one in each lane; `cells` is scratch."""
    _to_cells(left, right, cells)
    for lane in range(LANES):
        a = weierstrass.load(cells, lane)
        b = coordinates.load(cells, lane, 2), coordinates.load(cells, lane, 3)
        one = coordinates.one(a[0])
        coordinates.store(cells, lane, one if alone >> lane & 1 else weierstrass.denominator(a, b), 4)
    return coordinates.load_lanes(cells, 0, 1, 4)


@inner
def add(sums, place, right, inverse, alone, cells):
    """Adds `right` to sums[place] in all lanes but those in `alone`, given the inverses of `denominators`.

    Correct for all points; `cells` is scratch.
    """
    _to_cells(lanepoints.reload(sums, place), right, cells)
    coordinates.store_lanes(cells, 0, 1, coordinates.canonical(inverse), 4)
    for lane in range(LANES):
        if not alone >> lane & 1:
            b = coordinates.load(cells, lane, 2), coordinates.load(cells, lane, 3)
            total = weierstrass.add_affine(weierstrass.load(cells, lane), b, coordinates.load(cells, lane, 4))
            weierstrass.store(cells, lane, total)
    lanepoints.spill(sums, place, (coordinates.load_lanes(cells, 0, 1, 0), coordinates.load_lanes(cells, 0, 1, 1)))
