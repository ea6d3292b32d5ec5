"""Every query of a ledger's database.  Nothing here writes or decides anything; settlement.storage.sqlite writes.

Field elements are 32 big-endian bytes.  Rows become objects in `_decoded` only: a value that its column could not have,
as a damaged page returns it, raises FormatError, and so does a row that every ledger has and this one lacks.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any, TypeVar

from circuits.merkle import Path
from circuits.records import Amount, Commitment, GridRoot, Nullifier, Position, Root
from settlement import grids, merkle
from settlement.bundle import CIPHERTEXT_BYTES, Flow
from settlement.custody import Reserves
from settlement.events import KINDS, Event
from settlement.grids import Publication, PublishedGrids
from settlement.ids import BundleId, KeyDigest
from settlement.merkle import Tree
from settlement.storage.columns import binary, digest, element, integer
from settlement.storage.rows import Output, SettledFlow, Spend
from zk.errors import FormatError
from zk.fields.prime import to_bytes

T = TypeVar("T")


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
        answer = str(self._row("PRAGMA integrity_check(1)")[0])
        if answer != "ok":
            *_, last = answer.split("\n")  # the lines before name the database
            return last
        broken = self._one("PRAGMA foreign_key_check")
        return None if broken is None else f"a row of {broken[0]} refers to a row that does not exist"

    def stored(self, table: str) -> sqlite3.Cursor:
        """Every row of a table exactly as it is stored, ordered by its primary key; the caller closes it."""
        return self._connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2")

    def count(self, table: str) -> int:
        """The number of rows in a table."""
        return self._row(f"SELECT count(*) FROM {table}")[0]

    def pool(self) -> bytes:
        """The pool's bytes."""
        return self._known("pool", binary, "SELECT data FROM pool WHERE id = 1")

    def node(self, level: int, index: int) -> int | None:
        """A node of the tree, or None where none was written."""
        return self._maybe("nodes", element, "SELECT node FROM nodes WHERE level = ? AND place = ?", (level, index))

    def path(self, position: Position) -> Path:
        """The four children at each of the 16 levels above a leaf; circuits.merkle.path_root gives their root."""
        with self.reading():
            return merkle.path(self.node, position)

    def tree(self) -> Tree:
        """The newest root and size."""
        return self._known("roots", _tree, "SELECT root, size FROM roots ORDER BY height DESC LIMIT 1")

    def is_known_root(self, root: Root) -> bool:
        """Whether the tree ever had this root."""
        return self._one("SELECT 1 FROM roots WHERE root = ?", (to_bytes(root),)) is not None

    def spend(self, nullifier: Nullifier) -> Spend | None:
        """The bundle that published a nullifier, or None."""
        return self._maybe(
            "nullifiers",
            lambda bundle_id, height: Spend(nullifier, BundleId(digest(bundle_id)), integer(height)),
            "SELECT bundle_id, height FROM nullifiers JOIN bundles USING (height) WHERE nullifier = ?",
            (to_bytes(nullifier),),
        )

    def is_spent(self, nullifier: Nullifier) -> bool:
        """Whether the account with this nullifier has moved."""
        return self._one("SELECT 1 FROM nullifiers WHERE nullifier = ?", (to_bytes(nullifier),)) is not None

    def position_of(self, commitment: Commitment) -> Position | None:
        """The leaf index of a commitment, the first of several, or None."""
        query = "SELECT position FROM outputs WHERE commitment = ? ORDER BY position LIMIT 1"
        position = self._maybe("outputs", integer, query, (to_bytes(commitment),))
        return None if position is None else Position(position)

    def outputs(self, since: int = 0, at_most: int | None = None) -> list[Output]:
        """The leaves from a position on, in order; the first `at_most` of them, if given."""
        query = "SELECT * FROM outputs WHERE position >= ? ORDER BY position LIMIT ?"
        return self._all("outputs", _output, query, (since, -1 if at_most is None else at_most))

    def is_reference_used(self, asset: int, reference: bytes) -> bool:
        """Whether a settled flow of this asset had this reference."""
        query = "SELECT 1 FROM flows WHERE asset = ? AND reference = ?"
        return self._one(query, (asset, reference)) is not None

    def leaves(self, since: int, at_most: int) -> list[tuple[Position, bytes, bytes]]:
        """Position, commitment and ciphertexts of `outputs`, at a third of the time, for those who read millions."""
        query = "SELECT position, commitment, ciphertexts FROM outputs WHERE position >= ? ORDER BY position LIMIT ?"
        rows = self._connection.execute(query, (since, at_most)).fetchall()
        kinds = {tuple(map(type, row)) for row in rows}
        if not kinds <= {(int, bytes, bytes)} or any(len(row[1]) != 32 for row in rows):
            raise FormatError("the ledger is damaged: a row of its table outputs has an impossible value")
        return rows

    def reserve(self, key: KeyDigest, asset: int) -> Amount:
        """How much of an asset is held under a verifying key's digest."""
        query = "SELECT amount FROM reserves WHERE key = ? AND asset = ?"
        return Amount(self._maybe("reserves", integer, query, (key, asset)) or 0)

    def reserves(self) -> Reserves:
        """Every reserve, ordered by key and asset."""
        return dict(self._all("reserves", _reserve, "SELECT * FROM reserves ORDER BY key, asset"))

    def flows(self) -> list[SettledFlow]:
        """Every deposit and withdrawal, in order."""
        return self._all("flows", _flow, "SELECT * FROM flows ORDER BY height, number")

    def events(self, since: int = 0) -> list[Event]:
        """The events from a height on, in order."""
        return self._all("events", _event, "SELECT * FROM events WHERE height >= ? ORDER BY height", (since,))

    def event(self, height: int) -> Event | None:
        """The event at a height, or None."""
        return self._maybe("events", _event, "SELECT * FROM events WHERE height = ?", (height,))

    def last_event(self) -> Event:
        """The newest event; its digest commits to the whole history."""
        return self._known("events", _event, "SELECT * FROM events ORDER BY height DESC LIMIT 1")

    def bundle(self, height: int) -> tuple[BundleId, bytes] | None:
        """Id and bytes of the bundle at a height, or None."""
        return self._maybe("bundles", _bundle, "SELECT bundle_id, data FROM bundles WHERE height = ?", (height,))

    def bundle_height(self, bundle_id: BundleId) -> int | None:
        """The height at which a bundle settled, or None."""
        return self._maybe("bundles", integer, "SELECT height FROM bundles WHERE bundle_id = ?", (bundle_id,))

    def grids(self, newest: int) -> list[PublishedGrids]:
        """The grids of the newest epochs, at most `newest` of them, newest first."""
        return self._all("grids", _grids, "SELECT * FROM grids ORDER BY epoch DESC LIMIT ?", (newest,))

    def pragma(self, name: str) -> Any:
        """The value of one of SQLite's settings."""
        return self._row(f"PRAGMA {name}")[0]

    def _one(self, query: str, values: tuple = ()) -> tuple | None:
        return self._connection.execute(query, values).fetchone()

    def _row(self, query: str) -> tuple:
        """The first row of a query that always has one."""
        row = self._one(query)
        assert row is not None, f"no row: {query}"
        return row

    def _all(self, table: str, decode: Callable[..., T], query: str, values: tuple = ()) -> list[T]:
        # Closed also when a row is refused: a statement that waits would keep the database open behind the exception.
        with closing(self._connection.execute(query, values)) as rows:
            return [_decoded(table, decode, row) for row in rows]

    def _maybe(self, table: str, decode: Callable[..., T], query: str, values: tuple = ()) -> T | None:
        row = self._one(query, values)
        return None if row is None else _decoded(table, decode, row)

    def _known(self, table: str, decode: Callable[..., T], query: str) -> T:
        found = self._maybe(table, decode, query)
        if found is None:
            raise FormatError(f"the ledger is damaged: its table {table} is empty")
        return found


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


