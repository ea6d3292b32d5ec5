"""The files of a ledger's log (settlement.log.tiles), read from its database."""

from settlement import events, grids
from settlement.events import Event
from settlement.log import tiles
from settlement.log.tiles import Tile
from settlement.storage.reader import Reader


def tile(reader: Reader, wanted: Tile) -> bytes | None:
    """The bytes of a file, or None while the log does not have everything in it."""
    with reader.reading():
        if not tiles.exists(wanted, reader.last_event().height + 1):
            return None
        if wanted.row not in (tiles.ENTRIES, tiles.DATA):
            return tiles.nodes(reader.log_node, wanted)
        found = [reader.event(height) for height in range(wanted.first, wanted.first + wanted.width)]
        things = [b"" if event is None else _thing(reader, wanted.row, event) for event in found]
        return tiles.join(wanted.row, things)


def _thing(reader: Reader, row: str, event: Event) -> bytes:
    if row == tiles.ENTRIES:
        return event.leaf
    match event.kind:
        case events.GENESIS:
            return b""
        case events.BUNDLE:
            stored = reader.bundle(event.height)
            return b"" if stored is None else stored[1]
        case events.GRIDS:
            published = reader.epoch(int.from_bytes(event.body[:8], "big"))
            return b"" if published is None else grids.encode(published.publication)
        case kind:
            return reader.sent(kind, event.height) or b""
