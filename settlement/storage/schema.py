"""The tables of a ledger's file, and the comparison of a file with them.

Unique indices enforce what no two rows may share, foreign keys enforce references, and STRICT tables refuse values of
another type: a bug in the code above fails at the table, and the whole transaction is rolled back.  All of this holds
only while nobody changes the tables, so every opening compares the whole schema: a trigger that ignores inserted
nullifiers would let an account be spent twice.
"""

import sqlite3
from contextlib import closing
from functools import cache

from settlement.storage import versions
from settlement.storage.versions import NEWEST, OLDEST
from zk.errors import FormatError

# "zkse", so that another program's database is not mistaken for a ledger.
APPLICATION_ID = 0x7A6B7365

Entry = tuple[str, str, str, str | None]
"""A row of sqlite_schema: type, name, table, and the statement that created it (None for an automatic index)."""


def create(connection: sqlite3.Connection, version: int = NEWEST) -> None:
    """Creates a version's tables in an empty database, and marks it as a ledger's."""
    for statement in versions.statements(version):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {version}")


def upgrade(connection: sqlite3.Connection, version: int) -> None:
    """Makes the tables of this version from those of an earlier one.  Inside a transaction."""
    for number in range(version + 1, NEWEST + 1):
        for statement in versions.added(number):
            connection.execute(statement)
    if version < NEWEST:
        connection.execute(f"PRAGMA user_version = {NEWEST}")


def check(connection: sqlite3.Connection, oldest: int = NEWEST) -> int:
    """The version, which is between `oldest` and this one.

    Raises FormatError unless the database has that version's tables and indices, and nothing else.
    """
    version = check_version(connection, oldest)
    found, expected = _entries(connection), _expected(version)
    if found == expected:
        return version
    foreign = [entry for entry in found if entry not in expected]
    missing = [entry for entry in expected if entry not in found]
    if missing:
        kind, name, *_ = missing[0]
        changed = any(entry[:2] == (kind, name) for entry in foreign)
        problem = f"its {kind} {name} {'differs from the one in this version' if changed else 'is missing'}"
    elif foreign:
        kind, name, *_ = foreign[0]
        problem = f"it has a {kind} named {name!r:.40}, which does not belong in a ledger"
    else:
        problem = "it defines one of its tables twice"
    raise FormatError(f"the ledger's tables were changed: {problem}")


def check_version(connection: sqlite3.Connection, oldest: int = NEWEST) -> int:
    """The version.  Raises FormatError unless the database is marked as a ledger's, and as one between these."""
    application, version = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
    )
    if application != APPLICATION_ID:
        raise FormatError("the file is a database but not a ledger")
    return check_number(version, oldest)


def check_number(version: int, oldest: int = NEWEST, command: str = "zksettle ledger upgrade") -> int:
    """The version.  Raises FormatError when it is older than `oldest`, which `command` changes, or newer than this."""
    if oldest <= version <= NEWEST:
        return version
    remedy = ""
    if OLDEST <= version < NEWEST:
        remedy = f": `{command}` makes it one of this version"
    elif version < OLDEST:
        remedy = ": its pool is of an earlier version of zksettle, so create a new one"
    raise FormatError(f"the ledger has schema version {version}, and this program reads {NEWEST}{remedy}")


@cache
def _expected(version: int) -> list[Entry]:
    """The schema of a version, as SQLite itself records it."""
    with closing(sqlite3.connect(":memory:")) as connection:
        create(connection, version)
        return _entries(connection)


def _entries(connection: sqlite3.Connection) -> list[Entry]:
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema").fetchall()
    return sorted(rows, key=repr)
