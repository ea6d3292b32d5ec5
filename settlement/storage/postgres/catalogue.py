"""The tables of a ledger in PostgreSQL, and the comparison of a database with them.

They are settlement.storage.versions', word by word: INTEGER is bigint, BLOB is bytea, and STRICT means nothing where
every column has one type.  What a database has is compared with what SQLite makes of the same text, fact by fact,
because a trigger that ignores inserted nullifiers would let an account be spent twice, and so would an index that is
missing.  The comment of the schema names the version.
"""

import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from functools import cache

from settlement.storage import schema, versions
from settlement.storage.connection import Connection
from settlement.storage.postgres.connection import SCHEMA
from settlement.storage.versions import NEWEST
from zk.errors import FormatError

TYPES = {"INTEGER": "bigint", "BLOB": "bytea", "TEXT": "text"}
_MARK = "a zksettle ledger of schema version "

Fact = tuple[str, ...]
"""A table's name, a kind of fact, and what it says."""


def create(connection: Connection) -> None:
    """Creates the tables.  Inside a transaction.  Raises FormatError when the database has a ledger already."""
    if connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = ?", (SCHEMA,)).fetchone():
        raise FormatError("there is already a ledger in this database")
    connection.execute(f"CREATE SCHEMA {SCHEMA}")
    _run(connection, versions.statements())


def upgrade(connection: Connection, version: int) -> None:
    """Makes the tables of this version from those of an earlier one.  Inside a transaction."""
    for number in range(version + 1, NEWEST + 1):
        _run(connection, versions.added(number))


def check(connection: Connection, oldest: int = NEWEST) -> int:
    """The version, which is between `oldest` and this one.

    Raises FormatError unless the database has that version's tables and indices, and nothing else beside them.
    """
    version = check_version(connection, oldest)
    found, expected = _found(connection), _expected(version)
    if found == expected:
        return version
    (table, kind, *_), *_ = sorted(found ^ expected)
    raise FormatError(f"the ledger's tables were changed: {kind} of {table} is not as in this version")


def check_version(connection: Connection, oldest: int = NEWEST) -> int:
    """The version.  Raises FormatError unless the database has a ledger, and of a version between these."""
    query = "SELECT obj_description(oid, 'pg_namespace')::text FROM pg_namespace WHERE nspname = ?"
    row = connection.execute(query, (SCHEMA,)).fetchone()
    if row is None:
        raise FormatError("there is no ledger in this database: `zksettle pool new` creates one")
    text = row[0] or ""
    if not text.startswith(_MARK) or not text.removeprefix(_MARK).isdecimal():
        raise FormatError(f"the database has a schema named {SCHEMA} that is not a ledger")
    return schema.check_number(int(text.removeprefix(_MARK)), oldest, "zksettle ledger upgrade --database …")


def _run(connection: Connection, statements: Iterable[str]) -> None:
    """Runs statements that create tables, and marks the database as one of this version."""
    for statement in statements:
        text = re.sub(r"\) STRICT(, WITHOUT ROWID)?", ")", statement)
        for ours, theirs in TYPES.items():
            text = re.sub(rf"\b{ours}\b", theirs, text)
        connection.execute(text)
    connection.execute(f"COMMENT ON SCHEMA {SCHEMA} IS '{_MARK}{NEWEST}'")


@cache
def types(table: str) -> tuple[str, ...]:
    """The types of a table's columns, in order."""
    with closing(sqlite3.connect(":memory:")) as connection:
        schema.create(connection)
        return tuple(TYPES[row[2]] for row in connection.execute(f"PRAGMA table_info({table})"))


@cache
def _expected(version: int) -> frozenset[Fact]:
    """What SQLite makes of a version's tables."""
    facts: set[Fact] = set()
    with closing(sqlite3.connect(":memory:")) as connection:
        schema.create(connection, version)
        for (table,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
            for _, name, kind, not_null, _, in_key in columns:
                facts.add((table, "a column", name, TYPES[kind], str(bool(not_null or in_key))))
            key = sorted((row[5], row[1]) for row in columns if row[5])
            facts.add((table, "the primary key", *(name for _, name in key)))
            for _, name, unique, origin, partial in connection.execute(f"PRAGMA index_list({table})").fetchall():
                if origin != "pk":
                    of = [row[2] for row in connection.execute(f"PRAGMA index_info({name})")]
                    facts.add((table, "an index", str(bool(unique)), str(bool(partial)), *of))
            for row in connection.execute(f"PRAGMA foreign_key_list({table})").fetchall():
                facts.add((table, "a reference", row[3], row[2]))
            (text,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
            facts.add((table, "the number of checks", str(text.count("CHECK ("))))
            facts.add((table, "the kind", "r", "p", "False"))
    return frozenset(facts)


_QUERIES = (
    """SELECT relname::text, 'the kind', relkind::text, relpersistence::text,
        CASE WHEN relrowsecurity OR relhasrules OR relispartition THEN 'True' ELSE 'False' END
        FROM pg_class WHERE relnamespace = ?::regnamespace AND relkind NOT IN ('i', 't')""",
    """SELECT relname::text, 'a column', attname::text, format_type(atttypid, atttypmod)::text,
        CASE WHEN attnotnull THEN 'True' ELSE 'False' END
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = ?::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped""",
    """SELECT relname::text,
        CASE WHEN contype = 'f' AND convalidated THEN 'a reference' ELSE 'an unusual constraint' END,
        (SELECT string_agg(attname::text, ' ' ORDER BY attnum) FROM pg_attribute
            WHERE attrelid = conrelid AND attnum = ANY (conkey)), confrelid::regclass::text
        FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
        WHERE relnamespace = ?::regnamespace AND (contype NOT IN ('p', 'u', 'c', 'n') OR NOT convalidated)""",
    """SELECT relname::text, 'the number of checks',
        (SELECT count(*)::text FROM pg_constraint WHERE conrelid = pg_class.oid AND contype = 'c')
        FROM pg_class WHERE relnamespace = ?::regnamespace AND relkind = 'r'""",
    """SELECT relname::text, 'a trigger', tgname::text FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
        WHERE relnamespace = ?::regnamespace AND (NOT tgisinternal OR tgenabled <> 'O')""",
    """SELECT proname::text, 'a function', proname::text FROM pg_proc WHERE pronamespace = ?::regnamespace""",
)
_INDICES = """
    SELECT t.relname::text, i.indisprimary, i.indisunique, i.indpred IS NOT NULL,
        i.indisvalid AND i.indisready AND i.indexprs IS NULL,
        (SELECT array_agg(attname::text ORDER BY place)
            FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
            JOIN pg_attribute ON attrelid = t.oid AND attnum = number)
    FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid WHERE t.relnamespace = ?::regnamespace AND t.relkind = 'r'
"""


def _found(connection: Connection) -> frozenset[Fact]:
    """What the database has."""
    facts: set[Fact] = set()
    for query in _QUERIES:
        facts.update(tuple(map(str, row)) for row in connection.execute(query, (SCHEMA,)).fetchall())
    for table, primary, unique, partial, usable, columns in connection.execute(_INDICES, (SCHEMA,)).fetchall():
        facts.add(_index(table, primary, unique, partial, usable, columns))
    return frozenset(facts)


def _index(
    table: str, primary: bool, unique: bool, partial: bool, usable: bool, columns: Iterable[str]
) -> Fact:  # fmt: skip
    if not usable:
        return table, "an index that cannot be used", *columns
    return (table, "the primary key", *columns) if primary else (table, "an index", str(unique), str(partial), *columns)
