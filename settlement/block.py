"""A block: the bundles that one transaction commits.

    state after k bundles  =  the ledger's state  +  the entries of the first k

Each bundle is checked again against the state after those before it, so of two that conflict the later is refused, as
if it had come later; and nothing is written before the last was checked.  The ledger's lock is held for as long as a
block lives, so what no bundle changes is read once.
"""

from collections.abc import Sequence

from circuits.records import Amount, Commitment, Nullifier, Root
from settlement import merkle
from settlement.bundles.bundle import Account, Bundle, Leg
from settlement.checks import checks, effects
from settlement.checks.state import Checked
from settlement.custody import Reserves
from settlement.events import Event
from settlement.ids import BundleId, KeyDigest, LedgerId, OrderId
from settlement.log import tree as log
from settlement.merkle import Append, Nodes, Tree
from settlement.pool.assets import NUMERAIRE
from settlement.pool.parameters import Parameters
from settlement.pool.pool import Pool
from settlement.publicaccounts import Balances
from settlement.remembered import Held, Remembered
from settlement.risk.grids import PublishedGrids
from settlement.storage.rows import BundleEntry, Settled, SettledChange

MAX_LEGS = 60
"""The legs and seizures of a block, at most: the more it has, the longer the first of them waits."""


class Block:
    """The ledger with the bundles of this block, so far.  It answers the checks' queries, as the ledger's reader does.

    `entries` has what the bundles write, in order, and `append` computes the tree's nodes for the next.
    """

    def __init__(self, ledger: Held):
        self.pool: Pool = ledger.pool
        self.ledger_id: LedgerId = ledger.ledger_id
        self.entries: list[BundleEntry] = []
        self._before = Remembered(ledger)
        self._settled: dict[BundleId, BundleEntry] = {}
        self._roots: set[Root] = set()
        self._log: log.Nodes = {}
        self._nodes: Nodes = {}
        self._nullifiers: set[Nullifier] = set()
        self._top_ups: set[tuple[int, int]] = set()
        self._references: set[tuple[int, bytes]] = set()
        self._order_fees: dict[bytes, int] = {}
        self._reserves: Reserves = {}
        self._accounts: Balances = {}
        self.append: Append = merkle.append

    def foresee(self, bundles: Sequence[tuple[Bundle, BundleId]]) -> None:
        """Asks the ledger at once what these bundles will be checked against; without it, the answers are the same."""
        self._before.foresee(bundles)

    def foresee_legs(self, legs: Sequence[Leg]) -> None:
        """As `foresee`, for legs whose bundles nobody has made yet."""
        self._before.foresee_moves(legs)

    def expect(self, bundles: Sequence[Bundle]) -> None:
        """Computes at once what the tree becomes when these bundles are all that settles next, in this order.

        Whichever of them is refused, the results are the same, and those after it only take longer.
        """
        self._before.foresee_appending()
        groups, size = [[move.commitment for move in bundle.moves] for bundle in bundles], self.tree().size
        if len(groups) > 1 and size + sum(map(len, groups)) <= merkle.CAPACITY:
            self.append = merkle.Planned(self.node, size, groups).append

    def settle(self, checked: Checked, now_ms: int) -> Settled:
        """Adds a bundle, and returns its place.  Raises Rejected as checks.check_again does, and adds nothing."""
        settling = checks.check_again(self, checked, now_ms)
        entry = effects.entry(self, checked, settling, now_ms, self.append)
        self.add(entry)
        return entry.settled

    def add(self, entry: BundleEntry) -> None:
        """Adds what a bundle writes that was checked against this block."""
        self.entries.append(entry)
        self._settled[entry.bundle_id] = entry
        self._roots.add(entry.root)
        self._log.update(entry.appended.nodes)
        self._nodes.update(entry.nodes)
        self._nullifiers.update(entry.nullifiers)
        self._top_ups.update(entry.top_ups)
        self._reserves.update(entry.reserves)
        self._accounts.update(entry.accounts)
        for flow in (row.flow for row in entry.flows):
            if flow.account is Account.OUTSIDE:
                self._references.add((flow.asset, flow.reference))
            elif flow.account is Account.FEE and flow.reference and flow.asset == NUMERAIRE:
                self._order_fees[flow.reference] = self._order_fees.get(flow.reference, 0) - flow.amount

    def settled(self, bundle_id: BundleId) -> Settled | None:
        """The place of the bundle with this id, which has settled before or in this block, or None."""
        entry = self._settled.get(bundle_id)
        return self._before.settled(bundle_id) if entry is None else entry.settled

    @property
    def reader(self) -> "Block":
        """Answers the queries: the block itself."""
        return self

    def parameters(self, now_ms: int) -> Parameters:
        """The pool's parameters that are in force."""
        return self._before.parameters(now_ms)

    def last_event(self) -> Event:
        """The newest event."""
        return self.entries[-1].event if self.entries else self._before.last_event()

    def log_node(self, level: int, index: int) -> bytes:
        """A node of the log."""
        return self._log[level, index] if (level, index) in self._log else self._before.log_node(level, index)

    def tree(self) -> Tree:
        """The newest root and size."""
        return Tree(self.entries[-1].root, self.entries[-1].size) if self.entries else self._before.tree()

    def node(self, level: int, index: int) -> int | None:
        """A node of the tree, or None where none was written."""
        return self._nodes[level, index] if (level, index) in self._nodes else self._before.node(level, index)

    def is_known_root(self, root: Root) -> bool:
        """Whether the tree ever had this root."""
        return root in self._roots or self._before.is_known_root(root)

    def is_spent(self, nullifier: Nullifier) -> bool:
        """Whether the account with this nullifier has moved."""
        return nullifier in self._nullifiers or self._before.is_spent(nullifier)

    def is_topped_up(self, period: int, tag: int) -> bool:
        """Whether a top-up with this tag has settled in the period."""
        return (period, tag) in self._top_ups or self._before.is_topped_up(period, tag)

    def is_reference_used(self, asset: int, reference: bytes) -> bool:
        """Whether a settled payment outside of this asset had this reference."""
        return (asset, reference) in self._references or self._before.is_reference_used(asset, reference)

    def reserve(self, key: KeyDigest, asset: int) -> Amount:
        """How much of an asset is held under a verifying key's digest."""
        held = self._reserves.get((key, asset))
        return self._before.reserve(key, asset) if held is None else held

    def account_balance(self, account: Account, asset: int) -> Amount:
        """How much of an asset a public account has."""
        held = self._accounts.get((account, asset))
        return self._before.account_balance(account, asset) if held is None else held

    def order_fee(self, order_id: OrderId) -> Amount:
        """How much of the numeraire was paid into `fee` for this order."""
        return Amount(self._before.order_fee(order_id) + self._order_fees.get(order_id, 0))

    def insurance(self) -> Commitment | None:
        """The insurance's newest account, or None while there is none."""
        moved = [entry.insurance for entry in self.entries if entry.insurance is not None]
        return moved[-1] if moved else self._before.insurance()

    def grids(self, newest: int) -> list[PublishedGrids]:
        """The grids of the newest epochs, at most `newest` of them, newest first."""
        return self._before.grids(newest)

    def epoch(self, number: int) -> PublishedGrids | None:
        """The grids of one epoch, or None when it was never published."""
        return self._before.epoch(number)

    def changes(self) -> list[SettledChange]:
        """Every announced change of the parameters, in order."""
        return self._before.changes()

    def heartbeat(self) -> int:
        """The newest epoch in which the insurance has shown that it is solvent, 0 for none."""
        return self._before.heartbeat()

    def rates(self) -> dict[int, int]:
        """The rates at which expired claims convert, by claim."""
        return self._before.rates()
