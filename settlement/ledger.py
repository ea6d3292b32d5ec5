"""The ledger: the one thing in settlement that changes.

It changes in three ways only: it is created, it applies a bundle that settlement.engine has checked, and it records
another event that settlement.recording has checked: a publication, a change of the parameters, a heartbeat, an expiry.
Each is one event and one transaction.  Only settlement.engine calls `apply` and `record`.
"""

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from circuits.records import Position, Root
from settlement import checks, effects, events, merkle, poolfile
from settlement.parameters import Parameters
from settlement.pool import Pool
from settlement.state import Checked
from settlement.storage import checkpoints, connections
from settlement.storage.checkpoints import Checkpoints, EventsLost
from settlement.storage.rows import ChangeEntry, ExpiryEntry, GridsEntry, HeartbeatEntry
from settlement.storage.sqlite import Repository
from zk.errors import FormatError

E = TypeVar("E", GridsEntry, ChangeEntry, HeartbeatEntry, ExpiryEntry)


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
        genesis = events.first(now_ms, poolfile.ledger_id(pool))
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

    def parameters(self, now_ms: int) -> Parameters:
        """The pool's parameters that are in force."""
        settled = self.reader.change_in_force(now_ms)
        return self.pool.parameters if settled is None else settled.change.parameters

    def apply(self, checked: Checked, now_ms: int, passed_ns: events.PassedNs = lambda: 0) -> Applied:
        """Settles a bundle that passed engine.check: all of it, or nothing when an exception is raised.

        Everything that may have changed since the check is checked again under the lock, at a time that moves up to
        that of an event which settled meanwhile (events.moved_up).  Raises Rejected when one of these checks fails now,
        and OSError when the event's checkpoint cannot be written.
        """
        with self._repository.writing():
            previous = self.reader.last_event()
            now_ms = events.moved_up(previous, now_ms, passed_ns())
            settling = checks.check_again(self, checked, now_ms)
            entry = effects.entry(self.reader, checked, settling, now_ms)
            # From here on only the machine may fail: every row is computed, and everything that the tables could refuse
            # was checked above under the same lock.  If it stops now, the file opens again without a trace of it.
            self._repository.record(entry)
        # The bundle has settled: from here on nothing may raise.
        is_checkpointed = self._repository.acknowledge(entry.event)
        positions = tuple(output.position for output in entry.outputs)
        return Applied(entry.event.height, positions, entry.root, is_checkpointed)

    def record(
        self, make: Callable[["Ledger", int], E], now_ms: int, passed_ns: events.PassedNs = lambda: 0
    ) -> E:  # fmt: skip
        """Records an event other than a bundle, whose rows `make` computes for this ledger and a time.

        It is called under the lock, and checks all that it needs (settlement.recording), at a time that moves up as in
        `apply`.  Raises what it raises, and OSError as `apply` does; then nothing has changed.
        """
        with self._repository.writing():
            entry = make(self, events.moved_up(self.reader.last_event(), now_ms, passed_ns()))
            # From here on only the machine may fail.
            self._repository.record(entry)
        self._repository.acknowledge(entry.appended.event)
        return entry
