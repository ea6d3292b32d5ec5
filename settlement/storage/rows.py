"""The rows of a ledger's tables as data: what one transaction writes, and what is read back."""

from dataclasses import dataclass

from circuits.records import Commitment, Nullifier, Position, Root
from settlement.bundles.bundle import Flow
from settlement.custody import Reserves
from settlement.events import Appended, Event
from settlement.ids import BundleId, KeyDigest
from settlement.merkle import Nodes
from settlement.pool.governance import Change
from settlement.publicaccounts import Balances
from settlement.risk.grids import PublishedGrids


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
    """A settled flow: at which height, by which leg of the bundle, under which verifying key.

    `number` counts the flows of the bundle from 0.
    """

    height: int
    number: int
    leg: int
    key: KeyDigest
    flow: Flow


@dataclass(frozen=True)
class SettledChange:
    """A change of the parameters, announced at a height."""

    height: int
    change: Change


@dataclass(frozen=True)
class Settled:
    """The place of a settled bundle: its height, its new accounts' positions, leg by leg, and the root after them."""

    height: int
    positions: tuple[Position, ...]
    root: Root


@dataclass(frozen=True)
class BundleEntry:
    """Everything that a bundle writes, computed before the first row is written.

    `top_ups` has the period and tag of each leg that only adds.
    """

    appended: Appended
    bundle_id: BundleId
    data: bytes
    root: Root
    size: int
    nullifiers: tuple[Nullifier, ...]
    top_ups: tuple[tuple[int, int], ...]
    outputs: tuple[Output, ...]
    nodes: Nodes
    flows: tuple[SettledFlow, ...]
    reserves: Reserves
    accounts: Balances
    insurance: Commitment | None

    @property
    def event(self) -> Event:
        """The event of the bundle."""
        return self.appended.event

    @property
    def settled(self) -> Settled:
        """The place of the bundle."""
        return Settled(self.event.height, tuple(output.position for output in self.outputs), self.root)


@dataclass(frozen=True)
class GridsEntry:
    """Everything that a publication writes."""

    appended: Appended
    published: PublishedGrids


@dataclass(frozen=True)
class ChangeEntry:
    """Everything that a change of the parameters writes.  `data` has the bytes it came in, with its signatures."""

    appended: Appended
    change: Change
    data: bytes


@dataclass(frozen=True)
class HeartbeatEntry:
    """Everything that a heartbeat of the insurance writes.  `data` has the bytes it came in, with its proof."""

    appended: Appended
    epoch: int
    data: bytes


@dataclass(frozen=True)
class ExpiryEntry:
    """Everything that an early expiry writes.  `data` has the bytes it came in, with its signature."""

    appended: Appended
    claim: int
    rate: int
    data: bytes


Entry = BundleEntry | GridsEntry | ChangeEntry | HeartbeatEntry | ExpiryEntry
