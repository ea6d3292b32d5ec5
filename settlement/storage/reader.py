"""Every query of a ledger's database, for SQLite and PostgreSQL alike.  Nothing here writes or decides anything.

Field elements are 32 big-endian bytes.  Rows become objects in settlement.storage.decoders only: a value that its
column could not have, as a damaged page returns it, raises FormatError, and so does a row that every ledger has and
this one lacks.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from typing import TypeVar

from circuits.merkle import Path
from circuits.records import Amount, Commitment, Nullifier, Position, Root
from settlement import events, merkle
from settlement.bundles.bundle import Account
from settlement.custody import Reserves
from settlement.events import Event
from settlement.ids import BundleId, KeyDigest, OrderId
from settlement.merkle import Tree
from settlement.publicaccounts import Balances
from settlement.risk.grids import PublishedGrids
from settlement.storage import decoders
from settlement.storage.columns import binary, digest, element, integer
from settlement.storage.connection import Connection, Cursor
from settlement.storage.rows import Output, Settled, SettledChange, SettledFlow, Spend
from zk.errors import FormatError
from zk.fields.prime import to_bytes

T = TypeVar("T")

_SENT = {events.PARAMETERS: ("parameters", "change"), events.INSURANCE: ("heartbeats", "heartbeat"),
         events.EXPIRY: ("expiries", "expiry")}  # fmt: skip
"""Where the bytes are stored that an event of this kind came in."""


class Reader:
    """The queries over one connection.  SQLite's and PostgreSQL's own are in their subclasses."""

    def __init__(self, connection: Connection):
        self._connection = connection

    def reading(self) -> AbstractContextManager[None]:
        """A read transaction: everything read inside is of the same state."""
        raise AssertionError("each database begins it in its own way")

    def damage(self) -> str | None:
        """The first damage that the database's own checks report, or None."""
        raise AssertionError("each database has its own checks")

    def stored(self, table: str) -> Cursor:
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

    def path(self, position: Position, size: int | None = None) -> Path:
        """The four children at each of the 16 levels above a leaf; with `size`, when the tree had so many leaves."""
        with self.reading():
            return merkle.path(self.node, position) if size is None else merkle.path_before(self.node, position, size)

    def tree(self) -> Tree:
        """The newest root and size."""
        return self._known("roots", decoders.tree, "SELECT root, size FROM roots ORDER BY height DESC LIMIT 1")

    def tree_at(self, height: int) -> Tree:
        """The root and size of the tree after the event at a height."""
        query = "SELECT root, size FROM roots WHERE height <= ? ORDER BY height DESC LIMIT 1"
        return self._known("roots", decoders.tree, query, (height,))

    def is_known_root(self, root: Root) -> bool:
        """Whether the tree ever had this root."""
        return self._one("SELECT 1 FROM roots WHERE root = ?", (to_bytes(root),)) is not None

    def spend(self, nullifier: Nullifier) -> Spend | None:
        """The bundle that published a nullifier, or None."""
        return self._maybe(
            "nullifiers", lambda bundle_id, height: Spend(nullifier, BundleId(digest(bundle_id)), integer(height)),
            "SELECT bundle_id, height FROM nullifiers JOIN bundles USING (height) WHERE nullifier = ?",
            (to_bytes(nullifier),))  # fmt: skip

    def is_spent(self, nullifier: Nullifier) -> bool:
        """Whether the account with this nullifier has moved."""
        return self._one("SELECT 1 FROM nullifiers WHERE nullifier = ?", (to_bytes(nullifier),)) is not None

    def is_topped_up(self, period: int, tag: int) -> bool:
        """Whether a top-up with this tag has settled in the period."""
        return self._one("SELECT 1 FROM top_ups WHERE period = ? AND tag = ?", (period, to_bytes(tag))) is not None

    def position_of(self, commitment: Commitment) -> Position | None:
        """The leaf index of a commitment, the first of several, or None."""
        query = "SELECT position FROM outputs WHERE commitment = ? ORDER BY position LIMIT 1"
        return self._maybe("outputs", lambda position: Position(integer(position)), query, (to_bytes(commitment),))

    def outputs(self, since: int = 0, at_most: int | None = None) -> list[Output]:
        """The leaves from a position on, in order; the first `at_most` of them, if given."""
        query = "SELECT * FROM outputs WHERE position >= ? ORDER BY position LIMIT ?"
        return self._all("outputs", decoders.output, query, (since, merkle.CAPACITY if at_most is None else at_most))

    def is_reference_used(self, asset: int, reference: bytes) -> bool:
        """Whether a settled payment outside of this asset had this reference."""
        query = "SELECT 1 FROM flows WHERE asset = ? AND reference = ? AND account = 0"
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
        return dict(self._all("reserves", decoders.reserve, "SELECT * FROM reserves ORDER BY key, asset"))

    def account_balance(self, account: Account, asset: int) -> Amount:
        """How much of an asset a public account has."""
        query = "SELECT amount FROM accounts WHERE account = ? AND asset = ?"
        return Amount(self._maybe("accounts", integer, query, (int(account), asset)) or 0)

    def accounts(self) -> Balances:
        """What every public account has, ordered by account and asset."""
        return dict(self._all("accounts", decoders.account, "SELECT * FROM accounts ORDER BY account, asset"))

    def order_fee(self, order_id: OrderId) -> Amount:
        """How much of the numeraire was paid into `fee` for this order."""
        # A sum of PostgreSQL's is no integer; to SQLite, a bigint is one.
        paid = "CAST(coalesce(-sum(amount), 0) AS bigint)"
        query = f"SELECT {paid} FROM flows WHERE reference = ? AND account = 1 AND asset = 0"
        return Amount(integer(self._row(query, (order_id,))[0]))

    def flows(self) -> list[SettledFlow]:
        """Every flow, in order."""
        return self._all("flows", decoders.flow, "SELECT * FROM flows ORDER BY height, number")

    def events(self, since: int = 0, end: int = 2**63 - 1) -> list[Event]:
        """The events from a height on, below another one, in order."""
        query = "SELECT * FROM events WHERE height >= ? AND height < ? ORDER BY height"
        return self._all("events", decoders.event, query, (since, end))

    def event(self, height: int) -> Event | None:
        """The event at a height, or None."""
        return self._maybe("events", decoders.event, "SELECT * FROM events WHERE height = ?", (height,))

    def last_event(self) -> Event:
        """The newest event; its digest commits to the whole history."""
        return self._known("events", decoders.event, "SELECT * FROM events ORDER BY height DESC LIMIT 1")

    def bundle(self, height: int) -> tuple[BundleId, bytes] | None:
        """Id and bytes of the bundle at a height, or None."""
        query = "SELECT bundle_id, data FROM bundles WHERE height = ?"
        return self._maybe("bundles", decoders.bundle, query, (height,))

    def bundle_height(self, bundle_id: BundleId) -> int | None:
        """The height at which a bundle settled, or None."""
        return self._maybe("bundles", integer, "SELECT height FROM bundles WHERE bundle_id = ?", (bundle_id,))

    def settled(self, bundle_id: BundleId) -> Settled | None:
        """The place of a settled bundle, or None."""
        height = self.bundle_height(bundle_id)
        if height is None:
            return None
        query = "SELECT root, size FROM roots WHERE height <= ? ORDER BY height DESC LIMIT 2"
        after, before = self._all("roots", decoders.tree, query, (height,))
        return Settled(height, tuple(map(Position, range(before.size, after.size))), after.root)

    def grids(self, newest: int) -> list[PublishedGrids]:
        """The grids of the newest epochs, at most `newest` of them, newest first."""
        return self._all("grids", decoders.grids, "SELECT * FROM grids ORDER BY epoch DESC LIMIT ?", (newest,))

    def epoch(self, number: int) -> PublishedGrids | None:
        """The grids of one epoch, or None when it was never published."""
        return self._maybe("grids", decoders.grids, "SELECT * FROM grids WHERE epoch = ?", (number,))

    def changes(self) -> list[SettledChange]:
        """Every announced change of the parameters, in order."""
        return self._all("parameters", decoders.change, "SELECT * FROM parameters ORDER BY version")

    def change_in_force(self, now_ms: int) -> SettledChange | None:
        """The newest change that is in force, or None while the pool's first parameters are."""
        query = "SELECT * FROM parameters WHERE effective_ms <= ? ORDER BY version DESC LIMIT 1"
        return self._maybe("parameters", decoders.change, query, (now_ms,))

    def insurance(self) -> Commitment | None:
        """The insurance's newest account, or None while there is none."""
        query = "SELECT commitment FROM insurance ORDER BY height DESC LIMIT 1"
        return self._maybe("insurance", lambda commitment: Commitment(element(commitment)), query)

    def heartbeat(self) -> int:
        """The newest epoch in which the insurance has shown that it is solvent, 0 for none."""
        return self._maybe("heartbeats", integer, "SELECT epoch FROM heartbeats ORDER BY epoch DESC LIMIT 1") or 0

    def sent(self, kind: str, height: int) -> bytes | None:
        """The bytes in which the change, heartbeat or expiry at a height came, or None."""
        table, column = _SENT[kind]
        return self._maybe(table, binary, f"SELECT {column} FROM {table} WHERE height = ?", (height,))

    def rates(self) -> dict[int, int]:
        """The rates at which expired claims convert, by claim: published ones, and early expiries."""
        newest = self.grids(1)
        return (newest[0].publication.rates if newest else {}) | self.early_rates()

    def early_rates(self) -> dict[int, int]:
        """The rates of the claims that expired early."""
        return dict(self._all("expiries", decoders.rate, "SELECT claim, rate FROM expiries"))

    def log_node(self, level: int, index: int) -> bytes:
        """A node of the log."""
        return self._known("log", digest, "SELECT node FROM log WHERE level = ? AND place = ?", (level, index))

    def _one(self, query: str, values: tuple = ()) -> tuple | None:
        return self._connection.execute(query, values).fetchone()

    def _row(self, query: str, values: tuple = ()) -> tuple:
        """The first row of a query that always has one."""
        row = self._one(query, values)
        assert row is not None, f"no row: {query}"
        return row

    def _all(self, table: str, decode: Callable[..., T], query: str, values: tuple = ()) -> list[T]:
        # Closed also when a row is refused: a statement that waits would keep the database open behind the exception.
        with closing(self._connection.execute(query, values)) as rows:
            return [decoders.decoded(table, decode, row) for row in rows]

    def _maybe(self, table: str, decode: Callable[..., T], query: str, values: tuple = ()) -> T | None:
        row = self._one(query, values)
        return None if row is None else decoders.decoded(table, decode, row)

    def _known(self, table: str, decode: Callable[..., T], query: str, values: tuple = ()) -> T:
        found = self._maybe(table, decode, query, values)
        if found is None:
            raise FormatError(f"the ledger is damaged: a row is missing from its table {table}")
        return found
