"""The rows of the ledger's tables as SQLite stores them: the one place that knows their columns.

settlement.storage.sqlite inserts these rows, and the audit compares them with the stored ones, column by column.  The
columns stand in the order of settlement.storage.schema.  Field elements are 32 big-endian bytes.
"""

from circuits.records import Amount, Commitment, Nullifier
from settlement.bundles.bundle import Account
from settlement.events import Event
from settlement.ids import BundleId, KeyDigest
from settlement.merkle import Tree
from settlement.risk import grids as publications
from settlement.risk.grids import PublishedGrids
from settlement.storage.rows import ChangeEntry, ExpiryEntry, HeartbeatEntry, Output, SettledFlow
from zk.fields.prime import to_bytes

Row = tuple[int | str | bytes, ...]


def pool(data: bytes) -> Row:
    """The pool's bytes."""
    return 1, data


def event(row: Event) -> Row:
    """An event."""
    return row.height, row.kind, row.created_ms, row.body, row.digest


def log_node(level: int, place: int, value: bytes) -> Row:
    """A node of the log."""
    return level, place, value


def root(height: int, tree: Tree) -> Row:
    """The tree after the event at a height."""
    return height, to_bytes(tree.root), tree.size


def bundle(height: int, bundle_id: BundleId, data: bytes) -> Row:
    """The bundle that settled at a height."""
    return height, bundle_id, data


def nullifier(spent: Nullifier, height: int) -> Row:
    """A nullifier that the bundle at a height published."""
    return to_bytes(spent), height


def top_up(period: int, tag: int, height: int) -> Row:
    """A top-up in the bundle at a height."""
    return period, to_bytes(tag), height


def output(row: Output) -> Row:
    """A leaf of the tree."""
    return row.position, to_bytes(row.commitment), b"".join(row.ciphertexts), row.height


def node(level: int, place: int, value: int) -> Row:
    """A node of the tree."""
    return level, place, to_bytes(value)


def flow(row: SettledFlow) -> Row:
    """A flow."""
    flow = row.flow
    place = row.height, row.number, row.leg, row.key
    return *place, flow.asset, flow.amount, int(flow.account), flow.party, flow.reference


def reserve(key: KeyDigest, asset: int, amount: Amount) -> Row:
    """The reserve of an asset under a verifying key."""
    return key, asset, amount


def account(account: Account, asset: int, amount: Amount) -> Row:
    """What a public account has of an asset."""
    return int(account), asset, amount


def insurance(height: int, commitment: Commitment) -> Row:
    """The insurance's account after the bundle at a height."""
    return height, to_bytes(commitment)


def grids(height: int, published: PublishedGrids) -> Row:
    """The grids that the event at a height published."""
    publication = published.publication
    return publication.epoch, height, published.published_ms, publications.encode(publication)


def change(row: ChangeEntry) -> Row:
    """A change of the parameters."""
    return row.change.parameters.version, row.appended.event.height, row.change.effective_ms, row.data


def heartbeat(row: HeartbeatEntry) -> Row:
    """A heartbeat of the insurance."""
    return row.epoch, row.appended.event.height, row.data


def expiry(row: ExpiryEntry) -> Row:
    """An early expiry."""
    return row.claim, row.appended.event.height, row.rate, row.data
