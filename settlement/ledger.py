"""The ledger: the one thing in settlement that changes.

It answers what the checks and the wallets ask, and changes in three ways only: it begins, it applies a bundle that
settlement.engine has checked, it takes the grids of an epoch that settlement.oracle has checked.  Each is one event and
one transaction.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from settlement import checks, effects, events, grids, merkle, poolfile
from settlement.custody import Reserves
from settlement.events import Event
from settlement.grids import Publication, PublishedGrids
from settlement.pool import Pool
from settlement.rejection import Rejected, Rejection
from settlement.storage.orders import OrderTable
from settlement.storage.rows import GridsEntry, Output, SettledFlow, Spend
from settlement.storage.sqlite import Repository
from zk.errors import FormatError

# A margin may be proved against the initial grid of either of the last two epochs.
GRID_WINDOW = 2


@dataclass(frozen=True)
class Applied:
    """Where a bundle stands: its height, the positions of its new accounts, leg by leg, and the root with them."""

    height: int
    positions: tuple[int, ...]
    root: int


class Ledger:
    """One pool's ledger in one file.  Belongs to one thread; other threads and processes open their own.

    Use it as a context manager, or close it.
    """

    def __init__(self, repository: Repository):
        self._repository = repository
        self.pool = poolfile.decode(repository.pool())
        self.ledger_id = poolfile.ledger_id(self.pool)

    @classmethod
    def create(cls, path: Path, pool: Pool, now_ms: int) -> "Ledger":
        """A new, empty ledger.  Raises FormatError when there is a file already.

        It is made beside its place and moved there when it is whole, so that a file in its place is always a ledger.
        """
        if path.exists():
            raise FormatError(f"there is already a file at {path}")
        beside = path.with_name(f"{path.name}.new")
        for suffix in ("", "-wal", "-shm"):  # left over from a beginning that was broken off
            beside.with_name(beside.name + suffix).unlink(missing_ok=True)
        repository = Repository(beside, new=True)
        genesis = events.following(None, events.GENESIS, now_ms, poolfile.ledger_id(pool))
        try:
            with repository.writing():
                repository.begin(poolfile.encode(pool), genesis, merkle.empty_root())
        finally:
            repository.close()
        os.replace(beside, path)
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
        """Lets the file go."""
        self._repository.close()

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def orders(self) -> OrderTable:
        """The board's table, which lies in the same file; settlement.board has its rules."""
        return self._repository.orders

    @property
    def root(self) -> int:
        """The newest root."""
        return self._repository.tree()[0]

    @property
    def size(self) -> int:
        """How many leaves the tree has."""
        return self._repository.tree()[1]

    def path(self, position: int) -> tuple[tuple[int, ...], ...]:
        """The four children at each of the 16 levels above a leaf; circuits.merkle.path_root gives the root they lead to."""
        with self._repository.reading():
            return merkle.path(self._repository.node, position)

    def position_of(self, commitment: int) -> int | None:
        """The first position of a commitment, None when the tree has it not."""
        return self._repository.position_of(commitment)

    def outputs(self, since: int) -> list[Output]:
        """The leaves from a position on, in order, with what is sealed beside them."""
        return self._repository.outputs(since)

    def spend_of(self, nullifier: int) -> Spend | None:
        """Which bundle published a nullifier, and when; None when none did."""
        return self._repository.spend(nullifier)

    def events(self, since: int = 0) -> list[Event]:
        """The events from a height on, in order."""
        return self._repository.events(since)

    def last_event(self) -> Event:
        """The newest event; its digest stands for the whole history."""
        return self._repository.last_event()

    def bundle(self, height: int) -> tuple[bytes, bytes] | None:
        """Id and bytes of the bundle at a height, None when there is none."""
        return self._repository.bundle(height)

    def bundle_height(self, bundle_id: bytes) -> int | None:
        """The height at which a bundle settled, None when it did not."""
        return self._repository.bundle_height(bundle_id)

    def flows(self) -> list[SettledFlow]:
        """Everything that was paid in and out, in order."""
        return self._repository.flows()

    def reserves(self) -> Reserves:
        """What is held outside, per verifying key's digest and asset."""
        return self._repository.reserves()

    def grids(self, newest: int = GRID_WINDOW) -> list[PublishedGrids]:
        """The grids of the newest epochs, newest first."""
        return self._repository.grids(newest)

    def is_known_root(self, root: int) -> bool:
        """Whether the tree ever had this root."""
        return self._repository.is_known_root(root)

    def is_fresh_grid(self, grid_root: int, epoch: int, now_ms: int) -> bool:
        """Whether this is the initial grid of one of the last GRID_WINDOW epochs, no older than the pool allows."""
        return (grid_root, epoch) in ((grid.initial_root, grid.publication.epoch) for grid in self._fresh(now_ms))

    def fresh_epochs(self, now_ms: int) -> list[int]:
        """The epochs whose initial grids a margin proof may still use."""
        return [grid.publication.epoch for grid in self._fresh(now_ms)]

    def is_spent(self, nullifier: int) -> bool:
        """Whether an account with this nullifier has moved."""
        return self._repository.spend(nullifier) is not None

    def reserve(self, key: bytes, asset: int) -> int:
        """How much of an asset is held under a verifying key's digest."""
        return self._repository.reserve(key, asset)

    def apply(self, checked: checks.Checked, now_ms: int) -> Applied:
        """Settles a bundle that engine.check let pass: all of it, or on an exception nothing.

        Whatever the ledger has done since it was checked is looked at again, while nobody else can write.  Raises
        Rejected when that has changed the answer.
        """
        with self._repository.writing():
            checks.check_state(self, checked.bundle.legs, now_ms)
            checks.check_custody(self, checked.bundle.legs)
            previous, (_, size) = self._repository.last_event(), self._repository.tree()
            entry = effects.entry(
                checked, now_ms, previous=previous, size=size, read=self._repository.node, holdings=self
            )
            # From here on nothing may fail: every row is computed, and what the tables could refuse was checked above
            # under the same lock.  Only the machine can stop it now, and whoever opens the file next finds no trace.
            self._repository.settle(entry)
        return Applied(entry.event.height, tuple(output.position for output in entry.outputs), entry.root)

    def publish(self, publication: Publication, now_ms: int) -> PublishedGrids:
        """Takes the grids of the next epoch, whose prices settlement.oracle has checked.

        Raises Rejected when another epoch is next.
        """
        taken = grids.published(publication, now_ms)
        with self._repository.writing():
            newest = self._repository.grids(1)
            following = newest[0].publication.epoch + 1 if newest else 1
            if publication.epoch != following:
                raise Rejected(Rejection.WRONG_EPOCH, f"it is epoch {publication.epoch}, and {following} is next")
            previous = self._repository.last_event()
            event = events.following(previous, events.GRIDS, now_ms, events.grids_body(taken))
            # From here on nothing may fail.
            self._repository.publish(GridsEntry(event, taken))
        return taken

    def _fresh(self, now_ms: int) -> list[PublishedGrids]:
        return [grid for grid in self.grids() if now_ms - grid.published_ms <= self.pool.limits.grid_age_ms]
