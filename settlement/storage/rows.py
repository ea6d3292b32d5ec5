"""The rows of a ledger's tables as data: what one transaction writes, and what is read back."""

from dataclasses import dataclass

from circuits.records import Commitment, Nullifier, Position, Root
from settlement.bundle import Flow
from settlement.custody import Reserves
from settlement.events import Event
from settlement.grids import PublishedGrids
from settlement.ids import BundleId, KeyDigest
from settlement.merkle import Nodes


@dataclass(frozen=True)
class Output:
    """A leaf of the tree, and its ciphertexts.  `height` is its bundle's."""

    position: Position
    commitment: Commitment
    ciphertexts: tuple[bytes, ...]
    height: int


@dataclass(frozen=True)
class Spend:
    """A nullifier, and the bundle that published it."""

    nullifier: Nullifier
    bundle_id: BundleId
    height: int


@dataclass(frozen=True)
class SettledFlow:
    """A settled deposit or withdrawal: at which height, by which leg of the bundle, under which verifying key.

    `number` counts the flows of the bundle from 0.
    """

    height: int
    number: int
    leg: int
    key: KeyDigest
    flow: Flow


@dataclass(frozen=True)
class BundleEntry:
    """Everything that a bundle writes, computed before the first row is written."""

    event: Event
    bundle_id: BundleId
    data: bytes
    root: Root
    size: int
    nullifiers: tuple[Nullifier, ...]
    outputs: tuple[Output, ...]
    nodes: Nodes
    flows: tuple[SettledFlow, ...]
    reserves: Reserves


@dataclass(frozen=True)
class GridsEntry:
    """Everything that a publication writes."""

    event: Event
    published: PublishedGrids
