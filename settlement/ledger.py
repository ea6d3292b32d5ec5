"""The ledger: the one thing in settlement that changes.

It changes in three ways only: it is created, it applies a bundle that settlement.engine has checked, and it accepts the
grids of an epoch that settlement.engine has checked.  Each is one event and one transaction.  Only settlement.engine
calls `apply` and `publish`.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from circuits.records import Position, Root
from settlement import checks, custody, effects, events, grids, merkle, poolfile
from settlement.grids import Publication, PublishedGrids
from settlement.pool import Pool
from settlement.rejection import Rejected, Rejection
from settlement.storage.rows import GridsEntry
from settlement.storage.sqlite import Repository
from zk.errors import FormatError


@dataclass(frozen=True)
class Applied:
    """The place of a settled bundle: its height, its new accounts' positions, leg by leg, and the root after them."""

    height: int
    positions: tuple[Position, ...]
    root: Root


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
        """A new, empty ledger.  Raises FormatError when the file exists already.

        The file is created under another name and renamed when it is complete, so a file at `path` is always a ledger.
        """
        if path.exists():
            raise FormatError(f"there is already a file at {path}")
        temporary = path.with_name(f"{path.name}.new")
        for suffix in ("", "-wal", "-shm"):  # left behind by an interrupted creation
            temporary.with_name(temporary.name + suffix).unlink(missing_ok=True)
        repository = Repository(temporary, new=True)
        genesis = events.next_event(None, events.GENESIS, now_ms, poolfile.ledger_id(pool))
        try:
            with repository.writing():
                repository.begin(poolfile.encode(pool), genesis, merkle.empty_root())
        finally:
            repository.close()
        os.replace(temporary, path)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> "Ledger":
        """The ledger in a file.  Raises FormatError when there is none, or none that this version reads."""
        repository = Repository(path, new=False)
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

    def apply(self, checked: checks.Checked, now_ms: int) -> Applied:
        """Settles a bundle that passed engine.check: all of it, or nothing when an exception is raised.

        Everything that may have changed since the check is checked again under the lock.  Raises Rejected when one of
        these checks fails now.
        """
        with self._repository.writing():
            legs = checked.bundle.legs
            reserves = custody.reserves_after(self.reader, legs)
            checks.check_state(self, legs, now_ms)
            checks.check_custody(self, reserves)
            checks.check_room(self, legs)
            entry = effects.entry(
                checked,
                now_ms,
                previous=self.reader.last_event(),
                size=self.reader.tree().size,
                read=self.reader.node,
                reserves=reserves,
            )
            # From here on nothing may fail: every row is computed, and everything that the tables could refuse was
            # checked above under the same lock.  If the machine stops now, the file opens again without a trace of it.
            self._repository.settle(entry)
        return Applied(entry.event.height, tuple(output.position for output in entry.outputs), entry.root)

    def publish(self, publication: Publication, now_ms: int) -> PublishedGrids:
        """Accepts the grids of the next epoch.  Raises Rejected when another epoch is next."""
        published = grids.with_roots(publication, now_ms)
        with self._repository.writing():
            newest = self.reader.grids(1)
            next_epoch = newest[0].publication.epoch + 1 if newest else 1
            if publication.epoch != next_epoch:
                raise Rejected(
                    Rejection.WRONG_EPOCH, f"the publication is for epoch {publication.epoch}, but {next_epoch} is next"
                )
            event = events.next_event(self.reader.last_event(), events.GRIDS, now_ms, events.grids_body(published))
            # From here on nothing may fail.
            self._repository.publish(GridsEntry(event, published))
        return published
