"""A log's files: the names and counts of c2sp.org/tlog-tiles' examples, and that any proof can be made from them."""

import pytest

from settlement.log import tiles, tree
from settlement.log.tiles import COMMITMENTS, DATA, DATA_WIDTH, ENTRIES, WIDTH, Tile
from zk.errors import FormatError

SIZE = 70_000
MANY = 600


def a_log(size: int):
    """A log of `size` numbers: what reads its nodes."""
    nodes: tree.Nodes = {}

    def read(level: int, index: int) -> bytes:
        return nodes[level, index]

    for place in range(size):
        nodes |= tree.append(read, place, tree.leaf_hash(place.to_bytes(4, "big")))
    return read


@pytest.mark.parametrize("tile, path", [
    (Tile("0", 1234067, WIDTH), "tile/0/x001/x234/067"),
    (Tile("0", 0, WIDTH), "tile/0/000"),
    (Tile("2", 999, 255), "tile/2/999.p/255"),
    (Tile("1", 1000, 1), "tile/1/x001/000.p/1"),
    (Tile(ENTRIES, 273, 112), "tile/entries/273.p/112"),
    (Tile(DATA, 17, DATA_WIDTH), "tile/data/017"),
    (Tile(COMMITMENTS, 1390, 7), "tile/commitments/x001/390.p/7"),
])
def test_a_tile_is_known_by_its_name(tile, path):
    assert tile.path == path
    assert tiles.parse(path) == tile


@pytest.mark.parametrize("path", [
    "", "tile", "tile/0", "tile/0/0", "tile/0/1", "tile/0/0000", "tile/0/x000/001", "tile/8/000", "tile/00/000",
    "tile/-1/000", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/data/000.p/16", "tile/data/000.p/17",
    "tile/0/000/", "/tile/0/000", "tile/0/001/002", "tile/0/x001/x002", "tile/0/٠٠٠", "tile/0/000\n", "tile/../pool",
    "tile/entries/000.p/", "tile/0/000.p/1/2",
])
def test_any_other_name_is_refused(path):
    with pytest.raises(FormatError, match="no tile of this name"):
        tiles.parse(path)


def test_a_log_of_70000_events_has_the_files_of_the_formats_example():
    widths = {row: [tile.width for tile in tiles.covering(row, 0, SIZE)] for row in tiles.rows(SIZE)}
    assert widths["0"] == [256] * 273 + [112] == widths[ENTRIES]
    assert widths["1"] == [256, 17] and widths["2"] == [1]
    assert list(widths) == ["0", "1", "2", ENTRIES, DATA]
    assert [tile.width for tile in tiles.covering("1", 0, 256)] == [1]
    assert list(tiles.rows(0)) == []


@pytest.mark.parametrize("tile, exists", [
    (Tile("0", 273, 112), True), (Tile("0", 273, 111), True), (Tile("0", 273, 113), False), (Tile("0", 274, 1), False),
    (Tile("1", 1, 17), True), (Tile("1", 1, 18), False), (Tile("3", 0, 1), False), (Tile(DATA, 4374, 16), True),
    (Tile(DATA, 4375, 1), False),
])
def test_a_tile_is_there_when_everything_in_it_is(tile, exists):
    assert tiles.exists(tile, SIZE) is exists


def test_only_the_files_from_a_start_on_are_named():
    assert [tile.path for tile in tiles.covering(DATA, 37, 50)] == ["tile/data/002", "tile/data/003.p/2"]
    assert list(tiles.covering(DATA, 48, 48)) == []


def nodes(read: tree.Read, tile: Tile) -> bytes:
    """A file of nodes, by its definition."""
    return b"".join(read(tiles.level(tile), tile.first + place) for place in range(tile.width))


@pytest.mark.parametrize("size", [1, 255, 256, 257, MANY])
def test_every_proof_can_be_made_from_the_files(size):
    read = a_log(size)
    files = {tile: nodes(read, tile) for row in tiles.rows(size) if row.isdigit()
             for tile in tiles.covering(row, 0, size)}  # fmt: skip
    fetched = []

    def fetch(tile: Tile) -> bytes:
        fetched.append(tile)
        return files[tile]

    remote = tiles.reading(fetch, size)
    assert tree.root(remote, size) == tree.root(read, size)
    for place in {0, size // 2, size - 1}:
        assert tree.inclusion_proof(remote, place, size) == tree.inclusion_proof(read, place, size)
        assert tree.consistency_proof(remote, place + 1, size) == tree.consistency_proof(read, place + 1, size)
    assert len(fetched) == len(set(fetched)) <= len(files)


def test_a_file_of_nodes_of_another_length_is_refused():
    with pytest.raises(FormatError, match="does not have 3 hashes"):
        tiles.reading(lambda tile: bytes(64), 3)(0, 0)


@pytest.mark.parametrize("row", [ENTRIES, DATA])
def test_entries_and_data_come_back(row):
    things = [b"", b"a", bytes(300)]
    tile = Tile(row, 0, 3)
    data = tiles.join(row, things)
    assert tiles.split(tile, data) == things
    for spoilt in (data[:-1], data + b"\0", data + data, b"", data[1:]):
        with pytest.raises(FormatError, match=f"does not have 3 {row}"):
            tiles.split(tile, spoilt)


def test_entries_have_the_lengths_of_the_format():
    assert tiles.join(ENTRIES, [b"ab", b"c"]) == b"\0\2ab\0\1c"
    assert tiles.join(DATA, [b"ab"]) == b"\0\0\0\2ab"
