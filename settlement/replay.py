"""A second ledger, in plain dictionaries, on which an audit replays the history."""

from circuits.records import Amount, Commitment, Nullifier, Root
from settlement import merkle, poolfile
from settlement.assets import NUMERAIRE
from settlement.bundle import Account
from settlement.custody import Reserves
from settlement.events import Appended, Event
from settlement.grids import PublishedGrids
from settlement.ids import KeyDigest, LedgerId, OrderId
from settlement.log import tree
from settlement.merkle import Tree
from settlement.parameters import Parameters
from settlement.pool import Pool
from settlement.publicaccounts import Balances
from settlement.storage.rows import (
    BundleEntry,
    ChangeEntry,
    Entry,
    ExpiryEntry,
    GridsEntry,
    HeartbeatEntry,
    Output,
    SettledChange,
    SettledFlow,
)


class Replay:
    """The ledger after the history so far.  It answers the checks' queries, as settlement.storage.reader does."""

    def __init__(self, pool: Pool, genesis: Appended):
        self.pool = pool
        self.ledger_id: LedgerId = poolfile.ledger_id(pool)
        self._newest = genesis.event
        self.log: tree.Nodes = dict(genesis.nodes)
        self.roots: dict[int, Tree] = {genesis.event.height: Tree(merkle.empty_root(), 0)}
        self._known_roots = {merkle.empty_root()}
        self.nodes: merkle.Nodes = {}
        self.nullifiers: dict[Nullifier, int] = {}
        self.topped_up: dict[tuple[int, int], int] = {}
        self.outputs: list[Output] = []
        self.flows: list[SettledFlow] = []
        self._references: set[tuple[int, bytes]] = set()
        self._order_fees: dict[bytes, int] = {}
        self.reserves: Reserves = {}
        self.accounts: Balances = {}
        self.insured: dict[int, Commitment] = {}
        self.published: dict[int, PublishedGrids] = {}
        self._by_epoch: dict[int, PublishedGrids] = {}
        self.announced: list[ChangeEntry] = []
        self.heartbeats: list[HeartbeatEntry] = []
        self.expiries: list[ExpiryEntry] = []

    @property
    def reader(self) -> "Replay":
        """Answers the queries: the replay itself."""
        return self

    def parameters(self, now_ms: int) -> Parameters:
        """The pool's parameters that are in force."""
        in_force = [entry.change.parameters for entry in self.announced if entry.change.effective_ms <= now_ms]
        return in_force[-1] if in_force else self.pool.parameters

    def last_event(self) -> Event:
        """The newest event."""
        return self._newest

    def log_node(self, level: int, index: int) -> bytes:
        """A node of the log."""
        return self.log[level, index]

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

    def is_topped_up(self, period: int, tag: int) -> bool:
        """Whether a top-up with this tag has settled in the period."""
        return (period, tag) in self.topped_up

    def is_reference_used(self, asset: int, reference: bytes) -> bool:
        """Whether a settled payment outside of this asset had this reference."""
        return (asset, reference) in self._references

    def reserve(self, key: KeyDigest, asset: int) -> Amount:
        """How much of an asset is held under a verifying key's digest."""
        return self.reserves.get((key, asset), Amount(0))

    def account_balance(self, account: Account, asset: int) -> Amount:
        """How much of an asset a public account has."""
        return self.accounts.get((account, asset), Amount(0))

    def order_fee(self, order_id: OrderId) -> Amount:
        """How much of the numeraire was paid into `fee` for this order."""
        return Amount(self._order_fees.get(order_id, 0))

    def grids(self, newest: int) -> list[PublishedGrids]:
        """The grids of the newest epochs, at most `newest` of them, newest first."""
        return list(self.published.values())[: -newest - 1 : -1]

    def epoch(self, number: int) -> PublishedGrids | None:
        """The grids of one epoch, or None when it was never published."""
        return self._by_epoch.get(number)

    def changes(self) -> list[SettledChange]:
        """Every announced change of the parameters, in order."""
        return [SettledChange(entry.appended.event.height, entry.change) for entry in self.announced]

    def insurance(self) -> Commitment | None:
        """The insurance's newest account, or None while there is none."""
        return next(reversed(self.insured.values()), None)

    def heartbeat(self) -> int:
        """The newest epoch in which the insurance has shown that it is solvent, 0 for none."""
        return self.heartbeats[-1].epoch if self.heartbeats else 0

    def rates(self) -> dict[int, int]:
        """The rates at which expired claims convert, by claim: published ones, and early expiries."""
        newest = self.grids(1)
        published = newest[0].publication.rates if newest else {}
        return published | {entry.claim: entry.rate for entry in self.expiries}

    def record(self, entry: Entry) -> None:
        """Applies an event."""
        appended = entry.appended
        self._newest = appended.event
        self.log.update(appended.nodes)
        match entry:
            case BundleEntry():
                self._settle(entry)
            case GridsEntry(_, published):
                self.published[appended.event.height] = published
                self._by_epoch[published.publication.epoch] = published
            case ChangeEntry():
                self.announced.append(entry)
            case HeartbeatEntry():
                self.heartbeats.append(entry)
            case ExpiryEntry():
                self.expiries.append(entry)

    def _settle(self, entry: BundleEntry) -> None:
        height = entry.event.height
        self.roots[height] = Tree(entry.root, entry.size)
        self._known_roots.add(entry.root)
        self.nodes.update(entry.nodes)
        self.nullifiers.update((nullifier, height) for nullifier in entry.nullifiers)
        self.topped_up.update((top_up, height) for top_up in entry.top_ups)
        self.outputs += entry.outputs
        self.flows += entry.flows
        for flow in (row.flow for row in entry.flows):
            if flow.account is Account.OUTSIDE:
                self._references.add((flow.asset, flow.reference))
            elif flow.account is Account.FEE and flow.reference and flow.asset == NUMERAIRE:
                self._order_fees[flow.reference] = self._order_fees.get(flow.reference, 0) - flow.amount
        self.reserves.update(entry.reserves)
        self.accounts.update(entry.accounts)
        if entry.insurance is not None:
            self.insured[height] = entry.insurance
