"""The repository: a ledger's database in one SQLite file, and all of its SQL.

WAL, so that readers never wait; synchronous=FULL, so that a commit that returned is on the disk; every write inside
one transaction that began with BEGIN IMMEDIATE, so that of two processes the second waits before it looks.  Field
elements are 32 big-endian bytes.  Nothing here decides anything.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from settlement import grids
from settlement.bundle import CIPHERTEXT_BYTES, Flow
from settlement.custody import Reserves
from settlement.events import Event
from settlement.grids import Publication, PublishedGrids
from settlement.storage import schema
from settlement.storage.orders import OrderTable
from settlement.storage.rows import BundleEntry, GridsEntry, Output, SettledFlow, Spend
from zk.errors import FormatError
from zk.fields.prime import to_bytes

BUSY_SECONDS = 30

# What says nothing about the file itself: somebody else holds it, or its place cannot be written to.
_UNUSABLE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)


class Repository:
    """One open database.  Belongs to one thread; any number of processes may open the same file."""

    def __init__(self, path: Path, *, new: bool):
        """Opens a database, or makes an empty one.

        Raises FormatError when the file is missing, is there already, or is not a ledger of this version.
        """
        if new == path.exists():
            raise FormatError(f"there is {'already a file' if new else 'no ledger'} at {path}")
        mode = "rwc" if new else "rw"
        self._connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=BUSY_SECONDS, isolation_level=None
        )
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
        self.orders = OrderTable(self._connection)

    def close(self) -> None:
        """Lets the file go."""
        self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction that no other process writes beside: all of it is kept, or on an exception nothing."""
        with self._transaction("BEGIN IMMEDIATE"):
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """One moment: whatever is read inside is of the same state."""
        with self._transaction("BEGIN"):
            yield

    def begin(self, pool: bytes, genesis: Event, root: int) -> None:
        """Writes the tables and the first event.  Inside `writing`."""
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
        taken, publication = entry.taken, entry.taken.publication
        self._event(entry.event)
        self._connection.execute("INSERT INTO grids VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (
            publication.epoch, entry.event.height, taken.published_ms,
            grids.encode_values(publication.initial), grids.encode_values(publication.maintenance),
            to_bytes(taken.initial_root), to_bytes(taken.maintenance_root), publication.evidence,
        ))

    def damage(self) -> str | None:
        """What SQLite itself finds wrong with the file, None when nothing."""
        found = self._one("PRAGMA integrity_check")[0]
        if found != "ok":
            return found
        broken = self._one("PRAGMA foreign_key_check")
        return None if broken is None else f"a row of {broken[0]} refers to nothing"

    def counts(self) -> dict[str, int]:
        """How many rows the tables have that hang on an event."""
        tables = ("bundles", "roots", "grids")
        return {table: self._one(f"SELECT count(*) FROM {table}")[0] for table in tables}

    def pool(self) -> bytes:
        """The pool's bytes."""
        return self._one("SELECT data FROM pool")[0]

    def node(self, level: int, index: int) -> int | None:
        """A node of the tree, None where nothing was written."""
        row = self._one("SELECT node FROM nodes WHERE level = ? AND place = ?", (level, index))
        return None if row is None else _element(row[0])

    def nodes(self) -> dict[tuple[int, int], int]:
        """Every node."""
        return {(level, place): _element(node) for level, place, node in self._rows("SELECT * FROM nodes")}

    def tree(self) -> tuple[int, int]:
        """The newest root, and how many leaves it is over."""
        root, size = self._one("SELECT root, size FROM roots ORDER BY height DESC LIMIT 1")
        return _element(root), size

    def roots(self) -> dict[int, tuple[int, int]]:
        """Root and size after each height that changed the tree."""
        return {height: (_element(root), size) for height, root, size in self._rows("SELECT * FROM roots")}

    def is_known_root(self, root: int) -> bool:
        """Whether the tree ever had this root."""
        return self._one("SELECT 1 FROM roots WHERE root = ?", (to_bytes(root),)) is not None

    def spend(self, nullifier: int) -> Spend | None:
        """By which bundle a nullifier was published; None when it was not."""
        row = self._one(
            "SELECT bundle_id, height, created_ms FROM nullifiers JOIN bundles USING (height)"
            " JOIN events USING (height) WHERE nullifier = ?", (to_bytes(nullifier),)
        )
        return None if row is None else Spend(nullifier, *row)

    def nullifiers(self) -> dict[int, int]:
        """Every nullifier, with the height that published it."""
        return {_element(nullifier): height for nullifier, height in self._rows("SELECT * FROM nullifiers")}

    def position_of(self, commitment: int) -> int | None:
        """The first position of a commitment, None when the tree has it not."""
        return self._one("SELECT min(position) FROM outputs WHERE commitment = ?", (to_bytes(commitment),))[0]

    def outputs(self, since: int) -> list[Output]:
        """The leaves from a position on, in order."""
        rows = self._rows("SELECT * FROM outputs WHERE position >= ? ORDER BY position", (since,))
        return [Output(place, _element(leaf), _ciphertexts(data), height) for place, leaf, data, height in rows]

    def reserve(self, key: bytes, asset: int) -> int:
        """How much of an asset is held under a key's digest."""
        row = self._one("SELECT amount FROM reserves WHERE key = ? AND asset = ?", (key, asset))
        return 0 if row is None else row[0]

    def reserves(self) -> Reserves:
        """Every reserve, in the order of keys and assets."""
        return {(key, asset): amount for key, asset, amount in self._rows("SELECT * FROM reserves ORDER BY key, asset")}

    def flows(self) -> list[SettledFlow]:
        """Every flow, in order."""
        columns = "height, leg, key, asset, amount, party"
        rows = self._rows(f"SELECT {columns} FROM flows ORDER BY height, number")
        return [SettledFlow(height, leg, key, Flow(*flow)) for height, leg, key, *flow in rows]

    def events(self, since: int) -> list[Event]:
        """The events from a height on, in order."""
        return [Event(*row) for row in self._rows("SELECT * FROM events WHERE height >= ? ORDER BY height", (since,))]

    def last_event(self) -> Event:
        """The newest event."""
        return Event(*self._one("SELECT * FROM events ORDER BY height DESC LIMIT 1"))

    def bundle(self, height: int) -> tuple[bytes, bytes] | None:
        """Id and bytes of the bundle at a height, None when there is none."""
        return self._one("SELECT bundle_id, data FROM bundles WHERE height = ?", (height,))

    def bundle_height(self, bundle_id: bytes) -> int | None:
        """The height at which a bundle settled, None when it did not."""
        row = self._one("SELECT height FROM bundles WHERE bundle_id = ?", (bundle_id,))
        return None if row is None else row[0]

    def grids(self, newest: int) -> list[PublishedGrids]:
        """The grids of the newest epochs, newest first."""
        columns = "epoch, initial, maintenance, evidence, initial_root, maintenance_root, published_ms"
        rows = self._rows(f"SELECT {columns} FROM grids ORDER BY epoch DESC LIMIT ?", (newest,))
        return [_grids(row) for row in rows]

    def _configure(self) -> None:
        self._connection.execute("PRAGMA journal_mode = WAL")
        for setting in ("synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF"):
            self._connection.execute(f"PRAGMA {setting}")

    def _check_version(self) -> None:
        application, version = (self._one(f"PRAGMA {name}")[0] for name in ("application_id", "user_version"))
        if application != schema.APPLICATION_ID:
            raise FormatError("the file is a database, and no ledger")
        if version != schema.VERSION:
            raise FormatError(f"the ledger has schema version {version}, and this program knows {schema.VERSION}")

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        self._connection.execute(begin)
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def _event(self, event: Event) -> None:
        row = (event.height, event.kind, event.created_ms, event.body, event.digest)
        self._connection.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?)", row)

    def _many(self, statement: str, rows) -> None:
        self._connection.executemany(statement, rows)

    def _one(self, query: str, values: tuple = ()):
        return self._connection.execute(query, values).fetchone()

    def _rows(self, query: str, values: tuple = ()) -> list[tuple]:
        return self._connection.execute(query, values).fetchall()


def _element(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _ciphertexts(data: bytes) -> tuple[bytes, ...]:
    return tuple(data[start : start + CIPHERTEXT_BYTES] for start in range(0, len(data), CIPHERTEXT_BYTES))


def _grids(row: tuple) -> PublishedGrids:
    epoch, initial, maintenance, evidence, initial_root, maintenance_root, published_ms = row
    values = grids.decode_values(initial, epoch), grids.decode_values(maintenance, epoch)
    publication = Publication(epoch, *values, evidence)
    return PublishedGrids(publication, _element(initial_root), _element(maintenance_root), published_ms)
