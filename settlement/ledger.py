"""The ledger: the one thing in settlement that changes.

It changes in three ways only: it is created, it applies a bundle that settlement.engine has checked, and it records
another event that settlement.checks.recording has checked: a publication, a change of the parameters, a heartbeat, an
expiry.  Each is one event.  Only settlement.engine calls `apply` and `record`, only settlement.following.following
`extend`, and only settlement.following.lightfollowing `take`.  """

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from circuits.records import Position, Root
from settlement import databases, events, merkle, stages
from settlement.block import Block
from settlement.checks.state import Checked, VerifyProofs
from settlement.databases import Place
from settlement.pool import poolfile
from settlement.pool.parameters import Parameters
from settlement.pool.pool import Pool
from settlement.rejection import Rejected
from settlement.storage.repository import Repository
from settlement.storage.rows import BundleEntry, ChangeEntry, Entry, ExpiryEntry, GridsEntry, HeartbeatEntry, Settled

E = TypeVar("E", GridsEntry, ChangeEntry, HeartbeatEntry, ExpiryEntry)


@dataclass(frozen=True)
class Applied:
    """The place of a settled bundle: its height, its new accounts' positions, leg by leg, and the root after them.

    `is_checkpointed` says whether the event was marked as settled in the file beside the ledger, and `is_new` that it
    settled just now, not before, while it was checked.
    """

    height: int
    positions: tuple[Position, ...]
    root: Root
    is_checkpointed: bool
    is_new: bool = field(default=True, compare=False)

    @classmethod
    def of(cls, settled: Settled, is_checkpointed: bool, is_new: bool) -> "Applied":
        """The same place, with what became of it."""
        return cls(settled.height, settled.positions, settled.root, is_checkpointed, is_new)


