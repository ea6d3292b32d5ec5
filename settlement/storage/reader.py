"""Every query of a ledger's database.  Nothing here writes or decides anything; settlement.storage.sqlite writes.

Field elements are 32 big-endian bytes.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from circuits.merkle import Path
from circuits.records import Amount, Commitment, GridRoot, Nullifier, Position, Root
from settlement import grids, merkle
from settlement.bundle import CIPHERTEXT_BYTES, Flow
from settlement.custody import Reserves
from settlement.events import Event
from settlement.grids import Publication, PublishedGrids
from settlement.ids import BundleId, KeyDigest
from settlement.merkle import Tree
from settlement.storage.rows import Output, SettledFlow, Spend
from zk.fields.prime import to_bytes


class Reader:
    """The queries over one connection."""

    def __init__(self, connection: sqlite3.Connection):
        self._connection = connection

    @contextmanager
    def reading(self) -> Iterator[None]:
        """A read transaction: everything read inside is of the same state."""
        with transaction(self._connection, "BEGIN"):
            yield

    def damage(self) -> str | None:
        """The first damage to the file that SQLite's own checks report, or None."""
        answer = self._row("PRAGMA integrity_check")[0]
        if answer != "ok":
            return answer
        broken = self._one("PRAGMA foreign_key_check")
        return None if broken is None else f"a row of {broken[0]} refers to a row that does not exist"

    def counts(self) -> dict[str, int]:
        """The number of rows in each table that has at most one row per event."""
        tables = ("bundles", "roots", "grids")
        return {table: self._row(f"SELECT count(*) FROM {table}")[0] for table in tables}

    def pool(self) -> bytes:
        """The pool's bytes."""
        return self._row("SELECT data FROM pool")[0]

    def node(self, level: int, index: int) -> int | None:
        """A node of the tree, or None where none was written."""
        row = self._one("SELECT node FROM nodes WHERE level = ? AND place = ?", (level, index))
        return None if row is None else _element(row[0])

    def nodes(self) -> dict[tuple[int, int], int]:
        """Every node."""
        return {(level, place): _element(node) for level, place, node in self._rows("SELECT * FROM nodes")}

    def path(self, position: Position) -> Path:
        """The four children at each of the 16 levels above a leaf; circuits.merkle.path_root gives their root."""
        with self.reading():
            return merkle.path(self.node, position)

    def tree(self) -> Tree:
        """The newest root and size."""
        root, size = self._row("SELECT root, size FROM roots ORDER BY height DESC LIMIT 1")
        return Tree(Root(_element(root)), size)

    def roots(self) -> dict[int, Tree]:
        """Root and size after each height that changed the tree."""
        return {height: Tree(Root(_element(root)), size) for height, root, size in self._rows("SELECT * FROM roots")}

    def is_known_root(self, root: Root) -> bool:
        """Whether the tree ever had this root."""
        return self._one("SELECT 1 FROM roots WHERE root = ?", (to_bytes(root),)) is not None

    def spend(self, nullifier: Nullifier) -> Spend | None:
        """The bundle that published a nullifier, or None."""
        row = self._one(
            "SELECT bundle_id, height FROM nullifiers JOIN bundles USING (height) WHERE nullifier = ?",
            (to_bytes(nullifier),),
        )
        return None if row is None else Spend(nullifier, *row)

    def is_spent(self, nullifier: Nullifier) -> bool:
        """Whether the account with this nullifier has moved."""
        return self._one("SELECT 1 FROM nullifiers WHERE nullifier = ?", (to_bytes(nullifier),)) is not None

    def nullifiers(self) -> dict[Nullifier, int]:
        """Every nullifier, with the height that published it."""
        return {Nullifier(_element(nullifier)): height for nullifier, height in self._rows("SELECT * FROM nullifiers")}

    def position_of(self, commitment: Commitment) -> Position | None:
        """The leaf index of a commitment, the first of several, or None."""
        return self._row("SELECT min(position) FROM outputs WHERE commitment = ?", (to_bytes(commitment),))[0]

    def outputs(self, since: int = 0) -> list[Output]:
        """The leaves from a position on, in order."""
        rows = self._rows("SELECT * FROM outputs WHERE position >= ? ORDER BY position", (since,))
        return [
            Output(position, Commitment(_element(leaf)), _ciphertexts(data), height)
            for position, leaf, data, height in rows
        ]

    def reserve(self, key: KeyDigest, asset: int) -> Amount:
        """How much of an asset is held under a verifying key's digest."""
        row = self._one("SELECT amount FROM reserves WHERE key = ? AND asset = ?", (key, asset))
        return Amount(0) if row is None else row[0]

    def reserves(self) -> Reserves:
        """Every reserve, ordered by key and asset."""
        return {(key, asset): amount for key, asset, amount in self._rows("SELECT * FROM reserves ORDER BY key, asset")}

    def flows(self) -> list[SettledFlow]:
        """Every deposit and withdrawal, in order."""
        columns = "height, leg, key, asset, amount, party"
        rows = self._rows(f"SELECT {columns} FROM flows ORDER BY height, number")
        return [SettledFlow(height, leg, key, Flow(*flow)) for height, leg, key, *flow in rows]

    def events(self, since: int = 0) -> list[Event]:
        """The events from a height on, in order."""
        return [Event(*row) for row in self._rows("SELECT * FROM events WHERE height >= ? ORDER BY height", (since,))]

    def event(self, height: int) -> Event | None:
        """The event at a height, or None."""
        row = self._one("SELECT * FROM events WHERE height = ?", (height,))
        return None if row is None else Event(*row)

    def last_event(self) -> Event:
        """The newest event; its digest commits to the whole history."""
        return Event(*self._row("SELECT * FROM events ORDER BY height DESC LIMIT 1"))

    def bundle(self, height: int) -> tuple[BundleId, bytes] | None:
        """Id and bytes of the bundle at a height, or None."""
        return self._one("SELECT bundle_id, data FROM bundles WHERE height = ?", (height,))

    def bundle_height(self, bundle_id: BundleId) -> int | None:
        """The height at which a bundle settled, or None."""
        row = self._one("SELECT height FROM bundles WHERE bundle_id = ?", (bundle_id,))
        return None if row is None else row[0]

    def grids(self, newest: int) -> list[PublishedGrids]:
        """The grids of the newest epochs, at most `newest` of them, newest first."""
        columns = "epoch, initial, maintenance, evidence, initial_root, maintenance_root, published_ms"
        rows = self._rows(f"SELECT {columns} FROM grids ORDER BY epoch DESC LIMIT ?", (newest,))
        return [_grids(row) for row in rows]

    def pragma(self, name: str) -> Any:
        """The value of one of SQLite's settings."""
        return self._row(f"PRAGMA {name}")[0]

    def _one(self, query: str, values: tuple = ()) -> tuple | None:
        return self._connection.execute(query, values).fetchone()

    def _row(self, query: str, values: tuple = ()) -> tuple:
        """The first row of a query that always has one."""
        row = self._one(query, values)
        assert row is not None, f"no row: {query}"
        return row

    def _rows(self, query: str, values: tuple = ()) -> list[tuple]:
        return self._connection.execute(query, values).fetchall()


@contextmanager
def transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    """A transaction that `begin` opens; it is committed at the end and rolled back on an exception."""
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _element(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _ciphertexts(data: bytes) -> tuple[bytes, ...]:
    return tuple(data[start : start + CIPHERTEXT_BYTES] for start in range(0, len(data), CIPHERTEXT_BYTES))


def _grids(row: tuple) -> PublishedGrids:
    epoch, initial, maintenance, evidence, initial_root, maintenance_root, published_ms = row
    values = grids.decode_values(initial, epoch), grids.decode_values(maintenance, epoch)
    publication = Publication(epoch, *values, evidence)
    roots = GridRoot(_element(initial_root)), GridRoot(_element(maintenance_root))
    return PublishedGrids(publication, *roots, published_ms)
