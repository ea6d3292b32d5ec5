"""A ledger's database in one SQLite file, and everything that writes to it.

WAL mode, so that readers never wait; synchronous=FULL, so that a commit that returned is on the disk; every write
inside one transaction that began with BEGIN IMMEDIATE, so that of two processes the second waits before it reads.
Every statement that writes must have written its rows.  Nothing here decides anything.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from circuits.records import Root
from settlement import stages
from settlement.events import Appended, Event
from settlement.storage import connections, schema, transactions, versions, writes
from settlement.storage.checkpoints import Checkpoints
from settlement.storage.connection import Cursor
from settlement.storage.orders import OrderTable
from settlement.storage.rows import Entry
from settlement.storage.sqlitereader import SqliteReader
from settlement.storage.witnessed import TABLES as WITNESSED
from settlement.storage.witnessed import Witnessed
from settlement.storage.writes import Write
from zk.errors import FormatError


class SqliteRepository:
    """One open database.  Belongs to one thread; any number of processes may open the same file.

    `reader` has the queries, `orders` the board's table, `witnessed` what others signed, and `checkpoints` the file
    beside the database.
    """

    def __init__(self, connection: sqlite3.Connection, checkpoints: Checkpoints):
        self._connection = connection
        self.reader = SqliteReader(connection)
        self.orders = OrderTable(connection, self.writing)
        self.witnessed = Witnessed(connection, self.writing)
        self.checkpoints = checkpoints
        self._recorded: list[Event] = []
        self._schema_version = self.reader.pragma("schema_version")

    @classmethod
    def create(cls, path: Path) -> "SqliteRepository":
        """Creates an empty database.  Raises FormatError when the file exists."""
        return cls(connections.create(path), Checkpoints(path))

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> "SqliteRepository":
        """Opens a database.

        Raises FormatError when the file is missing or damaged, is not a ledger of this version, has other tables, or
        lacks an event that was settled.
        """
        return cls._open(path, connections.open_for_reading if read_only else connections.open_for_writing)

    @classmethod
    def upgrade(cls, path: Path) -> int:
        """Makes the database one of this version, and returns the version that it had.

        Raises FormatError as `open`, also for versions from which there is no way, and then nothing was written.
        """
        opens = partial(connections.open_for_writing, oldest=versions.OLDEST)
        with closing(cls._open(path, opens)._connection) as file, transactions.transaction(file, "BEGIN IMMEDIATE"):
            version = schema.check(file, versions.OLDEST)  # under the lock, unlike that of the opening
            schema.upgrade(file, version)
        return version

    @classmethod
    def _open(cls, path: Path, opens: Callable[[Path, connections.Check], sqlite3.Connection]) -> "SqliteRepository":
        path = path.resolve()  # SQLite keeps its own files beside the file that a link names
        checkpoints = Checkpoints(path)
        newest = checkpoints.newest()  # before the database, which may only have more than it had then
        connection = opens(path, lambda inspected: checkpoints.check(newest, SqliteReader(inspected).event))
        return cls(connection, checkpoints)

    def close(self) -> None:
        """Closes the database."""
        self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction that excludes every other writer; an exception rolls all of it back.

        Raises FormatError when somebody changed the tables since the database was opened, OSError when the checkpoints
        cannot be written, and errors.Unavailable and errors.OutcomeUnknown as transactions.transaction does.
        """
        with transactions.transaction(self._connection, "BEGIN IMMEDIATE"):
            version = self.reader.pragma("schema_version")
            if version != self._schema_version:
                schema.check(self._connection)
                self._schema_version = version
            self._recorded.clear()
            yield
            if self._recorded:  # the last step before the commit: the events' lines in the checkpoints
                with stages.stage("commit"):
                    self.checkpoints.reserve(self._recorded, self.reader.events)

    def begin(self, pool: bytes, genesis: Appended, root: Root) -> None:
        """Creates the tables and writes the first event.  Inside `writing`."""
        schema.create(self._connection)
        self._schema_version = self.reader.pragma("schema_version")
        for write in writes.first(pool, genesis, root):
            self._insert(write)

    def fill(self, stored: Callable[[str], Cursor]) -> None:
        """Creates the tables and writes every row that `stored` returns for one.  Inside `writing`."""
        schema.create(self._connection)
        self._schema_version = self.reader.pragma("schema_version")
        for table in versions.tables():
            for rows in writes.in_parts(stored(table)):
                self._insert(Write(table, rows))

    def refill(self, stored: Callable[[str], Cursor], size: int) -> None:
        """Makes the rows of every table those that `stored` returns, of a history of `size` events, in one transaction.

        What others have signed about this beginning stays.  The checkpoints get another name, as evidence.
        """
        tables = [table for table in versions.tables() if table not in WITNESSED]
        last = self.reader.last_event().height
        with self.writing():
            for table in reversed(tables):
                self._connection.execute(f"DELETE FROM {table}")
            self._connection.execute("DELETE FROM cosignatures WHERE height >= ?", (size,))
            for table in tables:
                for rows in writes.in_parts(stored(table)):
                    self._insert(Write(table, rows))
            if self.checkpoints.exists():  # from here on nothing is settled that the database lacks
                self.checkpoints.set_aside(last)

    def record(self, entries: Sequence[Entry]) -> None:
        """Writes everything of these events, which follow each other.  Inside `writing`; `acknowledge` comes after."""
        for write in writes.of(entries):
            self._insert(write)
        voided = [(nullifier,) for nullifier in writes.spent(entries)]
        self._connection.executemany("DELETE FROM orders WHERE nullifier = ?", voided)
        self._recorded += [entry.appended.event for entry in entries]

    def acknowledge(self, committed: Sequence[Event]) -> bool:
        """Marks these events as settled in the checkpoints.  Never raises: returns whether that succeeded."""
        try:
            with stages.stage("commit"):
                self.checkpoints.acknowledge(committed)
            return True
        except OSError:
            return False

    def rest(self) -> None:
        """Moves the write-ahead log into the database and empties it; while another process reads, a later rest does.

        So later damage to the log loses nothing, and no deleted row stays in it.  It takes as many syncs as a commit,
        so of events that follow each other closely only the last should be rested after: SQLite itself moves the log
        from a thousand pages on.
        """
        try:
            self._connection.execute("PRAGMA busy_timeout = 0")
            try:
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                self._connection.execute(f"PRAGMA busy_timeout = {connections.BUSY_SECONDS * 1000}")
        except sqlite3.Error:
            pass  # the log has everything

    def _insert(self, write: Write) -> None:
        places = ", ".join("?" * len(write.rows[0]))
        statement = f"INSERT INTO {write.table} VALUES ({places}){write.on_conflict}"
        written = self._connection.executemany(statement, write.rows).rowcount
        if written != len(write.rows):
            raise FormatError(f"the ledger took {written} of {len(write.rows)} rows into its table {write.table}")
