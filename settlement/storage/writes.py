"""The rows that events write, table by table: computed once, and inserted by either database in its own way."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

from circuits.records import Root
from settlement.events import Appended
from settlement.merkle import Nodes, Tree
from settlement.storage import tables
from settlement.storage.connection import Cursor
from settlement.storage.rows import BundleEntry, ChangeEntry, Entry, ExpiryEntry, GridsEntry, HeartbeatEntry
from settlement.storage.tables import Row
from zk.fields.prime import to_bytes

ROWS_AT_ONCE = 2_000


@dataclass(frozen=True)
class Write:
    """Rows for one table.  With a `key`, a row replaces the one that has the same values in these columns."""

    table: str
    rows: list[Row]
    key: tuple[str, ...] = ()
    value: str = ""

    @property
    def on_conflict(self) -> str:
        """The end of the statement that inserts the rows."""
        if not self.key:
            return ""
        return f" ON CONFLICT ({', '.join(self.key)}) DO UPDATE SET {self.value} = excluded.{self.value}"


def first(pool: bytes, genesis: Appended, root: Root) -> list[Write]:
    """What a new ledger has."""
    roots = [tables.root(genesis.event.height, Tree(root, 0))]
    return [Write("pool", [tables.pool(pool)]), *_appended([genesis]), Write("roots", roots)]


def of(entries: Sequence[Entry]) -> list[Write]:
    """What these events write, a table before those that refer to it.  The events follow each other."""
    bundles = [entry for entry in entries if isinstance(entry, BundleEntry)]
    writes = [*_appended([entry.appended for entry in entries]), *_settled(bundles)]
    for entry in entries:
        match entry:
            case GridsEntry(appended, published):
                writes.append(Write("grids", [tables.grids(appended.event.height, published)]))
            case ChangeEntry():
                writes.append(Write("parameters", [tables.change(entry)]))
            case HeartbeatEntry():
                writes.append(Write("heartbeats", [tables.heartbeat(entry)]))
            case ExpiryEntry():
                writes.append(Write("expiries", [tables.expiry(entry)]))
    return [write for write in writes if write.rows]


def in_parts(stored: Cursor) -> Iterator[list[Row]]:
    """The rows of another ledger's table, so many at once as memory holds easily."""
    with closing(stored) as rows:
        while part := list(islice(rows, ROWS_AT_ONCE)):
            yield part


def spent(entries: Sequence[Entry]) -> list[bytes]:
    """The nullifiers that these events publish: the orders on their accounts are void."""
    return [to_bytes(one) for entry in entries if isinstance(entry, BundleEntry) for one in entry.nullifiers]


def _appended(events: Sequence[Appended]) -> list[Write]:
    log = [tables.log_node(*place, node) for appended in events for place, node in appended.nodes.items()]
    return [Write("events", [tables.event(appended.event) for appended in events]), Write("log", log)]


def _settled(bundles: Sequence[BundleEntry]) -> list[Write]:
    """A later bundle replaces nodes, reserves and public balances of an earlier one."""
    nodes: Nodes = {}
    reserves, accounts = {}, {}
    for entry in bundles:
        nodes.update(entry.nodes)
        reserves.update(entry.reserves)
        accounts.update(entry.accounts)
    nullifiers = [tables.nullifier(spent, entry.event.height) for entry in bundles for spent in entry.nullifiers]
    top_ups = [tables.top_up(*top_up, entry.event.height) for entry in bundles for top_up in entry.top_ups]
    insured = [(entry.event.height, entry.insurance) for entry in bundles if entry.insurance is not None]
    return [
        Write("bundles", [tables.bundle(entry.event.height, entry.bundle_id, entry.data) for entry in bundles]),
        Write("nullifiers", nullifiers),
        Write("top_ups", top_ups),
        Write("outputs", [tables.output(output) for entry in bundles for output in entry.outputs]),
        Write("nodes", [tables.node(*place, node) for place, node in nodes.items()], ("level", "place"), "node"),
        Write("roots", [tables.root(entry.event.height, Tree(entry.root, entry.size)) for entry in bundles]),
        Write("flows", [tables.flow(flow) for entry in bundles for flow in entry.flows]),
        Write("reserves", [tables.reserve(*of, held) for of, held in reserves.items()], ("key", "asset"), "amount"),
        Write("accounts", [tables.account(*of, held) for of, held in accounts.items()], ("account", "asset"), "amount"),
        Write("insurance", [tables.insurance(*row) for row in insured]),
    ]
