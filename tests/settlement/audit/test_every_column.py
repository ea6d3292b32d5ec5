"""Every row and every column of every table: changed, deleted, added, each alone, and the audit refuses the ledger.

The tables and columns are read from the schema, so that a new one is tested without being named here.
"""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from settlement.audit import audit
from settlement.ledger import Ledger
from settlement.orders import board
from settlement.storage import schema, versions
from settlement.storage.checkpoints import Checkpoints
from tests.settlement.audit import histories
from tests.settlement.bundles.samples import NOW_MS, any_proof
from zk.errors import FormatError

with closing(sqlite3.connect(":memory:")) as connection:
    schema.create(connection)
    COLUMNS = [
        (table, column[1], column[2])
        for table in versions.tables()
        for column in connection.execute(f"PRAGMA table_info({table})")
    ]


COMING_AND_GOING = ("orders", "withdrawals", "cosignatures", "successions")
"""Tables that are no part of the history: a row that is missing is missed by nobody."""


@pytest.fixture(scope="module", autouse=True)
def remembered():
    with pytest.MonkeyPatch.context() as patch:
        histories.remember_publications(patch)
        yield


@pytest.fixture(scope="module")
def history(tmp_path_factory) -> Path:
    """A ledger with at least two rows in every table but the pool's."""
    path = tmp_path_factory.mktemp("history") / "ledger.sqlite"
    histories.write(path)
    Checkpoints(path).path.unlink()  # so that nothing but the audit tells
    return path


@pytest.fixture
def path(history, tmp_path) -> Path:
    return Path(shutil.copy(history, tmp_path / "ledger.sqlite"))


def execute(path: Path, statement: str, values: tuple = ()) -> int:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        return connection.execute(statement, values).rowcount


def refused(path: Path) -> str:
    """What the audit says of a ledger that it refuses.  Every command that opens it says one sentence, or nothing."""
    try:
        with Ledger.open(path) as ledger:
            ledger.reader.last_event(), ledger.reader.tree(), ledger.reader.grids(2), board.listed(ledger, NOW_MS)
    except FormatError as error:
        assert len(str(error).splitlines()) == 1
    with pytest.raises((audit.Discrepancy, FormatError)) as refusal:
        audit.audit(path, any_proof)
    said = str(refusal.value)
    assert len(said.splitlines()) == 1 and said.isprintable() and len(said) < 600
    return said


def other_values(value: object) -> list[object]:
    """Values of the same type: near this one, and far from it."""
    if isinstance(value, int):
        return [value + 1, -value - 1]
    if isinstance(value, str):
        return ["bundle", "grids", "genesis", "nonsense"]
    if isinstance(value, bytes):
        return [value[:-1] + bytes([value[-1] ^ 128]) if value else b"\1", value[:-1], value + b"\0"]
    return [1]


def test_every_table_has_rows_to_change(history):
    with closing(sqlite3.connect(history)) as connection:
        for table in versions.tables():
            (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            assert count > 1 or table == "pool", table


@pytest.mark.parametrize("table, column, kind", COLUMNS, ids=[f"{table}.{column}" for table, column, _ in COLUMNS])
def test_a_change_of_any_column_is_found(path, table, column, kind):
    original = path.read_bytes()
    with closing(sqlite3.connect(path)) as connection:
        names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        *_, row = connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2 LIMIT 2").fetchall()
    value = row[names.index(column)]
    where = " AND ".join(f"{name} IS ?" for name in names)
    changed = 0
    for other in other_values(value):
        path.write_bytes(original)
        try:
            changed += execute(path, f"UPDATE {table} SET {column} = ? WHERE {where}", (other, *row))
        except sqlite3.IntegrityError:  # a unique index, or a value that is the same
            continue
        if other != value:
            refused(path)
    assert changed


@pytest.mark.parametrize("table", [table for table in versions.tables() if table not in COMING_AND_GOING])
def test_a_row_that_was_deleted_or_added_is_found(path, table):
    original = path.read_bytes()
    with closing(sqlite3.connect(path)) as connection:
        names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        rows = connection.execute(f"SELECT * FROM {table}").fetchall()
    where = " AND ".join(f"{name} IS ?" for name in names)
    for row in (rows[0], rows[-1]):
        path.write_bytes(original)
        assert execute(path, f"DELETE FROM {table} WHERE {where}", row) == 1
        refused(path)
    path.write_bytes(original)
    assert execute(path, f"DELETE FROM {table}") == len(rows)
    refused(path)
    path.write_bytes(original)
    added = [value + 1_000 if isinstance(value, int) and value < 1_000 else value for value in rows[-1]]
    added = [value[:-1] + bytes([value[-1] ^ 1]) if isinstance(value, bytes) and value else value for value in added]
    assert execute(path, f"INSERT INTO {table} VALUES ({', '.join('?' * len(names))})", tuple(added)) == 1
    refused(path)


def test_an_order_whose_leg_is_changed_anywhere_is_found(path):
    """A few of its bits: its proof, its signature and its ciphertexts are checked as when it was placed."""
    original = path.read_bytes()
    with Ledger.open(path) as ledger:
        (leg, *_), (order_id, *_) = zip(*((one.leg_bytes, one.order_id) for one in ledger.orders.stored()), strict=True)
    for place in range(0, len(leg), 251):
        path.write_bytes(original)
        other = leg[:place] + bytes([leg[place] ^ 4]) + leg[place + 1 :]
        execute(path, "UPDATE orders SET leg = ? WHERE order_id = ?", (other, order_id))
        refused(path)
