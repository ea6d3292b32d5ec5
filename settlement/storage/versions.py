"""The tables of a ledger's database, by the version of the schema, for SQLite and PostgreSQL alike.

    tables of a version  =  those of the version before, and what this one adds

A version adds tables and indices, and changes none that there are.  So a ledger is upgraded by creating what it lacks,
in one transaction, and nothing that was settled is touched.
"""

import re

OLDEST = 5
"""The oldest version that can be upgraded."""

_OF_OLDEST = """
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

_ADDED = {
    6: """
CREATE TABLE cosignatures (
    height INTEGER NOT NULL CHECK (height >= 0),
    key BLOB NOT NULL CHECK (length(key) = 32),
    signature BLOB NOT NULL CHECK (length(signature) IN (64, 72)),
    PRIMARY KEY (height, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE withdrawals (
    order_id BLOB PRIMARY KEY CHECK (length(order_id) = 32),
    leg BLOB NOT NULL,
    expiry_ms INTEGER NOT NULL,
    signature BLOB NOT NULL CHECK (length(signature) = 96)
) STRICT, WITHOUT ROWID;

CREATE TABLE successions (
    number INTEGER PRIMARY KEY CHECK (number > 0),
    note BLOB NOT NULL
) STRICT;
""",
}

NEWEST = max(_ADDED)
"""The version that this program reads and writes."""


def statements(version: int = NEWEST) -> list[str]:
    """The statements that make the tables of a version in an empty database."""
    return _separated(_OF_OLDEST) + [one for number in range(OLDEST + 1, version + 1) for one in added(number)]


def added(version: int) -> list[str]:
    """The statements that make the tables of a version from those of the version before."""
    return _separated(_ADDED[version])


def tables() -> list[str]:
    """The names of the newest version's tables, each after those that it refers to."""
    return re.findall(r"CREATE TABLE (\w+)", "".join(statements()))


def _separated(text: str) -> list[str]:
    return [statement.strip() for statement in text.split(";") if statement.strip()]
