"""The tables of a ledger's database, and the comparison of a database with them.

Unique indices enforce what no two rows may share, foreign keys enforce references, and STRICT tables refuse values of
another type: a bug in the code above fails at the table, and the whole transaction is rolled back.  All of this holds
only while nobody changes the tables, so every opening compares the whole schema: a trigger that ignores inserted
nullifiers would let an account be spent twice.
"""

import re
import sqlite3
from contextlib import closing
from functools import cache

from zk.errors import FormatError

# "zkse", so that another program's database is not mistaken for a ledger.
APPLICATION_ID = 0x7A6B7365
VERSION = 5

TABLES = """
CREATE TABLE pool (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    data BLOB NOT NULL
) STRICT;

CREATE TABLE events (
    height INTEGER PRIMARY KEY CHECK (height >= 0),
    kind TEXT NOT NULL CHECK (kind IN ('genesis', 'bundle', 'grids', 'parameters', 'insurance', 'expiry')),
    created_ms INTEGER NOT NULL CHECK (created_ms >= 0),
    body BLOB NOT NULL,
    digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32)
) STRICT;

CREATE TABLE log (
    level INTEGER NOT NULL CHECK (level >= 0),
    place INTEGER NOT NULL CHECK (place >= 0),
    node BLOB NOT NULL CHECK (length(node) = 32),
    PRIMARY KEY (level, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE roots (
    height INTEGER PRIMARY KEY REFERENCES events,
    root BLOB NOT NULL CHECK (length(root) = 32),
    size INTEGER NOT NULL CHECK (size >= 0)
) STRICT;
CREATE INDEX roots_by_root ON roots (root);

CREATE TABLE bundles (
    height INTEGER PRIMARY KEY REFERENCES events,
    bundle_id BLOB NOT NULL UNIQUE CHECK (length(bundle_id) = 32),
    data BLOB NOT NULL
) STRICT;

CREATE TABLE nullifiers (
    nullifier BLOB PRIMARY KEY CHECK (length(nullifier) = 32),
    height INTEGER NOT NULL REFERENCES bundles
) STRICT, WITHOUT ROWID;

CREATE TABLE top_ups (
    period INTEGER NOT NULL CHECK (period >= 0),
    tag BLOB NOT NULL CHECK (length(tag) = 32),
    height INTEGER NOT NULL REFERENCES bundles,
    PRIMARY KEY (period, tag)
) STRICT, WITHOUT ROWID;

CREATE TABLE outputs (
    position INTEGER PRIMARY KEY CHECK (position >= 0),
    commitment BLOB NOT NULL CHECK (length(commitment) = 32),
    ciphertexts BLOB NOT NULL,
    height INTEGER NOT NULL REFERENCES bundles
) STRICT;
CREATE INDEX outputs_by_commitment ON outputs (commitment, position);

CREATE TABLE nodes (
    level INTEGER NOT NULL,
    place INTEGER NOT NULL,
    node BLOB NOT NULL CHECK (length(node) = 32),
    PRIMARY KEY (level, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE flows (
    height INTEGER NOT NULL REFERENCES bundles,
    number INTEGER NOT NULL,
    leg INTEGER NOT NULL,
    key BLOB NOT NULL CHECK (length(key) = 32),
    asset INTEGER NOT NULL CHECK (asset BETWEEN 0 AND 15),
    amount INTEGER NOT NULL CHECK (amount <> 0),
    account INTEGER NOT NULL CHECK (account BETWEEN 0 AND 3),
    party BLOB NOT NULL CHECK (length(party) <= 64),
    reference BLOB NOT NULL CHECK (length(reference) <= 64),
    PRIMARY KEY (height, number),
    CHECK (account <> 0 OR asset < 8 AND length(reference) > 0)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX flows_by_reference ON flows (asset, reference) WHERE account = 0;
CREATE INDEX flows_by_order ON flows (reference) WHERE account = 1 AND length(reference) > 0;

CREATE TABLE reserves (
    key BLOB NOT NULL CHECK (length(key) = 32),
    asset INTEGER NOT NULL CHECK (asset BETWEEN 0 AND 7),
    amount INTEGER NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (key, asset)
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    account INTEGER NOT NULL CHECK (account BETWEEN 1 AND 3),
    asset INTEGER NOT NULL CHECK (asset BETWEEN 0 AND 15),
    amount INTEGER NOT NULL,
    PRIMARY KEY (account, asset),
    CHECK (amount >= 0 OR account = 3 AND asset > 7)
) STRICT, WITHOUT ROWID;

CREATE TABLE insurance (
    height INTEGER PRIMARY KEY REFERENCES bundles,
    commitment BLOB NOT NULL CHECK (length(commitment) = 32)
) STRICT;

CREATE TABLE grids (
    epoch INTEGER PRIMARY KEY CHECK (epoch > 0),
    height INTEGER NOT NULL UNIQUE REFERENCES events,
    published_ms INTEGER NOT NULL,
    publication BLOB NOT NULL
) STRICT;

CREATE TABLE parameters (
    version INTEGER PRIMARY KEY CHECK (version > 1),
    height INTEGER NOT NULL UNIQUE REFERENCES events,
    effective_ms INTEGER NOT NULL,
    change BLOB NOT NULL
) STRICT;

CREATE TABLE heartbeats (
    epoch INTEGER PRIMARY KEY REFERENCES grids,
    height INTEGER NOT NULL UNIQUE REFERENCES events,
    heartbeat BLOB NOT NULL
) STRICT;

CREATE TABLE expiries (
    claim INTEGER PRIMARY KEY CHECK (claim BETWEEN 8 AND 15),
    height INTEGER NOT NULL UNIQUE REFERENCES events,
    rate INTEGER NOT NULL CHECK (rate >= 0),
    expiry BLOB NOT NULL
) STRICT;

CREATE TABLE orders (
    order_id BLOB PRIMARY KEY CHECK (length(order_id) = 32),
    leg BLOB NOT NULL,
    nullifier BLOB NOT NULL CHECK (length(nullifier) = 32),
    commitment BLOB NOT NULL UNIQUE CHECK (length(commitment) = 32),
    expiry_ms INTEGER NOT NULL,
    grid_epoch INTEGER,
    terms BLOB NOT NULL,
    funds BLOB NOT NULL,
    has_paid INTEGER NOT NULL CHECK (has_paid IN (0, 1)),
    posted_ms INTEGER NOT NULL,
    signature BLOB NOT NULL CHECK (length(signature) = 96)
) STRICT, WITHOUT ROWID;
CREATE INDEX orders_by_nullifier ON orders (nullifier);
"""


