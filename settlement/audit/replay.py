"""A second ledger, in plain dictionaries, on which an audit replays the history."""

from collections.abc import Collection

from circuits.records import Amount, Commitment, Nullifier, Root
from settlement import merkle
from settlement.bundles.bundle import Account
from settlement.custody import Reserves
from settlement.events import Appended, Event
from settlement.ids import BundleId, KeyDigest, LedgerId, OrderId
from settlement.log import tree as log
from settlement.merkle import Tree
from settlement.pool import poolfile
from settlement.pool.assets import NUMERAIRE
from settlement.pool.parameters import Parameters
from settlement.pool.pool import Pool
from settlement.publicaccounts import Balances
from settlement.risk.grids import PublishedGrids
from settlement.storage.rows import (
    BundleEntry,
    ChangeEntry,
    Entry,
    ExpiryEntry,
    GridsEntry,
    HeartbeatEntry,
    Output,
    Settled,
    SettledChange,
    SettledFlow,
)


class Replay:
    """The ledger after the history so far.  It answers the checks' queries, as settlement.storage.reader does."""

    def __init__(self, pool: Pool, genesis: Appended):
        self.pool = pool
        self.ledger_id: LedgerId = poolfile.ledger_id(pool)
        self._newest = genesis.event
        self.log: log.Nodes = dict(genesis.nodes)
        self.roots: dict[int, Tree] = {genesis.event.height: Tree(merkle.empty_root(), 0)}
        self._known_roots = {merkle.empty_root()}
        self._settled: dict[BundleId, Settled] = {}
        self.tree_nodes: merkle.Nodes = {}
        self.nullifiers: dict[Nullifier, int] = {}
        self.top_ups: dict[tuple[int, int], int] = {}
        self.outputs: list[Output] = []
        self.flows: list[SettledFlow] = []
        self._references: set[tuple[int, bytes]] = set()
        self._order_fees: dict[bytes, int] = {}
        self.holdings: Reserves = {}
        self.balances: Balances = {}
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
        return self.tree_nodes.get((level, index))

    def settled(self, bundle_id: BundleId) -> Settled | None:
        """The place of a settled bundle, or None."""
        return self._settled.get(bundle_id)

    def settled_of(self, bundle_ids: Collection[BundleId]) -> dict[BundleId, Settled]:
        """The places of those of the bundles that have settled."""
        return {bundle_id: self._settled[bundle_id] for bundle_id in bundle_ids if bundle_id in self._settled}

    def nodes(self, places: Collection[tuple[int, int]]) -> merkle.Nodes:
        """Those of the tree's nodes that were written."""
        return {place: self.tree_nodes[place] for place in places if place in self.tree_nodes}

    def log_nodes(self, places: Collection[tuple[int, int]]) -> log.Nodes:
        """Those of the log's nodes that were written."""
        return {place: self.log[place] for place in places if place in self.log}

    def known_roots(self, roots: Collection[Root]) -> set[Root]:
        """Those of the roots that the tree ever had."""
        return self._known_roots.intersection(roots)

    def spent(self, nullifiers: Collection[Nullifier]) -> set[Nullifier]:
        """Those of the nullifiers whose accounts have moved."""
        return self.nullifiers.keys() & nullifiers

    def topped_up(self, top_ups: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
        """Those of the top-ups, a period and a tag, that have settled."""
        return self.top_ups.keys() & top_ups

    def reserves(self) -> Reserves:
        """Every reserve."""
        return self.holdings

    def accounts(self) -> Balances:
        """What every public account has."""
        return self.balances

    def early_rates(self) -> dict[int, int]:
        """The rates of the claims that expired early."""
        return {entry.claim: entry.rate for entry in self.expiries}

    def is_known_root(self, root: Root) -> bool:
        """Whether the tree ever had this root."""
        return root in self._known_roots

    def is_spent(self, nullifier: Nullifier) -> bool:
        """Whether the account with this nullifier has moved."""
        return nullifier in self.nullifiers

    def is_topped_up(self, period: int, tag: int) -> bool:
        """Whether a top-up with this tag has settled in the period."""
        return (period, tag) in self.top_ups

    def is_reference_used(self, asset: int, reference: bytes) -> bool:
        """Whether a settled payment outside of this asset had this reference."""
        return (asset, reference) in self._references

    def reserve(self, key: KeyDigest, asset: int) -> Amount:
        """How much of an asset is held under a verifying key's digest."""
        return self.holdings.get((key, asset), Amount(0))

    def account_balance(self, account: Account, asset: int) -> Amount:
        """How much of an asset a public account has."""
        return self.balances.get((account, asset), Amount(0))

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
        return published | self.early_rates()

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
        self._settled[entry.bundle_id] = entry.settled
        self.tree_nodes.update(entry.nodes)
        self.nullifiers.update((nullifier, height) for nullifier in entry.nullifiers)
        self.top_ups.update((top_up, height) for top_up in entry.top_ups)
        self.outputs += entry.outputs
        self.flows += entry.flows
        for flow in (row.flow for row in entry.flows):
            if flow.account is Account.OUTSIDE:
                self._references.add((flow.asset, flow.reference))
            elif flow.account is Account.FEE and flow.reference and flow.asset == NUMERAIRE:
                self._order_fees[flow.reference] = self._order_fees.get(flow.reference, 0) - flow.amount
        self.holdings.update(entry.reserves)
        self.balances.update(entry.accounts)
        if entry.insurance is not None:
            self.insured[height] = entry.insurance
