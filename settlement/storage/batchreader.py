"""The queries about many things at once, which settling a block takes (settlement.remembered).

A file answers a hundred queries in the time that a server needs for one, so each database has its own way to ask.
"""

from collections.abc import Collection, Iterable

from circuits.records import Nullifier, Position, Root
from settlement.ids import BundleId
from settlement.log import tree as log
from settlement.merkle import Nodes
from settlement.storage import decoders
from settlement.storage.columns import digest, element, integer
from settlement.storage.reader import Reader
from settlement.storage.rows import Settled
from zk.errors import FormatError
from zk.fields.prime import to_bytes

Keys = Collection[tuple[int | bytes, ...]]


class BatchReader(Reader):
    """The queries over one connection."""

    def matching(self, columns: str, table: str, key: tuple[str, ...], values: Keys) -> Iterable[tuple]:
        """These columns of the rows of a table whose key's columns have one of the values."""
        raise AssertionError("each database asks in its own way")

    def known_roots(self, roots: Collection[Root]) -> set[Root]:
        """Those of the roots that the tree ever had."""
        rows = self.matching("root", "roots", ("root",), [(to_bytes(root),) for root in roots])
        return {decoders.decoded("roots", lambda root: Root(element(root)), row) for row in rows}

    def spent(self, nullifiers: Collection[Nullifier]) -> set[Nullifier]:
        """Those of the nullifiers whose accounts have moved."""
        rows = self.matching("nullifier", "nullifiers", ("nullifier",), [(to_bytes(one),) for one in nullifiers])
        return {decoders.decoded("nullifiers", lambda spent: Nullifier(element(spent)), row) for row in rows}

    def spent_at(self, nullifiers: Collection[Nullifier]) -> dict[Nullifier, int]:
        """The heights at which those of the accounts with these nullifiers moved that have."""
        keys = [(to_bytes(one),) for one in nullifiers]
        rows = self.matching("nullifier, height", "nullifiers", ("nullifier",), keys)
        return dict(
            decoders.decoded("nullifiers", lambda spent, height: (Nullifier(element(spent)), integer(height)), row)
            for row in rows
        )

    def made_at(self, positions: Collection[Position]) -> dict[Position, int]:
        """The heights of the bundles that made the leaves at these positions."""
        rows = self.matching("position, height", "outputs", ("position",), [(position,) for position in positions])
        return dict(
            decoders.decoded("outputs", lambda place, height: (Position(integer(place)), integer(height)), row)
            for row in rows
        )

    def publications(self) -> list[tuple[int, int]]:
        """When each epoch was published, in ms, and its number, in order."""
        query = "SELECT published_ms, epoch FROM grids ORDER BY epoch"
        return self._all("grids", lambda time_ms, epoch: (integer(time_ms), integer(epoch)), query)

    def topped_up(self, top_ups: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
        """Those of the top-ups, a period and a tag, that have settled."""
        keys = [(period, to_bytes(tag)) for period, tag in top_ups]
        rows = self.matching("period, tag", "top_ups", ("period", "tag"), keys)
        return {decoders.decoded("top_ups", lambda period, tag: (integer(period), element(tag)), row) for row in rows}

    def settled_of(self, bundle_ids: Collection[BundleId]) -> dict[BundleId, Settled]:
        """The places of those of the bundles that have settled."""
        rows = self.matching("bundle_id", "bundles", ("bundle_id",), [(bundle_id,) for bundle_id in bundle_ids])
        found = [decoders.decoded("bundles", lambda bundle_id: BundleId(digest(bundle_id)), row) for row in rows]
        return {bundle_id: place for bundle_id in found if (place := self.settled(bundle_id)) is not None}

    def nodes(self, places: Collection[tuple[int, int]]) -> Nodes:
        """Those of the tree's nodes that were written."""
        rows = self.matching("level, place, node", "nodes", ("level", "place"), places)
        return dict(
            decoders.decoded("nodes", lambda level, place, node: ((integer(level), integer(place)), element(node)), row)
            for row in rows
        )

    def log_nodes(self, places: Collection[tuple[int, int]]) -> log.Nodes:
        """Those of the log's nodes that were written."""
        rows = self.matching("level, place, node", "log", ("level", "place"), places)
        return dict(
            decoders.decoded("log", lambda level, place, node: ((integer(level), integer(place)), digest(node)), row)
            for row in rows
        )

    def log_row(self, level: int, first: int, many: int) -> list[bytes]:
        """So many nodes of the log beside each other.  Raises FormatError when one is missing."""
        query = "SELECT node FROM log WHERE level = ? AND place >= ? AND place < ? ORDER BY place"
        found = self._all("log", digest, query, (level, first, first + many))
        if len(found) != many:
            raise FormatError("the ledger is damaged: a row is missing from its table log")
        return found

    def bundles(self, since: int, end: int) -> dict[int, tuple[BundleId, bytes]]:
        """Id and bytes of the bundles from a height on, below another one, by height."""
        query = "SELECT * FROM bundles WHERE height >= ? AND height < ?"
        return dict(self._all("bundles", _placed, query, (since, end)))


def _placed(height: object, bundle_id: object, data: object) -> tuple[int, tuple[BundleId, bytes]]:
    return integer(height), decoders.bundle(bundle_id, data)
