"""A second ledger, in plain dictionaries, on which an audit replays the history."""

from circuits.records import Amount, Nullifier, Root
from settlement import merkle, poolfile
from settlement.custody import Reserves
from settlement.events import Event
from settlement.grids import PublishedGrids
from settlement.ids import KeyDigest
from settlement.merkle import Tree
from settlement.pool import Pool
from settlement.storage.rows import BundleEntry, Output, SettledFlow


class Replay:
    """The ledger after the history so far.  It answers the checks' queries, as settlement.storage.reader does."""

    def __init__(self, pool: Pool, genesis: Event):
        self.pool = pool
        self.ledger_id = poolfile.ledger_id(pool)
        self._newest = genesis
        self.roots: dict[int, Tree] = {genesis.height: Tree(merkle.empty_root(), 0)}
        self._known_roots = {merkle.empty_root()}
        self.nodes: merkle.Nodes = {}
        self.nullifiers: dict[Nullifier, int] = {}
        self.outputs: list[Output] = []
        self.flows: list[SettledFlow] = []
        self._references: set[tuple[int, bytes]] = set()
        self.reserves: Reserves = {}
        self.published: dict[int, PublishedGrids] = {}

    @property
    def reader(self) -> "Replay":
        """Answers the queries: the replay itself."""
        return self

    def last_event(self) -> Event:
        """The newest event."""
        return self._newest

    def tree(self) -> Tree:
        """The newest root and size."""
        return next(reversed(self.roots.values()))

    def node(self, level: int, index: int) -> int | None:
        """A node of the tree, or None where none was written."""
        return self.nodes.get((level, index))

    def is_known_root(self, root: Root) -> bool:
        """Whether the tree ever had this root."""
        return root in self._known_roots

    def is_spent(self, nullifier: Nullifier) -> bool:
        """Whether the account with this nullifier has moved."""
        return nullifier in self.nullifiers

    def is_reference_used(self, asset: int, reference: bytes) -> bool:
        """Whether a settled flow of this asset had this reference."""
        return (asset, reference) in self._references

    def reserve(self, key: KeyDigest, asset: int) -> Amount:
        """How much of an asset is held under a verifying key's digest."""
        return self.reserves.get((key, asset), Amount(0))

    def grids(self, newest: int) -> list[PublishedGrids]:
        """The grids of the newest epochs, at most `newest` of them, newest first."""
        return list(self.published.values())[: -newest - 1 : -1]

    def settle(self, entry: BundleEntry) -> None:
        """Applies a bundle."""
        height = entry.event.height
        self._newest = entry.event
        self.roots[height] = Tree(entry.root, entry.size)
        self._known_roots.add(entry.root)
        self.nodes.update(entry.nodes)
        self.nullifiers.update((nullifier, height) for nullifier in entry.nullifiers)
        self.outputs += entry.outputs
        self.flows += entry.flows
        self._references.update((row.flow.asset, row.flow.reference) for row in entry.flows)
        self.reserves.update(entry.reserves)

    def publish(self, event: Event, published: PublishedGrids) -> None:
        """Accepts the grids of an epoch."""
        self._newest = event
        self.published[event.height] = published