class Ledger:
    """One pool's ledger in one file.  Belongs to one thread; other threads and processes open their own.

    `reader` answers every query, `orders` is the board's table in the same file (settlement.orders.board has its
    rules), and `witnessed` has what others signed about the log (settlement.following.finality).  Use a ledger as a
    context manager, or close it.  """

    stale: str | None = None
    """Why this ledger, a copy of another, could not be brought up to date when it was opened; None when it was."""

    def __init__(self, repository: Repository):
        self._repository = repository
        self.reader = repository.reader
        self.orders = repository.orders
        self.witnessed = repository.witnessed
        self.pool = poolfile.decode(self.reader.pool())
        self.ledger_id = poolfile.ledger_id(self.pool)

    def verifying(self, verify: VerifyProofs) -> VerifyProofs:
        """The same verifier, which a copy makes leave out what it verified lately (settlement.checks.verified)."""
        return verify

    @classmethod
    def create(cls, place: Place, pool: Pool, now_ms: int) -> "Ledger":
        """A new, empty ledger.  Raises FormatError when the file exists already, or a file of another ledger beside it.

        The file is created under another name and gets its own when it is complete, so a file at `path` is always a
        ledger.  Two processes must not create one ledger at once.
        """
        genesis = events.first(now_ms, poolfile.ledger_id(pool))
        databases.create(place, poolfile.encode(pool), genesis, merkle.empty_root())
        return cls.open(place)

    @classmethod
    def open(cls, place: Place, *, read_only: bool = False, accept_older: bool = False) -> "Ledger":
        """The ledger in a file.  With `read_only` it may be on media that cannot be written to.

        Raises FormatError when there is none, or none that this version reads, or when its tables were changed, and
        checkpoints.EventsLost when it lacks an event that was settled: with `accept_older` it opens then all the same,
        and the file of checkpoints gets another name, as evidence.  A file that is refused is left as it is.
        """
        repository = databases.open(place, read_only=read_only, accept_older=accept_older)
        try:
            return cls(repository)
        except BaseException:
            repository.close()
            raise

    def close(self) -> None:
        """Closes the database."""
        self._repository.close()

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def update(self) -> None:
        """Takes what is new from the ledger that this one is a copy of; nothing where it is none."""

    def parameters(self, now_ms: int) -> Parameters:
        """The pool's parameters that are in force."""
        settled = self.reader.change_in_force(now_ms)
        return self.pool.parameters if settled is None else settled.change.parameters

    def apply(self, checked: Checked, now_ms: int, passed_ns: events.PassedNs = lambda: 0) -> Applied:
        """Settles one bundle, as `apply_all` does, and rests.  Raises Rejected instead of returning it."""
        (answer,) = self.apply_all([checked], now_ms, passed_ns)
        self.rest()
        if isinstance(answer, Rejected):
            raise answer
        return answer

    def apply_all(
        self, checked: Sequence[Checked], now_ms: int, passed_ns: events.PassedNs = lambda: 0
    ) -> list[Applied | Rejected]:  # fmt: skip
        """Settles the bundles that passed engine.check in one transaction, or none when an exception is raised.

        Everything that may have changed since the check is checked again under the lock, at a time that moves up to
        that of an event which settled meanwhile (events.moved_up), and against the bundles before it in the block.
        Returns the place of each bundle, or the Rejected of one that fails now and is left out.  A bundle that has
        settled before keeps its place.

        Raises OSError when the events' checkpoints cannot be written, errors.Unavailable when the database cannot be,
        and errors.OutcomeUnknown when it was lost while it committed.
        """
        if not checked:
            return []  # whoever sends what is refused makes nobody wait for the lock
        block, answers = Block(self), list[Settled | Rejected]()
        with self._repository.writing():
            with stages.stage("settle"):
                now_ms = events.moved_up(block.last_event(), now_ms, passed_ns())
                block.foresee([(one.bundle, one.bundle_id) for one in checked])
                block.expect([one.bundle for one in checked])
                for one in checked:
                    answers.append(self._settle(block, one, now_ms))
            # From here on only the machine may fail: every row is computed, and everything that the tables could refuse
            # was checked above under the same lock.  If it stops now, the ledger opens again without a trace of it.
            if block.entries:
                with stages.stage("write"):
                    self._repository.record(block.entries)
        # The bundles have settled: from here on nothing may raise.
        is_checkpointed = not block.entries or self._repository.acknowledge([entry.event for entry in block.entries])
        new = {entry.event.height for entry in block.entries}
        return [
            one if isinstance(one, Rejected) else Applied.of(one, is_checkpointed, one.height in new)
            for one in answers
        ]

    def extend(self, compute: Callable[[Block], Iterable[BundleEntry]]) -> None:
        """Records bundles that another ledger has settled: all that `compute` yields, in one transaction, or none.

        It is called under the lock, with a block that has what it yielded before, and checks all that it needs
        (settlement.following.following).  Raises what it raises, and as `apply_all` does; then nothing has changed.
        """
        block = Block(self)
        with self._repository.writing():
            for entry in compute(block):
                block.add(entry)
            # From here on only the machine may fail.
            self._repository.record(block.entries)
        self._repository.acknowledge([entry.event for entry in block.entries])

    def take(self, compute: Callable[["Ledger"], Sequence[Entry]]) -> None:
        """Records events that another ledger has recorded: all that `compute` returns, in one transaction.

        It is called under the lock, and checks all that it needs (settlement.following.lightfollowing).  Raises what it
        raises, and as `apply_all` does; then nothing has changed.  """
        with self._repository.writing():
            entries = compute(self)
            # From here on only the machine may fail.
            if entries:
                self._repository.record(entries)
        if entries:
            self._repository.acknowledge([entry.appended.event for entry in entries])

    def become(self, beginning: "Ledger") -> None:
        """Makes this ledger, a copy, what another ledger is that has its first events, in one transaction.

        Only prover.network.mirrors.cutting calls it, when validators have replaced the operator who settled the rest.
        """
        last = beginning.reader.last_event()
        own = self.reader.event(last.height)
        assert own is not None and own.digest == last.digest, "a ledger is cut, and never replaced by another"
        with beginning.reader.reading():
            self._repository.refill(beginning.reader.stored, last.height + 1)

    def record(
        self, make: Callable[["Ledger", int], E], now_ms: int, passed_ns: events.PassedNs = lambda: 0
    ) -> E:  # fmt: skip
        """Records an event other than a bundle, whose rows `make` computes for this ledger and a time.

        It is called under the lock, and checks all that it needs (settlement.checks.recording), at a time that moves up
        as in `apply`.  Raises what it raises, and OSError as `apply` does; then nothing has changed.  """
        with self._repository.writing():
            entry = make(self, events.moved_up(self.reader.last_event(), now_ms, passed_ns()))
            # From here on only the machine may fail.
            self._repository.record([entry])
        self._repository.acknowledge([entry.appended.event])
        self.rest()
        return entry

    def rest(self) -> None:
        """Does what is left to do after bundles, when no others follow at once.  Never raises."""
        self._repository.rest()

    def _settle(self, block: Block, checked: Checked, now_ms: int) -> Settled | Rejected:
        """Where the bundle settles in the block, or has settled before."""
        before = block.settled(checked.bundle_id)
        if before is not None:
            return before
        try:
            return block.settle(checked, now_ms)
        except Rejected as refused:
            return refused
