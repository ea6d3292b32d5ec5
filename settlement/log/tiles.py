"""A log as files that never change (c2sp.org/tlog-tiles), so that whoever reads it tells nobody what interests him.

    tile/<L>/<N>          256 consecutive nodes of the tree at the height 8·L, from the node 256·N on, 32 bytes each
    tile/entries/<N>      the leaves that the tile 0/<N> has the hashes of, each after its length, 2 bytes
    tile/data/<N>         what was sent for 16 events from 16·N on, each after its length, 4 bytes
    tile/commitments/<N>  256 leaves of the tree of commitments from 256·N on, 32 bytes each: four of its levels

N is written in groups of three digits, all but the last with an x before it: 1234067 is x001/x234/067.  The last file
of each row grows, so its name ends with how many it has: tile/0/x001/234.p/17.  Leaves name what was sent by its
digest; so `data` is not part of the format, and has fewer to a file because its last one is fetched again and again.
Nor are the commitments: every bundle's leaf has the root over all of them and their number (settlement.events), so who
has them all has every path, and has told nobody which of them he wants one of.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from settlement.log import tree
from settlement.log.tree import HASH_BYTES, Read
from zk.errors import FormatError

HEIGHT = 8
WIDTH = 1 << HEIGHT
DATA_WIDTH = 16
MAX_LEVEL = 63 // HEIGHT
ENTRIES = "entries"
DATA = "data"
COMMITMENTS = "commitments"

_LENGTH_BYTES = {ENTRIES: 2, DATA: 4}
_PATH = re.compile(
    rf"tile/(?P<row>[0-{MAX_LEVEL}]|{ENTRIES}|{DATA}|{COMMITMENTS})/(?P<index>(?:x[0-9]{{3}}/){{0,5}}[0-9]{{3}})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


@dataclass(frozen=True)
class Tile:
    """One file: of the nodes at a level ("0", "1" …), of entries, data or commitments; `width` is how many it has."""

    row: str
    index: int
    width: int

    @property
    def first(self) -> int:
        """The number, in its row, of the first thing that the file has."""
        return self.index * full_width(self.row)

    @property
    def path(self) -> str:
        """The file's name, which begins with "tile/"."""
        digits = f"{self.index:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        *groups, last = [digits[start : start + 3] for start in range(0, len(digits), 3)]
        partial = "" if self.width == full_width(self.row) else f".p/{self.width}"
        return f"tile/{self.row}/{''.join(f'x{group}/' for group in groups)}{last}{partial}"


def full_width(row: str) -> int:
    """How many things a whole file of this row has."""
    return DATA_WIDTH if row == DATA else WIDTH


def parse(path: str) -> Tile:
    """The tile with this name.  Raises FormatError for the name of none."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise FormatError("there is no tile of this name")
    row, groups = match["row"], match["index"]
    index = int(groups.replace("x", "").replace("/", ""))
    width = int(match["width"] or full_width(row))
    tile = Tile(row, index, width)
    if width > full_width(row) or tile.path != path:
        raise FormatError("there is no tile of this name")
    return tile


def rows(size: int) -> Iterator[str]:
    """The rows of a log of `size` events: the levels of nodes, and then entries and data."""
    level = 0
    while size >> HEIGHT * level:
        yield str(level)
        level += 1
    yield from (ENTRIES, DATA) if size else ()


def count(row: str, size: int) -> int:
    """How many things a row has in a log of `size` events; of commitments, in a tree of `size` leaves."""
    return size if row in (*_LENGTH_BYTES, COMMITMENTS) else size >> HEIGHT * int(row)


def covering(row: str, start: int, size: int) -> Iterator[Tile]:
    """The files that have the things of a row from `start` on, in a log of `size` events; the last may be partial."""
    width, total = full_width(row), count(row, size)
    for index in range(start // width, -(-total // width)):
        yield Tile(row, index, min(width, total - index * width))


def exists(tile: Tile, size: int) -> bool:
    """Whether a log of `size` events, or a tree of `size` leaves, has everything that is in the file."""
    return tile.first + tile.width <= count(tile.row, size)


def level(tile: Tile) -> int:
    """The level of the log's nodes that a file of nodes has."""
    return HEIGHT * int(tile.row)


def join(row: str, things: Sequence[bytes]) -> bytes:
    """The bytes of a file of entries or data."""
    length = _LENGTH_BYTES[row]
    return b"".join(each for thing in things for each in (len(thing).to_bytes(length, "big"), thing))


def split(tile: Tile, data: bytes) -> list[bytes]:
    """What a file of entries or data has.  Raises FormatError unless it is as many as the file's name says."""
    length, things, start = _LENGTH_BYTES[tile.row], list[bytes](), 0
    while start < len(data) and len(things) < tile.width:
        end = start + length + int.from_bytes(data[start : start + length], "big")
        things.append(data[start + length : end])
        start = end
    if start != len(data) or len(things) != tile.width:
        raise FormatError(f"the file {tile.path} does not have {tile.width} {tile.row}")
    return things


def reading(fetch: Callable[[Tile], bytes], size: int) -> Read:
    """A function that reads any node of a log of `size` events from its files, each of which it fetches once.

    What it reads is only as true as the files: a proof made with it must be verified.  It raises FormatError for a file
    of the wrong length, and whatever `fetch` raises.
    """
    fetched: dict[Tile, bytes] = {}

    def tile_at(row: int, index: int) -> tuple[Tile, bytes]:
        total = count(str(row), size)
        tile = Tile(str(row), index, min(WIDTH, total - index * WIDTH))
        if tile not in fetched:
            data = fetch(tile)
            if len(data) != tile.width * HASH_BYTES:
                raise FormatError(f"the file {tile.path} does not have {tile.width} hashes")
            fetched[tile] = data
        return tile, fetched[tile]

    def read(level: int, index: int) -> bytes:
        row, above = divmod(level, HEIGHT)
        start, many = index << above, 1 << above
        tile, data = tile_at(row, start // WIDTH)
        place = (start - tile.first) * HASH_BYTES
        hashes = [data[place + at : place + at + HASH_BYTES] for at in range(0, many * HASH_BYTES, HASH_BYTES)]
        while len(hashes) > 1:
            hashes = [tree.node_hash(*hashes[at : at + 2]) for at in range(0, len(hashes), 2)]
        return hashes[0]

    return read
