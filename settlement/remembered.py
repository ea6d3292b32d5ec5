"""A ledger's state as one block sees it: every question is asked once, and what many ask, at once.

Nobody else may write for as long as it lives, or whoever asks is content with what was true when it was asked.
`foresee` asks in one query of each kind what the checks of some bundles will ask one by one: each query takes a server
longer than the check that needs it.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cached_property
from typing import Protocol, TypeVar

from circuits.records import Amount, Commitment, Nullifier, Root
from settlement import merkle
from settlement.bundles.bundle import Account, Bundle, Leg, Move
from settlement.checks import topups
from settlement.checks.state import Reader
from settlement.custody import Reserves
from settlement.events import Event
from settlement.ids import BundleId, KeyDigest, LedgerId, OrderId
from settlement.log import tree as log
from settlement.merkle import Nodes, Tree
from settlement.pool.parameters import Parameters
from settlement.pool.pool import Pool
from settlement.publicaccounts import Balances
from settlement.risk.grids import PublishedGrids
from settlement.storage.rows import Settled, SettledChange

Q = TypeVar("Q")
A = TypeVar("A")
TopUp = tuple[int, int]
Place = tuple[int, int]

MOST_GRIDS = 2
"""Only the newest two epochs' are ever in force."""


class Source(Reader, Protocol):
    """The queries of a ledger's database, about one thing and about many."""

    def settled(self, bundle_id: BundleId) -> Settled | None:
        """The place of a settled bundle, or None."""

    def early_rates(self) -> dict[int, int]:
        """The rates of the claims that expired early."""

    def reserves(self) -> Reserves:
        """Every reserve."""

    def accounts(self) -> Balances:
        """What every public account has."""

    def known_roots(self, roots: Collection[Root]) -> set[Root]:
        """Those of the roots that the tree ever had."""

    def spent(self, nullifiers: Collection[Nullifier]) -> set[Nullifier]:
        """Those of the nullifiers whose accounts have moved."""

    def topped_up(self, top_ups: Collection[TopUp]) -> set[TopUp]:
        """Those of the top-ups, a period and a tag, that have settled."""

    def settled_of(self, bundle_ids: Collection[BundleId]) -> dict[BundleId, Settled]:
        """The places of those of the bundles that have settled."""

    def nodes(self, places: Collection[Place]) -> Nodes:
        """Those of the tree's nodes that were written."""

    def log_nodes(self, places: Collection[Place]) -> log.Nodes:
        """Those of the log's nodes that were written."""


class Held(Protocol):
    """A ledger."""

    pool: Pool
    ledger_id: LedgerId

    @property
    def reader(self) -> Source:
        """Answers the queries."""

    def parameters(self, now_ms: int) -> Parameters:
        """The pool's parameters that are in force."""


