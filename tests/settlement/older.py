"""A ledger of version 5, made of one of this version by taking away what was added."""

import sqlite3
from contextlib import closing
from pathlib import Path

ADDED = ("cosignatures", "withdrawals", "successions")
"""The tables that version 5 did not have."""


def make(path: Path) -> None:
    """Makes the ledger in a file one of version 5."""
    with closing(sqlite3.connect(path)) as connection:
        for table in ADDED:
            connection.execute(f"DROP TABLE {table}")
        connection.execute("PRAGMA user_version = 5")
