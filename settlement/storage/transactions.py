"""Transactions over a connection to a file, and what is known of one whose commit failed.

A commit writes its pages to the write-ahead log, the last of them with a mark, and then syncs the log.  When only the
sync fails, the mark is there: SQLite takes the transaction back in this process, and the next one that opens the file
after a crash finds it committed.  So a commit that failed is an unknown outcome, unless the log could be emptied.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from settlement import stages
from settlement.errors import OutcomeUnknown, Unavailable
from settlement.storage.connections import BUSY_SECONDS, one_line

_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_PRIMARY = 0xFF
"""The bits of an error's code that say what kind it is."""


@contextmanager
def transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    """A transaction that `begin` opens; it is committed at the end and rolled back on an exception.

    Raises errors.Unavailable when another process does not free the lock in time or the file fails before the commit,
    and errors.OutcomeUnknown when the commit fails and what it wrote may still count.
    """
    try:
        with stages.stage("lock"):
            connection.execute(begin)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & _PRIMARY not in _BUSY:
            raise
        raise Unavailable(f"the ledger is busy: its lock was not free for {BUSY_SECONDS} seconds. Try again") from error
    try:
        yield
        with stages.stage("commit"):
            _commit(connection)
    except BaseException as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if isinstance(error, sqlite3.OperationalError):
            raise Unavailable(f"the ledger's file failed ({one_line(error)}): nothing has happened") from error
        raise


def _commit(connection: sqlite3.Connection) -> None:
    try:
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        is_emptied = _empty_log(connection)
        # A sync that failed says nothing of what is on the disk, and so the emptied log may not be there either.
        if is_emptied and error.sqlite_errorcode != sqlite3.SQLITE_IOERR_FSYNC:
            raise Unavailable(f"the ledger could not be written ({one_line(error)}): nothing has happened") from error
        raise OutcomeUnknown(
            f"the ledger's file failed while it committed ({one_line(error)}): ask for the bundle's id, or submit the"
            " same bundle again"
        ) from error


def _empty_log(connection: sqlite3.Connection) -> bool:
    """Whether the write-ahead log was emptied, with it what a failed commit left there."""
    with suppress(sqlite3.Error):
        is_busy, frames, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return is_busy == 0 and frames == 0
    return False
