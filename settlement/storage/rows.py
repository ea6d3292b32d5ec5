"""What the repository keeps, as data: the things that enter it in one transaction, and the rows that are read back."""

from dataclasses import dataclass

from settlement.bundle import Flow
from settlement.custody import Reserves
from settlement.events import Event
from settlement.grids import PublishedGrids
from settlement.merkle import Nodes


@dataclass(frozen=True)
class Output:
    """A leaf of the tree, and what is sealed beside it.  `height` is its bundle's."""

    position: int
    commitment: int
    ciphertexts: tuple[bytes, ...]
    height: int


@dataclass(frozen=True)
class Spend:
    """A nullifier, the bundle that published it, and when that settled."""

    nullifier: int
    bundle_id: bytes
    height: int
    settled_ms: int


@dataclass(frozen=True)
class SettledFlow:
    """A flow as it was settled: at which height, by which leg of the bundle, under which verifying key's digest."""

    height: int
    leg: int
    key: bytes
    flow: Flow


@dataclass(frozen=True)
class BundleEntry:
    """All that a bundle writes, computed before the first of it is written."""

    event: Event
    bundle_id: bytes
    data: bytes
    root: int
    size: int
    nullifiers: tuple[int, ...]
    outputs: tuple[Output, ...]
    nodes: Nodes
    flows: tuple[SettledFlow, ...]
    reserves: Reserves


@dataclass(frozen=True)
class GridsEntry:
    """All that a publication writes."""

    event: Event
    taken: PublishedGrids
