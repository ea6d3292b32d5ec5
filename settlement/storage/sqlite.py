"""A ledger's database in one SQLite file, and everything that writes to it.

WAL mode, so that readers never wait; synchronous=FULL, so that a commit that returned is on the disk; every write
inside one transaction that began with BEGIN IMMEDIATE, so that of two processes the second waits before it reads.
Every statement that writes must have written its rows.  Nothing here decides anything.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from circuits.records import Root
from settlement.events import Appended, Event
from settlement.merkle import Tree
from settlement.storage import connections, schema, tables
from settlement.storage.checkpoints import Checkpoints
from settlement.storage.orders import OrderTable
from settlement.storage.reader import Reader
from settlement.storage.rows import BundleEntry, ChangeEntry, Entry, ExpiryEntry, GridsEntry, HeartbeatEntry
from settlement.storage.tables import Row
from zk.errors import FormatError
from zk.fields.prime import to_bytes


class Repository:
    """One open database.  Belongs to one thread; any number of processes may open the same file.

    `reader` has the queries, `orders` the board's table, and `checkpoints` the file beside the database.
    """

    def __init__(self, connection: sqlite3.Connection, checkpoints: Checkpoints):
        self._connection = connection
        self.reader = Reader(connection)
        self.orders = OrderTable(connection, self.writing)
        self.checkpoints = checkpoints
        self._schema_version = self.reader.pragma("schema_version")

    @classmethod
    def create(cls, path: Path) -> "Repository":
        """Creates an empty database.  Raises FormatError when the file exists."""
        return cls(connections.create(path), Checkpoints(path))

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> "Repository":
        """Opens a database.

        Raises FormatError when the file is missing or damaged, is not a ledger of this version, has other tables, or
        lacks an event that was settled.
        """
        path = path.resolve()  # SQLite keeps its own files beside the file that a link names
        checkpoints = Checkpoints(path)
        newest = checkpoints.newest()  # before the database, which may only have more than it had then
        opens = connections.open_for_reading if read_only else connections.open_for_writing
        connection = opens(path, lambda inspected: checkpoints.check(newest, Reader(inspected).event))
        return cls(connection, checkpoints)

    def close(self) -> None:
        """Closes the database."""
        self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction that excludes every other writer; an exception rolls all of it back.

        Raises FormatError when somebody changed the tables since the database was opened.
        """
        with connections.transaction(self._connection, "BEGIN IMMEDIATE"):
            version = self.reader.pragma("schema_version")
            if version != self._schema_version:
                schema.check(self._connection)
                self._schema_version = version
            yield

    def begin(self, pool: bytes, genesis: Appended, root: Root) -> None:
        """Creates the tables and writes the first event.  Inside `writing`."""
        schema.create(self._connection)
        self._schema_version = self.reader.pragma("schema_version")
        self._insert("pool", [tables.pool(pool)])
        self._append(genesis)
        self._insert("roots", [tables.root(genesis.event.height, Tree(root, 0))])

    def record(self, entry: Entry) -> None:
        """Writes everything of an event.  Inside `writing`; `acknowledge` comes after it."""
        self._append(entry.appended)
        match entry:
            case BundleEntry():
                self._settle(entry)
            case GridsEntry(appended, published):
                self._insert("grids", [tables.grids(appended.event.height, published)])
            case ChangeEntry():
                self._insert("parameters", [tables.change(entry)])
            case HeartbeatEntry():
                self._insert("heartbeats", [tables.heartbeat(entry)])
            case ExpiryEntry():
                self._insert("expiries", [tables.expiry(entry)])
        # The last step before the commit: the event's line in the checkpoints.
        self.checkpoints.reserve(entry.appended.event, self.reader.events)

    def _append(self, appended: Appended) -> None:
        self._insert("events", [tables.event(appended.event)])
        self._insert("log", [tables.log_node(*place, node) for place, node in appended.nodes.items()])

    def _settle(self, entry: BundleEntry) -> None:
        """Writes a bundle and deletes the orders that it voids."""
        height = entry.event.height
        self._insert("bundles", [tables.bundle(height, entry.bundle_id, entry.data)])
        self._insert("nullifiers", [tables.nullifier(nullifier, height) for nullifier in entry.nullifiers])
        self._insert("outputs", map(tables.output, entry.outputs))
        self._insert("nodes", [tables.node(*place, node) for place, node in entry.nodes.items()], or_replace=True)
        self._insert("roots", [tables.root(height, Tree(entry.root, entry.size))])
        self._insert("flows", map(tables.flow, entry.flows))
        reserves = [tables.reserve(*place, amount) for place, amount in entry.reserves.items()]
        self._insert("reserves", reserves, or_replace=True)
        accounts = [tables.account(*place, amount) for place, amount in entry.accounts.items()]
        self._insert("accounts", accounts, or_replace=True)
        if entry.insurance is not None:
            self._insert("insurance", [tables.insurance(height, entry.insurance)])
        self._connection.executemany(
            "DELETE FROM orders WHERE nullifier = ?", [(to_bytes(nullifier),) for nullifier in entry.nullifiers]
        )

    def acknowledge(self, event: Event) -> bool:
        """Marks the committed event as settled in the checkpoints.  Never raises: returns whether that succeeded.

        It also moves the write-ahead log into the database and empties it, so that later damage to the log loses
        nothing and no deleted row stays in it; while another process reads, that is left to a later event.
        """
        try:
            self.checkpoints.acknowledge(event)
            is_acknowledged = True
        except OSError:
            is_acknowledged = False
        try:
            self._connection.execute("PRAGMA busy_timeout = 0")
            try:
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                self._connection.execute(f"PRAGMA busy_timeout = {connections.BUSY_SECONDS * 1000}")
        except sqlite3.Error:
            pass  # the log has everything, and a later event moves it
        return is_acknowledged

    def _insert(self, table: str, rows: Iterable[Row], *, or_replace: bool = False) -> None:
        values = list(rows)
        if not values:
            return
        places = ", ".join("?" * len(values[0]))
        verb = "INSERT OR REPLACE" if or_replace else "INSERT"
        written = self._connection.executemany(f"{verb} INTO {table} VALUES ({places})", values).rowcount
        if written != len(values):
            raise FormatError(f"the ledger took {written} of {len(values)} rows into its table {table}")
