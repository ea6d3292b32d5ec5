"""A second ledger, of plain dictionaries, that an audit leads through the same history."""

from settlement import ledger, merkle, poolfile
from settlement.custody import Reserves
from settlement.events import Event
from settlement.grids import PublishedGrids
from settlement.pool import Pool
from settlement.storage.rows import BundleEntry, Output, SettledFlow


class Replay:
    """What the history up to here makes of a ledger.  It answers the checks as settlement.ledger does."""

    def __init__(self, pool: Pool, genesis: Event):
        self.pool = pool
        self.ledger_id = poolfile.ledger_id(pool)
        self.last_event = genesis
        self.root, self.size = merkle.empty_root(), 0
        self.roots: dict[int, tuple[int, int]] = {genesis.height: (self.root, self.size)}
        self._known_roots = {self.root}
        self.nodes: merkle.Nodes = {}
        self.nullifiers: dict[int, int] = {}
        self.outputs: list[Output] = []
        self.flows: list[SettledFlow] = []
        self.reserves: Reserves = {}
        self.grids: list[PublishedGrids] = []

    def node(self, level: int, index: int) -> int | None:
        """A node of the tree, None where nothing was written."""
        return self.nodes.get((level, index))

    def is_known_root(self, root: int) -> bool:
        """Whether the tree ever had this root."""
        return root in self._known_roots

    def is_fresh_grid(self, grid_root: int, epoch: int, now_ms: int) -> bool:
        """Whether this is the initial grid of one of the last epochs, and not older than the pool allows."""
        return any(
            taken.initial_root == grid_root
            and taken.publication.epoch == epoch
            and now_ms <= taken.published_ms + self.pool.limits.grid_age_ms
            for taken in self.grids[-ledger.GRID_WINDOW :]
        )

    def is_spent(self, nullifier: int) -> bool:
        """Whether an account with this nullifier has moved."""
        return nullifier in self.nullifiers

    def reserve(self, key: bytes, asset: int) -> int:
        """How much of an asset is held under a verifying key's digest."""
        return self.reserves.get((key, asset), 0)

    def settle(self, entry: BundleEntry) -> None:
        """Takes a bundle."""
        height = entry.event.height
        self.last_event = entry.event
        self.root, self.size = entry.root, entry.size
        self.roots[height] = entry.root, entry.size
        self._known_roots.add(entry.root)
        self.nodes.update(entry.nodes)
        self.nullifiers.update((nullifier, height) for nullifier in entry.nullifiers)
        self.outputs += entry.outputs
        self.flows += entry.flows
        self.reserves.update(entry.reserves)

    def publish(self, event: Event, taken: PublishedGrids) -> None:
        """Takes the grids of an epoch."""
        self.last_event = event
        self.grids.append(taken)
