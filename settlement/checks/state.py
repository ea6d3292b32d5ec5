"""What a bundle is checked against, a ledger or an audit's replay of one, and what comes of the checks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from circuits.records import Commitment, Nullifier, Root
from settlement.bundles.bundle import Bundle
from settlement.custody import Holdings, Reserves
from settlement.events import Event
from settlement.ids import BundleId, LedgerId
from settlement.merkle import Tree
from settlement.pool.parameters import Parameters
from settlement.pool.pool import Pool
from settlement.publicaccounts import Balances, PublicAccounts
from settlement.risk.grids import PublishedGrids
from zk.groth16.keys import Claim

if TYPE_CHECKING:
    from settlement.storage import rows

VerifyProofs = Callable[[list[Claim]], None]


class Reader(Holdings, PublicAccounts, Protocol):
    """The queries that the checks make of a ledger."""

    def last_event(self) -> Event:
        """The newest event."""

    def log_node(self, level: int, index: int) -> bytes:
        """A node of the log."""

    def tree(self) -> Tree:
        """The newest root and size."""

    def node(self, level: int, index: int) -> int | None:
        """A node of the tree, or None where none was written."""

    def is_known_root(self, root: Root) -> bool:
        """Whether the tree ever had this root."""

    def is_spent(self, nullifier: Nullifier) -> bool:
        """Whether the account with this nullifier has moved."""

    def is_topped_up(self, period: int, tag: int) -> bool:
        """Whether a top-up with this tag has settled in the period."""

    def grids(self, newest: int) -> list[PublishedGrids]:
        """The grids of the newest epochs, at most `newest` of them, newest first."""

    def epoch(self, number: int) -> PublishedGrids | None:
        """The grids of one epoch, or None when it was never published."""

    def changes(self) -> "list[rows.SettledChange]":
        """Every announced change of the parameters, in order."""

    def insurance(self) -> Commitment | None:
        """The insurance's newest account, or None while there is none."""

    def heartbeat(self) -> int:
        """The newest epoch in which the insurance has shown that it is solvent, 0 for none."""

    def rates(self) -> dict[int, int]:
        """The rates at which expired claims convert, by claim."""


class State(Protocol):
    """The state that a bundle is checked against: a ledger, or an audit's replay of one."""

    pool: Pool
    ledger_id: LedgerId

    @property
    def reader(self) -> Reader:
        """Answers the queries."""

    def parameters(self, now_ms: int) -> Parameters:
        """The pool's parameters that are in force."""


@dataclass(frozen=True)
class Checked:
    """A bundle that passed every check under these parameters, its id, and the bytes it came in."""

    bundle: Bundle
    bundle_id: BundleId
    data: bytes
    parameters: Parameters


@dataclass(frozen=True)
class Settling:
    """The reserves and the balances of public accounts that a bundle changes, after it."""

    reserves: Reserves
    accounts: Balances
