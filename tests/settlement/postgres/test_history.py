"""A history with events of every kind: both databases have the same rows, and an audit finds what was changed."""

import psycopg
import pytest

from settlement import databases, snapshot
from settlement.audit import audit
from settlement.following import following
from settlement.ledger import Ledger
from settlement.log import tiles
from settlement.log.tiles import Tile
from settlement.orders import board
from settlement.storage import versions
from settlement.storage.postgres.connection import SCHEMA
from tests import databases as servers
from tests.settlement.audit import histories
from tests.settlement.bundles.samples import NOW_MS, any_proof
from zk.errors import FormatError


@pytest.fixture(scope="module")
def history(server):
    """The URL of a ledger with at least two rows in every table but the pool's."""
    url = servers.emptied(server, 1)
    histories.write(url)
    with pytest.MonkeyPatch.context() as patch:
        histories.remember_publications(patch)
        yield url


def rows(place, table: str) -> list[tuple]:
    with Ledger.open(place, read_only=True) as ledger, ledger.reader.reading():
        return list(ledger.reader.stored(table))


def test_the_audit_of_a_server_is_that_of_the_file_which_a_snapshot_makes_of_it(history, tmp_path):
    copy = tmp_path / "copy.sqlite"
    ledger_id, newest = snapshot.write(history, copy)
    here, there = audit.audit(copy, any_proof), audit.audit(history, any_proof)
    assert (here.ledger_id, here.digest) == (ledger_id, newest.digest) == (there.ledger_id, there.digest)
    assert (here.events, here.orders, here.reserves) == (there.events, there.orders, there.reserves)
    assert "no list of settled events" in there.warnings[0] and "no copy.sqlite-checkpoints" in here.warnings[0]
    for table in versions.tables():
        assert rows(history, table) == rows(copy, table) and rows(copy, table), table
    with Ledger.open(history) as ours, Ledger.open(copy) as copied:
        assert board.listed(ours, NOW_MS, stale=True) == board.listed(copied, NOW_MS, stale=True)


def test_a_server_and_a_file_have_the_same_files_of_the_log_and_miss_no_node_in_silence(history, tmp_path):
    databases.copy(history, tmp_path / "copy.sqlite")
    with Ledger.open(history) as ours, Ledger.open(tmp_path / "copy.sqlite") as copied:
        size = copied.reader.last_event().height + 1
        files = [tile for row in tiles.rows(size) for tile in tiles.covering(row, 0, size)]
        files.append(Tile(tiles.COMMITMENTS, 0, copied.reader.tree().size))
        for tile in files:
            assert following.tile(ours.reader, tile) == following.tile(copied.reader, tile)
        assert {tile.row for tile in files} == {"0", tiles.ENTRIES, tiles.DATA, tiles.COMMITMENTS}
        leaves = [ours.reader.log_node(0, place) for place in range(size)]
        assert following.tile(ours.reader, files[0]) == b"".join(leaves)
        with pytest.raises(FormatError, match="a row is missing from its table log"):
            ours.reader.log_row(0, size - 1, 2)


def test_a_file_moves_to_a_server_with_everything_in_it(history, tmp_path, url):
    databases.copy(history, tmp_path / "copy.sqlite")
    databases.copy(tmp_path / "copy.sqlite", url)
    for table in versions.tables():
        assert rows(url, table) == rows(history, table), table
    with pytest.raises(FormatError, match="there is already a ledger in this database"):
        databases.copy(history, url)
    with pytest.raises(FormatError, match="there is already a file at"):
        databases.copy(history, tmp_path / "copy.sqlite")


def test_the_audit_finds_the_last_column_of_the_last_row_of_any_table_changed(history):
    with psycopg.connect(history, autocommit=True) as session:
        session.execute(f"SET search_path = {SCHEMA}; SET session_replication_role = replica")  # references left aside
        for table in versions.tables():
            cursor = session.execute(f"SELECT * FROM {table} ORDER BY 1 DESC, 2 DESC LIMIT 1")
            row, names = cursor.fetchone(), [column.name for column in cursor.description]
            other = row[-1] + 1 if isinstance(row[-1], int) else row[-1][:-1] + bytes([(row[-1] or b"\2")[-1] ^ 1])
            update = f"UPDATE {table} SET {names[-1]} = %s WHERE {names[0]} = %s AND {names[1]} = %s"
            key = (row[0], other if len(row) == 2 else row[1])
            session.execute(update, (other, row[0], row[1]))
            with pytest.raises((audit.Discrepancy, FormatError)) as refusal:
                audit.audit(history, any_proof)
            assert len(str(refusal.value).splitlines()) == 1, table
            assert session.execute(update, (row[-1], *key)).rowcount == 1, table
    audit.audit(history, any_proof)
