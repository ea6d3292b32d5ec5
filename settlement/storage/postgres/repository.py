"""A ledger's database in PostgreSQL, and everything that writes to it.

One process at a time writes: it holds the database's advisory lock until its transaction ends, so whoever comes second
waits before it reads, and reads what the first has committed.  Any number of processes read and check without a lock.
Every statement that writes must have written its rows.  Nothing here decides anything.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager

from circuits.records import Root
from settlement import stages
from settlement.events import Appended, Event
from settlement.storage import schema, versions, writes
from settlement.storage.connection import Cursor
from settlement.storage.orders import OrderTable
from settlement.storage.postgres import catalogue
from settlement.storage.postgres.connection import PostgresConnection
from settlement.storage.postgres.reader import PostgresReader
from settlement.storage.rows import Entry
from settlement.storage.witnessed import TABLES as WITNESSED
from settlement.storage.witnessed import Witnessed
from settlement.storage.writes import Write
from zk.errors import FormatError

_MUST_BE_ON = ("fsync", "full_page_writes")


class PostgresRepository:
    """One session.  Belongs to one thread; any number of processes have their own.

    `reader` has the queries, `orders` the board's table, and `witnessed` what others signed.
    """

    def __init__(self, connection: PostgresConnection, oldest: int = versions.NEWEST):
        self._connection, self._oldest = connection, oldest
        self.reader = PostgresReader(connection)
        self.orders = OrderTable(connection, self.writing)
        self.witnessed = Witnessed(connection, self.writing)
        self._is_new = False

    @classmethod
    def create(cls, url: str) -> "PostgresRepository":
        """A database that gets its tables in `begin`.  Raises FormatError when the server would lose what it commits.

        Raises errors.Unavailable when it cannot be reached.
        """
        repository = cls(PostgresConnection(url))
        repository._is_new = True
        try:
            repository._check_durable()
        except BaseException:
            repository.close()
            raise
        return repository

    @classmethod
    def open(cls, url: str, *, read_only: bool = False) -> "PostgresRepository":
        """Opens a database.

        Raises FormatError when it has no ledger of this version, or its tables were changed, or the server would lose
        what it commits, and errors.Unavailable when it cannot be reached.
        """
        repository = cls(PostgresConnection(url, read_only=read_only))
        try:
            catalogue.check(repository._connection)
            if not read_only:
                repository._check_durable()
        except BaseException:
            repository.close()
            raise
        return repository

    @classmethod
    def upgrade(cls, url: str) -> int:
        """Makes the database one of this version, and returns the version that it had.

        Raises FormatError as `open`, also for versions from which there is no way, and then nothing was written.
        """
        with closing(cls(PostgresConnection(url), versions.OLDEST)) as repository, repository.writing():
            version = catalogue.check(repository._connection, versions.OLDEST)
            catalogue.upgrade(repository._connection, version)
        return version

    def close(self) -> None:
        """Ends the session."""
        self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction that excludes every other writer; an exception rolls all of it back.

        Raises FormatError when the tables became another version's, errors.Unavailable when another process holds the
        lock too long or the server cannot be reached, and errors.OutcomeUnknown when it was lost while it committed.
        """
        # Not a snapshot of before the lock: each statement sees what was committed when it began.
        with self._connection.transaction("BEGIN ISOLATION LEVEL READ COMMITTED"):
            with stages.stage("lock"):
                self._connection.execute(f"SELECT pg_advisory_xact_lock({schema.APPLICATION_ID})")
            if not self._is_new:
                catalogue.check_version(self._connection, self._oldest)
            yield

    def begin(self, pool: bytes, genesis: Appended, root: Root) -> None:
        """Creates the tables and writes the first event.  Inside `writing`.  Raises FormatError when there are some."""
        catalogue.create(self._connection)
        self._is_new = False
        self._insert(writes.first(pool, genesis, root))

    def fill(self, stored: Callable[[str], Cursor]) -> None:
        """Creates the tables and writes every row that `stored` returns for one.  Inside `writing`."""
        catalogue.create(self._connection)
        self._is_new = False
        for table in versions.tables():
            for rows in writes.in_parts(stored(table)):
                self._insert([Write(table, rows)])

    def refill(self, stored: Callable[[str], Cursor], size: int) -> None:
        """Makes the rows of every table those that `stored` returns, of a history of `size` events, in one transaction.

        What others have signed about this beginning stays.
        """
        tables = [table for table in versions.tables() if table not in WITNESSED]
        with self.writing():
            for table in reversed(tables):
                self._connection.execute(f"DELETE FROM {table}")
            self._connection.execute("DELETE FROM cosignatures WHERE height >= ?", (size,))
            for table in tables:
                for rows in writes.in_parts(stored(table)):
                    self._insert([Write(table, rows)])

    def record(self, entries: Sequence[Entry]) -> None:
        """Writes everything of these events, which follow each other.  Inside `writing`; `acknowledge` comes after."""
        self._insert(writes.of(entries))
        if voided := writes.spent(entries):
            self._connection.execute("DELETE FROM orders WHERE nullifier = ANY (?)", (voided,))

    def acknowledge(self, committed: Sequence[Event]) -> bool:
        """True: what PostgreSQL has committed is in its own log, and on its standbys where they are synchronous."""
        return True

    def rest(self) -> None:
        """Nothing: the server does what is left to do by itself."""

    def _insert(self, some: Sequence[Write]) -> None:
        statements = []
        for write in some:
            columns = ", ".join(f"?::{kind}[]" for kind in catalogue.types(write.table))
            statement = f"INSERT INTO {write.table} SELECT * FROM unnest({columns}){write.on_conflict}"
            statements.append((statement, [list(column) for column in zip(*write.rows, strict=True)]))
        for write, written in zip(some, self._connection.run_together(statements), strict=True):
            if written != len(write.rows):
                raise FormatError(f"the ledger took {written} of {len(write.rows)} rows into its table {write.table}")

    def _check_durable(self) -> None:
        for setting in _MUST_BE_ON:
            if self._connection.execute("SELECT current_setting(?) = 'on'", (setting,)).fetchone() != (True,):
                raise FormatError(f"the server's {setting} is off: it would lose what it has committed. Turn it on")
