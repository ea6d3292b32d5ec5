"""One ledger's database as the ledger sees it: a file of SQLite's, or PostgreSQL (settlement.storage.postgres)."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from circuits.records import Root
from settlement.events import Appended, Event
from settlement.storage.batchreader import BatchReader
from settlement.storage.connection import Cursor
from settlement.storage.orders import OrderTable
from settlement.storage.rows import Entry
from settlement.storage.witnessed import Witnessed


class Repository(Protocol):
    """An open database.  Belongs to one thread; any number of processes may open the same one."""

    @property
    def reader(self) -> BatchReader:
        """Every query."""

    @property
    def orders(self) -> OrderTable:
        """The board's table."""

    @property
    def witnessed(self) -> Witnessed:
        """What others have signed about the log."""

    def writing(self) -> AbstractContextManager[None]:
        """One transaction that excludes every other writer; an exception rolls all of it back.

        Raises FormatError when somebody changed the tables since the database was opened, errors.Unavailable when it is
        busy for too long or cannot be reached, and errors.OutcomeUnknown when it was lost while it committed.
        """

    def begin(self, pool: bytes, genesis: Appended, root: Root) -> None:
        """Creates the tables and writes the first event.  Inside `writing`."""

    def fill(self, stored: Callable[[str], Cursor]) -> None:
        """Creates the tables and writes every row that `stored` returns for one.  Inside `writing`."""

    def refill(self, stored: Callable[[str], Cursor], size: int) -> None:
        """Makes the rows of every table those that `stored` returns, of a history of `size` events, in one transaction.

        What others have signed about this beginning stays.
        """

    def record(self, entries: Sequence[Entry]) -> None:
        """Writes everything of these events, which follow each other.  Inside `writing`; `acknowledge` comes after."""

    def acknowledge(self, committed: Sequence[Event]) -> bool:
        """Marks these events as settled, outside of the database.  Never raises: returns whether that succeeded."""

    def rest(self) -> None:
        """Does what is left to do after events, when no other follows at once.  Never raises."""

    def close(self) -> None:
        """Closes the database."""
