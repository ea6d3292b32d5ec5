"""A ledger's database in one SQLite file, and everything that writes to it.

WAL mode, so that readers never wait; synchronous=FULL, so that a commit that returned is on the disk; every write
inside one transaction that began with BEGIN IMMEDIATE, so that of two processes the second waits before it reads.
Nothing here decides anything.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from circuits.records import Root
from settlement import grids
from settlement.events import Event
from settlement.storage import reader, schema
from settlement.storage.orders import OrderTable
from settlement.storage.reader import Reader
from settlement.storage.rows import BundleEntry, GridsEntry
from zk.errors import FormatError
from zk.fields.prime import to_bytes

BUSY_SECONDS = 30

# These codes say nothing about the file itself: another process has locked it, or its folder cannot be written to.
_UNUSABLE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)


class Repository:
    """One open database.  Belongs to one thread; any number of processes may open the same file.

    `reader` has the queries, `orders` the board's table.
    """

    def __init__(self, path: Path, *, new: bool):
        """Opens a database, or creates an empty one.

        Raises FormatError when the file is missing, exists already, or is not a ledger of this version.
        """
        if new == path.exists():
            raise FormatError(f"there is {'already a file' if new else 'no ledger'} at {path}")
        mode = "rwc" if new else "rw"
        self._connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=BUSY_SECONDS, isolation_level=None
        )
        self.reader = Reader(self._connection)
        self.orders = OrderTable(self._connection)
        try:
            self._configure()
            if not new:
                self._check_version()
        except sqlite3.DatabaseError as error:
            self.close()
            if error.sqlite_errorcode & 0xFF in _UNUSABLE:
                raise FormatError(f"the ledger at {path} cannot be opened for writing: {error}") from error
            raise FormatError(f"the file at {path} is not a ledger") from error
        except FormatError:
            self.close()
            raise

    def close(self) -> None:
        """Closes the database."""
        self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction that excludes every other writer; an exception rolls all of it back."""
        with reader.transaction(self._connection, "BEGIN IMMEDIATE"):
            yield

    def begin(self, pool: bytes, genesis: Event, root: Root) -> None:
        """Creates the tables and writes the first event.  Inside `writing`."""
        for statement in schema.TABLES.split(";"):
            self._connection.execute(statement)
        self._connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        self._connection.execute(f"PRAGMA user_version = {schema.VERSION}")
        self._connection.execute("INSERT INTO pool VALUES (1, ?)", (pool,))
        self._event(genesis)
        self._connection.execute("INSERT INTO roots VALUES (?, ?, 0)", (genesis.height, to_bytes(root)))

    def settle(self, entry: BundleEntry) -> None:
        """Writes a bundle.  Inside `writing`."""
        height = entry.event.height
        self._event(entry.event)
        self._connection.execute("INSERT INTO bundles VALUES (?, ?, ?)", (height, entry.bundle_id, entry.data))
        self._many("INSERT INTO nullifiers VALUES (?, ?)", ((to_bytes(n), height) for n in entry.nullifiers))
        self._many("INSERT INTO outputs VALUES (?, ?, ?, ?)", (
            (output.position, to_bytes(output.commitment), b"".join(output.ciphertexts), height)
            for output in entry.outputs
        ))
        self._many("INSERT OR REPLACE INTO nodes VALUES (?, ?, ?)", (
            (level, place, to_bytes(node)) for (level, place), node in entry.nodes.items()
        ))
        self._connection.execute("INSERT INTO roots VALUES (?, ?, ?)", (height, to_bytes(entry.root), entry.size))
        self._many("INSERT INTO flows VALUES (?, ?, ?, ?, ?, ?, ?)", (
            (height, number, row.leg, row.key, row.flow.asset, row.flow.amount, row.flow.party)
            for number, row in enumerate(entry.flows)
        ))
        self._many("INSERT OR REPLACE INTO reserves VALUES (?, ?, ?)", (
            (*place, amount) for place, amount in entry.reserves.items()
        ))

    def publish(self, entry: GridsEntry) -> None:
        """Writes the grids of an epoch.  Inside `writing`."""
        published, publication = entry.published, entry.published.publication
        self._event(entry.event)
        self._connection.execute("INSERT INTO grids VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (
            publication.epoch, entry.event.height, published.published_ms,
            grids.encode_values(publication.initial), grids.encode_values(publication.maintenance),
            to_bytes(published.initial_root), to_bytes(published.maintenance_root), publication.evidence,
        ))

    def _configure(self) -> None:
        self._connection.execute("PRAGMA journal_mode = WAL")
        for setting in ("synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF"):
            self._connection.execute(f"PRAGMA {setting}")

    def _check_version(self) -> None:
        application, version = (self.reader.pragma(name) for name in ("application_id", "user_version"))
        if application != schema.APPLICATION_ID:
            raise FormatError("the file is a database but not a ledger")
        if version != schema.VERSION:
            raise FormatError(f"the ledger has schema version {version}, and this program reads {schema.VERSION}")

    def _event(self, event: Event) -> None:
        row = (event.height, event.kind, event.created_ms, event.body, event.digest)
        self._connection.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?)", row)

    def _many(self, statement: str, rows: Iterable[tuple]) -> None:
        self._connection.executemany(statement, rows)
