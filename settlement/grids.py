"""The publication of one epoch: two risk grids, and the oracles' signed prices from which they are computed.

    values = 16 scenarios × 8 assets × 8 bytes, big-endian, scenario by scenario

A new margin proof must survive the initial grid; an account must continue to survive the maintenance grid.
"""

import struct
from dataclasses import dataclass

from circuits import records
from circuits.records import GridRoot
from zk.errors import FormatError
from zk.hashes import poseidon

_VALUES = struct.Struct(f">{records.SCENARIOS * records.ASSETS}Q")
GRID_BYTES = _VALUES.size


@dataclass(frozen=True)
class Publication:
    """The grids of one epoch.  `evidence` is the oracles' signed prices, as settlement.oracle encodes them."""

    epoch: int
    initial: records.RiskGrid
    maintenance: records.RiskGrid
    evidence: bytes


@dataclass(frozen=True)
class PublishedGrids:
    """A publication that the ledger accepted at `published_ms`, with the roots of its grids."""

    publication: Publication
    initial_root: GridRoot
    maintenance_root: GridRoot
    published_ms: int


def with_roots(publication: Publication, now_ms: int) -> PublishedGrids:
    """The publication with its roots, as the ledger accepts it now."""
    initial, maintenance = (grid.root(poseidon.hash) for grid in (publication.initial, publication.maintenance))
    return PublishedGrids(publication, initial, maintenance, now_ms)


def encode_values(grid: records.RiskGrid) -> bytes:
    """1024 bytes: the grid's values without its epoch."""
    return _VALUES.pack(*(value for row in grid.values for value in row))


def decode_values(data: bytes, epoch: int) -> records.RiskGrid:
    """The grid with these values.  Raises FormatError unless they are 1024 bytes."""
    if len(data) != GRID_BYTES:
        raise FormatError(f"a grid has {len(data)} bytes instead of {GRID_BYTES}")
    flat = _VALUES.unpack(data)
    rows = (flat[start : start + records.ASSETS] for start in range(0, len(flat), records.ASSETS))
    return records.RiskGrid(tuple(rows))
