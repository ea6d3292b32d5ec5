"""The tables of a ledger's database.

Unique indices enforce what no two rows may share, foreign keys enforce references, and STRICT tables refuse values of
another type: a bug in the code above fails at the table, and the whole transaction is rolled back.
"""

# "zkse", so that another program's database is not mistaken for a ledger.
APPLICATION_ID = 0x7A6B7365
VERSION = 2

TABLES = """
CREATE TABLE pool (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    data BLOB NOT NULL
) STRICT;

CREATE TABLE events (
    height INTEGER PRIMARY KEY CHECK (height >= 0),
    kind TEXT NOT NULL CHECK (kind IN ('genesis', 'bundle', 'grids')),
    created_ms INTEGER NOT NULL CHECK (created_ms >= 0),
    body BLOB NOT NULL,
    digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32)
) STRICT;

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
    asset INTEGER NOT NULL CHECK (asset BETWEEN 0 AND 7),
    amount INTEGER NOT NULL CHECK (amount <> 0),
    party BLOB NOT NULL CHECK (length(party) <= 64),
    PRIMARY KEY (height, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE reserves (
    key BLOB NOT NULL CHECK (length(key) = 32),
    asset INTEGER NOT NULL CHECK (asset BETWEEN 0 AND 7),
    amount INTEGER NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (key, asset)
) STRICT, WITHOUT ROWID;

CREATE TABLE grids (
    epoch INTEGER PRIMARY KEY CHECK (epoch > 0),
    height INTEGER NOT NULL UNIQUE REFERENCES events,
    published_ms INTEGER NOT NULL,
    initial BLOB NOT NULL,
    maintenance BLOB NOT NULL,
    initial_root BLOB NOT NULL CHECK (length(initial_root) = 32),
    maintenance_root BLOB NOT NULL CHECK (length(maintenance_root) = 32),
    evidence BLOB NOT NULL
) STRICT;

CREATE TABLE orders (
    order_id BLOB PRIMARY KEY CHECK (length(order_id) = 32),
    leg BLOB NOT NULL,
    nullifier BLOB NOT NULL CHECK (length(nullifier) = 32),
    expiry_ms INTEGER NOT NULL,
    grid_epoch INTEGER,
    terms BLOB NOT NULL,
    posted_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX orders_by_nullifier ON orders (nullifier);
"""
