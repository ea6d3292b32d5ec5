"""Ledger files: pages damaged at random, and rows and schema changed by somebody who knows SQL.

A damaged ledger is refused, or its audit is, or it has every event and every row that it had: nothing acknowledged is
lost without a word.  Commands report an error of SQLite as one sentence, so such an error is a refusal as well.
"""

import json
import random
import shutil
import sqlite3
from functools import cache
from pathlib import Path

from settlement import board
from settlement.ledger import Ledger
from tests.hostile.strangers import fields
from tests.hostile.strangers.fields import Parts
from tests.hostile.strangers.stage import folder, stage
from tests.hostile.strangers.target import REFUSALS, Target
from tests.simulation.lies import LIES
from tests.simulation.test_ledger import leveraged_swap

PAGE_BYTES, WAL_HEAD_BYTES, FRAME_HEAD_BYTES = 4096, 32, 24
LEFT_OUT = "-shm"  # rebuilt at every opening
LEDGER = "ledger.sqlite"
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


@cache
def originals() -> dict[str, dict[str, bytes]]:
    """The files of a ledger that was closed, and of one whose process died: its last events are in the log only."""
    world = stage().world
    found = {}
    with stage().copy() as path:
        ordinary, world.ledger = world.ledger, Ledger.open(path)
        found["closed"] = _files(path.parent)
        assert world.ledger.reader.counts()
        prepared = world.prepare(leveraged_swap(world), LIES[0])
        _settle(world.ledger, prepared.data)
        found["died"] = _files(path.parent)
        world.ledger.close()
        world.ledger = ordinary
    return found


def _settle(ledger: Ledger, data: bytes) -> None:
    from settlement import engine

    engine.submit(ledger, data, stage().world.now_ms, stage().world.notary.verify)


def _files(place: Path) -> dict[str, bytes]:
    """The content of each file in a folder, by the part of its name after the ledger's, but for the shared memory."""
    return {
        path.name.removeprefix(LEDGER): path.read_bytes()
        for path in sorted(place.iterdir())
        if not path.name.endswith(LEFT_OUT)
    }


def good_pages(which: str) -> dict[str, Parts]:
    """Each file as pages, frames or, where it is none of SQLite's, pieces of 64 bytes."""
    return {which: [part for end, data in originals()[which].items() for part in _pieces(end, data)]}


def _pieces(end: str, data: bytes) -> Parts:
    head = WAL_HEAD_BYTES if end == "-wal" else 0
    size = {"": PAGE_BYTES, "-wal": FRAME_HEAD_BYTES + PAGE_BYTES}.get(end, 64)
    pieces = [(f"{end}|head", data[:head])] if data[:head] else []
    return pieces + [(f"{end}|{i}", data[start : start + size]) for i, start in enumerate(range(head, len(data), size))]


def joined(parts: Parts) -> bytes:
    """The pieces of all files, each after its file's name and its length."""
    return b"".join(
        bytes([len(end)]) + end.encode() + len(data).to_bytes(4, "big") + data
        for end, data in ((label.partition("|")[0], data) for label, data in parts)
    )


def split(data: bytes) -> dict[str, bytes]:
    """The files of `joined`."""
    files: dict[str, bytes] = {}
    while data:
        end, rest = data[1 : 1 + data[0]].decode(), data[1 + data[0] :]
        length = int.from_bytes(rest[:4], "big")
        files[end] = files.get(end, b"") + rest[4 : 4 + length]
        data = rest[4 + length :]
    return files


def change_pages(chance: random.Random, parts: Parts, good: Parts) -> Parts:
    """Bits flipped, pieces of pages zeroed or taken from elsewhere, pages exchanged, left out, repeated or cut."""
    if chance.random() < 0.3:
        return fields.changed(chance, parts, good)
    place = chance.randrange(len(parts)) if parts else 0
    if not parts or not parts[place][1]:
        return list(good)
    label, data = parts[place]
    start = chance.randrange(len(data))
    stop = min(len(data), start + chance.choice((1, 1, 2, 4, 8, 100, 512, 2048)))
    other = chance.choice(good)[1]
    new = chance.choice((
        bytes([data[start] ^ 1 << chance.randrange(8)]), bytes(stop - start), other[start:stop], chance.randbytes(1),
        chance.choice(fields.NUMBERS).to_bytes(8, "big")[-(stop - start) :],
    ))  # fmt: skip
    return [*parts[:place], (label, data[:start] + new + data[start + len(new) :]), *parts[place + 1 :]]


def _written(files: dict[str, bytes]) -> Path:
    """The files in a folder of their own."""
    place = folder() / "damaged"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for end, data in files.items():
        (place / f"{LEDGER}{end}").write_bytes(data)
    return place / LEDGER


def content(path: Path) -> dict[str, list]:
    """The schema and every row, read without any code of ours."""
    connection = sqlite3.connect(path)
    try:
        schema = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name").fetchall()
        tables = [name for kind, name, *_ in schema if kind == "table" and not name.startswith("sqlite_")]
        rows = {name: sorted(map(repr, connection.execute(f"SELECT * FROM {name}"))) for name in tables}
        return {"": schema, **rows}
    finally:
        connection.close()


@cache
def expected(which: str) -> dict[str, list]:
    """The content of a good ledger."""
    return content(_written(originals()[which]))


def use_damaged(path: Path, which: str) -> None:
    """Opens, shows and audits the ledger.  When nothing is refused, it is the good one."""
    with Ledger.open(path) as ledger:
        last = ledger.reader.last_event()
        ledger.reader.events(max(0, last.height - 5))
        ledger.reader.tree(), ledger.reader.reserves(), ledger.reader.flows(), ledger.reader.grids(1)
        board.listed(ledger, stage().world.now_ms)
    stage().check_sound(path)
    found = content(path)
    different = sorted(name for name in {*found, *expected(which)} if found.get(name) != expected(which).get(name))
    assert not different, f"the audit passes other {different}"


def pages(which: str) -> Target:
    """The pages of the ledger that was closed, or of the one whose process died."""

    def use(data: bytes, _: bool) -> None:
        expected(which)
        use_damaged(_written(split(data)), which)

    return Target(
        f"ledger-{which}", lambda: good_pages(which), use, joined=joined, change=change_pages,
        refusals=(*REFUSALS, sqlite3.Error), is_exact=False,
    )  # fmt: skip


def good_rows() -> dict[str, Parts]:
    """No changes yet."""
    return {"closed": []}


def change_rows(chance: random.Random, statements: Parts, _: Parts) -> Parts:
    """One more statement that changes, removes or adds a row, or the schema."""
    schema = expected("closed")[""]
    tables = [name for kind, name, *_ in schema if kind == "table" and not name.startswith("sqlite_")]
    table, other = chance.choice(tables), chance.choice(tables)
    with sqlite3.connect(_written(originals()["closed"])) as connection:
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
    expected("closed")
    path = _written(originals()["closed"])
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
    use_damaged(path, "closed")


CLOSED, DIED = pages("closed"), pages("died")
ROWS = Target("ledger-rows", good_rows, use_rows, change=change_rows, refusals=(*REFUSALS, sqlite3.Error))
