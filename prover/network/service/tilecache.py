"""Files of the log that were read lately: they never change, and every validator and wallet asks for the same ones.

They are kept up to MAX_BYTES, and who was not asked for longest makes room.
"""

from collections import OrderedDict

from settlement.log.tiles import Tile

MAX_BYTES = 32 << 20

Tagged = tuple[bytes, str]
"""A file's bytes, and its ETag."""


class TileCache:
    """The files of one service.  Belongs to one thread."""

    def __init__(self, most: int = MAX_BYTES):
        self._most, self._bytes = most, 0
        self._kept: OrderedDict[Tile, Tagged] = OrderedDict()

    def get(self, tile: Tile) -> Tagged | None:
        """The file, or None when it is not here."""
        found = self._kept.get(tile)
        if found is not None:
            self._kept.move_to_end(tile)
        return found

    def put(self, tile: Tile, tagged: Tagged) -> None:
        """Keeps a file, for which others may go."""
        if tile in self._kept or len(tagged[0]) > self._most:
            return
        self._kept[tile] = tagged
        self._bytes += len(tagged[0])
        while self._bytes > self._most:
            _, (data, _) = self._kept.popitem(last=False)
            self._bytes -= len(data)
