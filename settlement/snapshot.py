"""A consistent copy of a ledger in use, in a file: of a server's, everything that one transaction reads; of a file, its
checkpoints first, then its database by SQLite's backup interface.

In this order the copied database has every event that the copied checkpoints call settled.  Another program that copies
the database's file would miss what is still in its write-ahead log; this process must not even open that file, because
closing it would drop the locks that SQLite holds on it for the whole process (sqlite.org/howtocorrupt.html, 2.2).
"""

import shutil
import sqlite3
from pathlib import Path

from settlement import databases
from settlement.databases import Place
from settlement.events import Event
from settlement.ledger import Ledger
from settlement.storage import checkpoints, connections
from zk.errors import FormatError

SUFFIXES = ("", *connections.BESIDE, checkpoints.SUFFIX)
"""How the names of a ledger's files end that are copied together or not at all."""
PAGES_AT_ONCE = 4096


def write(place: Place, to: Path) -> tuple[bytes, Event]:
    """Copies the ledger at `place` to `to`, which must not exist; returns the copy's ledger id and newest event.

    Raises FormatError when there is no ledger at `place`, or the copy cannot be opened as one, and errors.Unavailable
    when its server cannot be reached.
    """
    if to.exists():
        raise FormatError(f"there is already a file at {to}")
    if databases.is_url(place):
        databases.copy(place, to)
    else:
        _copy_file(Path(place), to)
    with Ledger.open(to) as ledger:
        return ledger.ledger_id, ledger.reader.last_event()


def _copy_file(path: Path, to: Path) -> None:
    Ledger.open(path, read_only=True).close()  # before anything is copied
    settled = path.with_name(path.name + checkpoints.SUFFIX)
    if settled.exists():
        shutil.copyfile(settled, to.with_name(to.name + checkpoints.SUFFIX))
    source = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    copy = sqlite3.connect(to)
    try:
        source.backup(copy, pages=PAGES_AT_ONCE)
    finally:
        copy.close()
        source.close()