Entry = tuple[str, str, str, str | None]
"""A row of sqlite_schema: type, name, table, and the statement that created it (None for an automatic index)."""


def create(connection: sqlite3.Connection) -> None:
    """Creates the tables in an empty database, and marks it as a ledger's."""
    for statement in TABLES.split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def check(connection: sqlite3.Connection) -> None:
    """Raises FormatError unless the database has this version's tables and indices, and nothing else."""
    check_version(connection)
    found, expected = _entries(connection), _expected()
    if found == expected:
        return
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


def check_version(connection: sqlite3.Connection) -> None:
    """Raises FormatError unless the database is marked as a ledger's, and of this version."""
    application, version = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
    )
    if application != APPLICATION_ID:
        raise FormatError("the file is a database but not a ledger")
    check_number(version)


def check_number(version: int) -> None:
    """Raises FormatError for another version of the schema than this one."""
    if version != VERSION:
        remedy = ": its pool is of an earlier version of zksettle, so create a new one" if version < VERSION else ""
        raise FormatError(f"the ledger has schema version {version}, and this program reads {VERSION}{remedy}")


def tables() -> list[str]:
    """The names of the tables."""
    return [name for kind, name, *_ in _expected() if kind == "table"]


def ordered() -> list[str]:
    """The names of the tables, each after those that it refers to."""
    return re.findall(r"CREATE TABLE (\w+)", TABLES)


@cache
def _expected() -> list[Entry]:
    """The schema that TABLES makes, as SQLite itself records it."""
    with closing(sqlite3.connect(":memory:")) as connection:
        create(connection)
        return _entries(connection)


def _entries(connection: sqlite3.Connection) -> list[Entry]:
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema").fetchall()
    return sorted(rows, key=repr)
