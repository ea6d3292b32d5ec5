"""Ledgers whose rows and schema are changed by somebody who knows SQL: one to four statements, as lines of JSON."""

import json
import random
import sqlite3

from tests.hostile.strangers import ledgers
from tests.hostile.strangers.fields import Parts
from tests.hostile.strangers.target import REFUSALS, Target

VALUES = (None, 0, 1, -1, 2, 2**31, 2**63 - 1, -(2**63), "", "bundle", "grids", "genesis", b"", bytes(32), b"\xff" * 32)
SCHEMA = (
    "DROP INDEX {index}", "DROP TABLE {table}", "DELETE FROM {table}", "ALTER TABLE {table} ADD COLUMN more",
    "CREATE TABLE more (a)", "CREATE VIEW more AS SELECT * FROM {table}", "CREATE INDEX more ON {table} ({column})",
    "CREATE TRIGGER more BEFORE INSERT ON {table} BEGIN SELECT RAISE(IGNORE); END",
    "CREATE TRIGGER more AFTER INSERT ON {table} BEGIN DELETE FROM {other}; END",
    "PRAGMA user_version = 1", "PRAGMA user_version = 99", "PRAGMA application_id = 1", "VACUUM",
    "PRAGMA journal_mode = DELETE",
    "UPDATE sqlite_schema SET sql = replace(sql, ' UNIQUE', '') WHERE name = '{table}'",
    "UPDATE sqlite_schema SET sql = replace(sql, ' NOT NULL', '') WHERE name = '{table}'",
    "UPDATE sqlite_schema SET sql = replace(sql, ' STRICT', '') WHERE name = '{table}'",
    "UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (', 'CHECK (1 OR ') WHERE name = '{table}'",
    "UPDATE sqlite_schema SET sql = 'nonsense' WHERE name = '{table}'",
    "UPDATE sqlite_schema SET rootpage = {number} WHERE name = '{table}'",
    "DELETE FROM sqlite_schema WHERE name = '{index}'",
)  # fmt: skip


def good_rows() -> dict[str, Parts]:
    """No changes yet."""
    return {"closed": []}


def change_rows(chance: random.Random, statements: Parts, _: Parts) -> Parts:
    """One more statement that changes, removes or adds a row, or the schema."""
    schema = ledgers.expected("closed")[""]
    tables = [name for kind, name, *_ in schema if kind == "table" and not name.startswith("sqlite_")]
    table, other = chance.choice(tables), chance.choice(tables)
    with sqlite3.connect(ledgers.written(ledgers.originals()["closed"])) as connection:
        rows = connection.execute(f"SELECT * FROM {table}").fetchall()
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    column = chance.choice(columns)
    place = chance.randrange(len(rows)) if rows else 0
    values: list = []
    if chance.random() < 0.4 or not rows:
        indices = [name for kind, name, *_ in schema if kind == "index"]
        words = {"table": table, "other": other, "column": column, "number": chance.randrange(40)}
        text = chance.choice(SCHEMA).format(index=chance.choice(indices), **words)
    elif chance.random() < 0.6:
        old = rows[place][columns.index(column)]
        values = [_other(chance, old, [row[columns.index(column)] for row in rows])]
        text = f"UPDATE {table} SET {column} = ? WHERE {_is_row(columns, rows[place], values)}"
    elif chance.random() < 0.5:
        text = f"DELETE FROM {table} WHERE {_is_row(columns, rows[place], values)}"
    else:
        row = [_other(chance, value, [value]) if chance.random() < 0.4 else value for value in rows[place]]
        values = row
        text = f"INSERT OR REPLACE INTO {table} VALUES ({', '.join('?' * len(row))})"
    statement = json.dumps([text, [value.hex() if isinstance(value, bytes) else value for value in values],
                            [isinstance(value, bytes) for value in values]])
    return [*statements, (f"statement {len(statements)}", statement.encode() + b"\n")][-4:]


def _is_row(columns: list[str], row: tuple, values: list) -> str:
    """The condition that a row has this first column; its value is appended."""
    values.append(row[0])
    return f"{columns[0]} = ?"


def _other(chance: random.Random, value: object, column: list) -> object:
    """A value that somebody might put in place of this one."""
    if isinstance(value, int):
        return chance.choice((value + 1, value - 1, chance.choice(VALUES), chance.choice(column)))
    if isinstance(value, bytes) and value:
        place = chance.randrange(len(value))
        flipped = value[:place] + bytes([value[place] ^ 1 << chance.randrange(8)]) + value[place + 1 :]
        others = chance.choice(VALUES), chance.choice(column), value[:-1], value + b"\0"
        return chance.choice((flipped, flipped, *others))
    return chance.choice(VALUES)


def use_rows(data: bytes, _: bool) -> None:
    """Carries the statements out, each as far as SQLite allows, and uses the ledger."""
    ledgers.expected("closed")
    path = ledgers.written(ledgers.originals()["closed"])
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for setting in ("ignore_check_constraints = ON", "foreign_keys = OFF", "writable_schema = ON"):
            connection.execute(f"PRAGMA {setting}")
        for line in data.splitlines():
            text, values, are_bytes = json.loads(line)
            pairs = zip(values, are_bytes, strict=True)
            try:
                connection.execute(text, [bytes.fromhex(value) if is_bytes else value for value, is_bytes in pairs])
            except sqlite3.Error:  # SQLite itself refuses this one
                continue
    finally:
        connection.close()
    ledgers.use_damaged(path, "closed")


ROWS = Target("ledger-rows", good_rows, use_rows, change=change_rows, refusals=(*REFUSALS, sqlite3.Error))
