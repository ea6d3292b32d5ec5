"""What a ledger's log has for whoever copies it, and what two ledgers must have in common to be copies."""

import sqlite3

from settlement.following import following
from settlement.following.following import Received
from settlement.ledger import Ledger
from settlement.log import tiles
from settlement.log.tiles import DATA, ENTRIES

BESIDE = ("orders", "withdrawals", "cosignatures", "successions")
"""The tables that the history says nothing of."""


def received(original: Ledger) -> list[Received]:
    """What the files of its log have after the first event."""
    size = original.reader.last_event().height + 1
    rows = {row: [thing for tile in tiles.covering(row, 0, size)
                  for thing in tiles.split(tile, following.tile(original.reader, tile))]
            for row in (ENTRIES, DATA)}  # fmt: skip
    return [Received(*one) for one in zip(rows[ENTRIES], rows[DATA], strict=True)][1:]


def path_of(ledger: Ledger) -> str:
    """The file of a ledger."""
    return ledger.reader._connection.execute("PRAGMA database_list").fetchone()[2]


def rows(path) -> dict[str, list]:
    """Every row of every table, but of those that are no part of the history."""
    with sqlite3.connect(path) as connection:
        names = [name for name, in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for name in names}
    connection.close()
    for table in BESIDE:
        found.pop(table, None)
    return found