class Remembered:
    """Answers the checks' queries, as the ledger's reader does."""

    def __init__(self, ledger: Held):
        self.pool, self.ledger_id = ledger.pool, ledger.ledger_id
        self._ledger, self._source = ledger, ledger.reader
        self._parameters: dict[int, Parameters] = {}
        self._roots: dict[Root, bool] = {}
        self._spent: dict[Nullifier, bool] = {}
        self._topped_up: dict[TopUp, bool] = {}
        self._settled: dict[BundleId, Settled | None] = {}
        self._nodes: dict[Place, int | None] = {}
        self._log: log.Nodes = {}
        self._epochs: dict[int, PublishedGrids | None] = {}

    def foresee(self, bundles: Sequence[tuple[Bundle, BundleId]]) -> None:
        """Asks what the checks of these bundles ask of roots, nullifiers, top-ups and settled bundles."""
        self.foresee_moves([move for bundle, _ in bundles for move in bundle.moves])
        found = self._source.settled_of({bundle_id for _, bundle_id in bundles})
        self._settled.update((bundle_id, found.get(bundle_id)) for _, bundle_id in bundles)

    def foresee_moves(self, moves: Sequence[Move]) -> None:
        """Asks what the checks of these legs and seizures ask of roots, nullifiers and top-ups."""
        _ask(self._roots, {move.root for move in moves}, self._source.known_roots)
        _ask(self._spent, {move.nullifier for move in moves}, self._source.spent)
        counted = {top_up for _, top_up in topups.counted([move for move in moves if isinstance(move, Leg)])}
        _ask(self._topped_up, counted, self._source.topped_up)

    def foresee_appending(self) -> None:
        """Asks for the nodes at the edges of the tree and of the log, over which the next ones are computed."""
        edge = merkle.edge(self.tree().size)
        self._nodes.update((dict.fromkeys(edge) | self._source.nodes(edge)).items())
        self._log.update(self._source.log_nodes(log.peaks(self.last_event().height + 1)))

    def parameters(self, now_ms: int) -> Parameters:
        """The pool's parameters that are in force."""
        return _known(self._parameters, now_ms, self._ledger.parameters)

    def settled(self, bundle_id: BundleId) -> Settled | None:
        """The place of a settled bundle, or None."""
        return _known(self._settled, bundle_id, self._source.settled)

    @cached_property
    def _last_event(self) -> Event:
        return self._source.last_event()

    def last_event(self) -> Event:
        """The newest event."""
        return self._last_event

    @cached_property
    def _tree(self) -> Tree:
        return self._source.tree()

    def tree(self) -> Tree:
        """The newest root and size."""
        return self._tree

    def node(self, level: int, index: int) -> int | None:
        """A node of the tree, or None where none was written."""
        return _known(self._nodes, (level, index), lambda place: self._source.node(*place))

    def log_node(self, level: int, index: int) -> bytes:
        """A node of the log."""
        return _known(self._log, (level, index), lambda place: self._source.log_node(*place))

    def is_known_root(self, root: Root) -> bool:
        """Whether the tree ever had this root."""
        return _known(self._roots, root, self._source.is_known_root)

    def is_spent(self, nullifier: Nullifier) -> bool:
        """Whether the account with this nullifier has moved."""
        return _known(self._spent, nullifier, self._source.is_spent)

    def is_topped_up(self, period: int, tag: int) -> bool:
        """Whether a top-up with this tag has settled in the period."""
        return _known(self._topped_up, (period, tag), lambda top_up: self._source.is_topped_up(*top_up))

    def is_reference_used(self, asset: int, reference: bytes) -> bool:
        """Whether a settled payment outside of this asset had this reference."""
        return self._source.is_reference_used(asset, reference)

    def order_fee(self, order_id: OrderId) -> Amount:
        """How much of the numeraire was paid into `fee` for this order."""
        return self._source.order_fee(order_id)

    @cached_property
    def _reserves(self) -> Reserves:
        return self._source.reserves()

    def reserve(self, key: KeyDigest, asset: int) -> Amount:
        """How much of an asset is held under a verifying key's digest."""
        return self._reserves.get((key, asset), Amount(0))

    @cached_property
    def _accounts(self) -> Balances:
        return self._source.accounts()

    def account_balance(self, account: Account, asset: int) -> Amount:
        """How much of an asset a public account has."""
        return self._accounts.get((account, asset), Amount(0))

    @cached_property
    def _insurance(self) -> Commitment | None:
        return self._source.insurance()

    def insurance(self) -> Commitment | None:
        """The insurance's newest account, or None while there is none."""
        return self._insurance

    def grids(self, newest: int) -> list[PublishedGrids]:
        """The grids of the newest epochs, at most `newest` of them, newest first."""
        return self._grids[:newest] if newest <= MOST_GRIDS else self._source.grids(newest)

    @cached_property
    def _grids(self) -> list[PublishedGrids]:
        return self._source.grids(MOST_GRIDS)

    def epoch(self, number: int) -> PublishedGrids | None:
        """The grids of one epoch, or None when it was never published."""
        here = (published for published in self._grids if published.publication.epoch == number)
        return next(here, None) or _known(self._epochs, number, self._source.epoch)

    @cached_property
    def _changes(self) -> list[SettledChange]:
        return self._source.changes()

    def changes(self) -> list[SettledChange]:
        """Every announced change of the parameters, in order."""
        return self._changes

    @cached_property
    def _heartbeat(self) -> int:
        return self._source.heartbeat()

    def heartbeat(self) -> int:
        """The newest epoch in which the insurance has shown that it is solvent, 0 for none."""
        return self._heartbeat

    @cached_property
    def _rates(self) -> dict[int, int]:
        newest = self.grids(1)
        return (newest[0].publication.rates if newest else {}) | self._source.early_rates()

    def rates(self) -> dict[int, int]:
        """The rates at which expired claims convert, by claim."""
        return self._rates


def _known(answers: dict[Q, A], question: Q, ask: Callable[[Q], A]) -> A:
    """The answer, which is asked for when it is not known."""
    if question not in answers:
        answers[question] = ask(question)
    return answers[question]


def _ask(answers: dict[Q, bool], questions: Iterable[Q], ask: Callable[[set[Q]], set[Q]]) -> None:
    """Asks which of the questions' answers are yes."""
    asked = set(questions)
    yes = ask(asked) if asked else set()
    answers.update((question, question in yes) for question in asked)
