"""The ledger: the one thing in settlement that changes.

It changes in three ways only: it is created, it applies a bundle that settlement.engine has checked, and it accepts the
grids of an epoch that settlement.engine has checked.  Each is one event and one transaction.  Only settlement.engine
calls `apply` and `publish`.
"""

import os
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from circuits.records import Position, Root
from settlement import checks, effects, events, merkle, oracle, poolfile, quotes
from settlement.grids import Publication, PublishedGrids
from settlement.parameters import Parameters
from settlement.pool import Pool
from settlement.rejection import Rejected, Rejection
from settlement.storage import checkpoints, connections
from settlement.storage.checkpoints import Checkpoints, EventsLost
from settlement.storage.rows import GridsEntry
from settlement.storage.sqlite import Repository
from zk.errors import FormatError


@dataclass(frozen=True)
class Applied:
    """The place of a settled bundle: its height, its new accounts' positions, leg by leg, and the root after them.

    `is_checkpointed` says whether the event was marked as settled in the file beside the ledger.
    """

    height: int
    positions: tuple[Position, ...]
    root: Root
    is_checkpointed: bool


class Ledger:
    """One pool's ledger in one file.  Belongs to one thread; other threads and processes open their own.

    `reader` answers every query, and `orders` is the board's table in the same file (settlement.board has its rules).
    Use a ledger as a context manager, or close it.
    """

    def __init__(self, repository: Repository):
        self._repository = repository
        self.reader = repository.reader
        self.orders = repository.orders
        self.pool = poolfile.decode(self.reader.pool())
        self.ledger_id = poolfile.ledger_id(self.pool)

    @classmethod
    def create(cls, path: Path, pool: Pool, now_ms: int) -> "Ledger":
        """A new, empty ledger.  Raises FormatError when the file exists already, or a file of another ledger beside it.

        The file is created under another name and gets its own when it is complete, so a file at `path` is always a
        ledger.  Two processes must not create one ledger at once.
        """
        for suffix in ("", *connections.BESIDE, checkpoints.SUFFIX):
            existing = path.with_name(path.name + suffix)
            if os.path.lexists(existing):
                belongs = ", left of another ledger: move it away" if suffix else ""
                raise FormatError(f"there is already a file at {existing}{belongs}")
        temporary = path.with_name(f"{path.name}.new")
        for suffix in ("", *connections.BESIDE):  # left behind by an interrupted creation
            temporary.with_name(temporary.name + suffix).unlink(missing_ok=True)
        genesis = events.next_event(None, events.GENESIS, now_ms, poolfile.ledger_id(pool))
        with closing(Repository.create(temporary)) as repository, repository.writing():
            repository.begin(poolfile.encode(pool), genesis, merkle.empty_root())
        try:
            os.link(temporary, path)  # unlike a rename, this replaces nothing
            temporary.unlink()
        except FileExistsError:
            raise FormatError(f"there is already a file at {path}") from None
        except OSError:  # a file system without hard links
            os.rename(temporary, path)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False, accept_older: bool = False) -> "Ledger":
        """The ledger in a file.  With `read_only` it may be on media that cannot be written to.

        Raises FormatError when there is none, or none that this version reads, or when its tables were changed, and
        checkpoints.EventsLost when it lacks an event that was settled: with `accept_older` it opens then all the same,
        and the file of checkpoints gets another name, as evidence.  A file that is refused is left as it is.
        """
        try:
            repository = Repository.open(path, read_only=read_only)
        except EventsLost as lost:
            if not accept_older:
                raise
            Checkpoints(path.resolve()).set_aside(lost.height)
            repository = Repository.open(path, read_only=read_only)
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

    def apply(self, checked: checks.Checked, now_ms: int, passed_ns: events.PassedNs = lambda: 0) -> Applied:
        """Settles a bundle that passed engine.check: all of it, or nothing when an exception is raised.

        Everything that may have changed since the check is checked again under the lock, at a time that moves up to
        that of an event which settled meanwhile (events.moved_up).  Raises Rejected when one of these checks fails now,
        and OSError when the event's checkpoint cannot be written.
        """
        with self._repository.writing():
            previous = self.reader.last_event()
            now_ms = events.moved_up(previous, now_ms, passed_ns())
            settling = checks.check_again(self, checked, now_ms)
            entry = effects.entry(
                checked,
                now_ms,
                previous=previous,
                size=self.reader.tree().size,
                read=self.reader.node,
                settling=settling,
            )
            # From here on only the machine may fail: every row is computed, and everything that the tables could refuse
            # was checked above under the same lock.  If it stops now, the file opens again without a trace of it.
            self._repository.settle(entry)
        # The bundle has settled: from here on nothing may raise.
        is_checkpointed = self._repository.acknowledge(entry.event)
        positions = tuple(output.position for output in entry.outputs)
        return Applied(entry.event.height, positions, entry.root, is_checkpointed)

    def publish(
        self, publication: Publication, parameters: Parameters, rates: Mapping[int, int], now_ms: int,
        passed_ns: events.PassedNs = lambda: 0,
    ) -> PublishedGrids:  # fmt: skip
        """Accepts the grids of the next epoch, which were computed with these parameters and rates.

        Raises Rejected when another epoch is next, when the clock is behind, when parameters or rates have changed, or
        when the time moved up too far for a price, and OSError as `apply` does.
        """
        with self._repository.writing():
            newest = self.reader.grids(1)
            next_epoch = newest[0].publication.epoch + 1 if newest else 1
            previous = self.reader.last_event()
            time_ms = events.moved_up(previous, now_ms, passed_ns())
            checks.check_clock(previous, time_ms)
            if self.parameters(time_ms) != parameters or self.reader.rates() != rates:
                raise Rejected(Rejection.PARAMETERS_CHANGED, "the grids were computed with others")
            if time_ms != now_ms:
                oracle.check_times(parameters, quotes.decode(publication.evidence), time_ms)
            published = PublishedGrids(publication, time_ms)
            if publication.epoch != next_epoch:
                raise Rejected(
                    Rejection.WRONG_EPOCH, f"the publication is for epoch {publication.epoch}, but {next_epoch} is next"
                )
            event = events.next_event(previous, events.GRIDS, time_ms, events.grids_body(published))
            # From here on only the machine may fail.
            self._repository.publish(GridsEntry(event, published))
        self._repository.acknowledge(event)
        return published