def _decoded(table: str, decode: Callable[..., T], row: tuple) -> T:
    try:
        return decode(*row)
    except (TypeError, ValueError) as error:
        raise FormatError(f"the ledger is damaged: a row of its table {table} has an impossible value") from error


def _tree(root: object, size: object) -> Tree:
    leaves = integer(size)
    if not 0 <= leaves <= merkle.CAPACITY:
        raise ValueError("a tree of this size does not exist")
    return Tree(Root(element(root)), leaves)


def _output(position: object, commitment: object, ciphertexts: object, height: object) -> Output:
    data = binary(ciphertexts)
    sealed = tuple(data[start : start + CIPHERTEXT_BYTES] for start in range(0, len(data), CIPHERTEXT_BYTES))
    return Output(Position(integer(position)), Commitment(element(commitment)), sealed, integer(height))


def _reserve(key: object, asset: object, amount: object) -> tuple[tuple[KeyDigest, int], Amount]:
    return (KeyDigest(digest(key)), integer(asset)), Amount(integer(amount))


def _flow(
    height: object, number: object, leg: object, key: object, asset: object, amount: object, party: object,
    reference: object,
) -> SettledFlow:  # fmt: skip
    flow = Flow(integer(asset), Amount(integer(amount)), binary(party), binary(reference))
    return SettledFlow(integer(height), integer(number), integer(leg), KeyDigest(digest(key)), flow)


def _event(height: object, kind: object, created_ms: object, body: object, chain: object) -> Event:
    if kind not in KINDS:
        raise ValueError("there is no such kind of event")
    return Event(integer(height), str(kind), integer(created_ms), binary(body), digest(chain))


def _bundle(bundle_id: object, data: object) -> tuple[BundleId, bytes]:
    return BundleId(digest(bundle_id)), binary(data)


def _grids(
    epoch: object, _height: object, published_ms: object, initial: object, maintenance: object,
    initial_root: object, maintenance_root: object, evidence: object,
) -> PublishedGrids:  # fmt: skip
    number = integer(epoch)
    values = grids.decode_values(binary(initial), number), grids.decode_values(binary(maintenance), number)
    publication = Publication(number, *values, binary(evidence))
    roots = GridRoot(element(initial_root)), GridRoot(element(maintenance_root))
    return PublishedGrids(publication, *roots, integer(published_ms))
