"""Opens a ledger's database, and writes nothing before the whole schema was compared.

    probe    reads the version alone, through a connection that writes nothing and creates no file beside it, and
             refuses a rollback journal, which SQLite would copy into the file before anybody could look at it
    check    where a write-ahead log waits, through a read-only connection first: the last connection that can write
             copies the log into the file as it closes, and that would remove the evidence of damage
    open     the connection that stays, checked again

The file's own bytes are read by SQLite only: closing another handle to it would drop the locks that SQLite holds for
this whole process (sqlite.org/howtocorrupt.html, section 2.2).
"""

import os
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from settlement.storage import schema
from settlement.storage.versions import NEWEST
from zk.errors import FormatError

BUSY_SECONDS = 30
BESIDE = ("-wal", "-shm", "-journal")
"""The endings of the files that SQLite keeps beside a database."""

# These codes say nothing about the file itself: another process has locked it, or its folder cannot be written to.
_UNUSABLE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
_SETTINGS = (
    "trusted_schema = OFF", "cell_size_check = ON", "foreign_keys = ON", "synchronous = FULL", "secure_delete = ON",
)  # fmt: skip
_PROBES = 5
_PROBE_PAUSE_SECONDS = 0.02

Check = Callable[[sqlite3.Connection], None]


def create(path: Path) -> sqlite3.Connection:
    """A connection to a new, empty database.  Raises FormatError when the file exists."""
    if path.exists():
        raise FormatError(f"there is already a file at {path}")
    connection = _connect(path, "mode=rwc")
    _configure(connection)
    # Before there is anything in it: so a rollback journal never lies beside a ledger (`_check_no_journal`).
    connection.execute("PRAGMA journal_mode = WAL")
    return connection


def open_for_writing(path: Path, check: Check, oldest: int = NEWEST) -> sqlite3.Connection:
    """A connection that `check` has seen, before which nothing is written.

    Raises FormatError when there is no ledger of this version, or of one from `oldest` on, or it cannot be opened for
    writing, and as `check`.
    """
    with _explained(path, "opened for writing"):
        _probe(path, oldest)
        if _has_log(path):
            _checked_with_log(path, check, oldest).close()
        if not os.access(path, os.W_OK):  # SQLite would open it for reading, and fail at the first write
            raise FormatError(f"the ledger at {path} cannot be opened for writing: it is read-only")
        connection = _checked(path, "mode=rw", check, oldest)
        with _closed_on_failure(connection):
            connection.execute("PRAGMA journal_mode = WAL")
        return connection


def open_for_reading(path: Path, check: Check) -> sqlite3.Connection:
    """A connection that writes nothing, for media that cannot be written to as well.

    Raises FormatError as `open_for_writing` does, and when reading would need to write: a write-ahead log on media that
    cannot be written to.
    """
    with _explained(path, "read"):
        _probe(path)
        if _has_log(path):
            connection = _checked_with_log(path, check)
        elif os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
            connection = _checked(path, "mode=rw", check)  # unlike a read-only one, it leaves no file behind
        else:
            connection = _checked(path, "mode=ro&immutable=1", check)
        with _closed_on_failure(connection):
            connection.execute("PRAGMA query_only = ON")
        return connection


def one_line(error: Exception) -> str:
    """SQLite's message, which may quote from a damaged file, in printable characters."""
    return ascii(str(error))[1:-1]


def _probe(path: Path, oldest: int = NEWEST) -> None:
    """Raises FormatError unless the file is a ledger's database of this version, or one from `oldest` on.

    Writes nothing anywhere.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise FormatError(f"{path} is not a file")
    except FileNotFoundError:
        raise FormatError(f"there is no ledger at {path}") from None
    except OSError as error:
        raise FormatError(f"the ledger at {path} cannot be read: {error.strerror}") from None
    _check_no_journal(path)
    for attempt in range(_PROBES):
        with closing(_connect(path, "mode=ro&immutable=1")) as connection:
            try:
                schema.check_version(connection, oldest)
                return
            except sqlite3.DatabaseError as error:
                # Another process may be copying its log into the file: then the parts do not match for a moment.  If it
                # was ended by that, they match only together with the log, through which the file is inspected next.
                if _code(error) != sqlite3.SQLITE_CORRUPT:
                    raise
                if attempt == _PROBES - 1:
                    if _has_log(path):
                        return
                    raise
        time.sleep(_PROBE_PAUSE_SECONDS)


def _check_no_journal(path: Path) -> None:
    """Raises FormatError for a rollback journal: the first connection would write its pages into the file, unseen."""
    journal = path.with_name(path.name + "-journal")
    if os.path.lexists(journal):
        raise FormatError(
            f"there is a file {journal}, which no ledger makes: SQLite would undo changes to the ledger with it. Move"
            " it away, and run `zksettle ledger audit`"
        )


def _checked_with_log(path: Path, check: Check, oldest: int = NEWEST) -> sqlite3.Connection:
    """A read-only connection, which reads the log and leaves it where it is."""
    try:
        return _checked(path, "mode=ro", check, oldest)
    except sqlite3.OperationalError as error:
        if _code(error) not in _UNUSABLE or os.access(path.parent, os.W_OK):
            raise
        raise FormatError(
            f"the ledger at {path} has a write-ahead log beside it, which cannot be read where nothing can be written:"
            f" copy {path.name} and every file whose name begins like it to another folder, and read it there"
        ) from error


def _checked(path: Path, options: str, check: Check, oldest: int = NEWEST) -> sqlite3.Connection:
    connection = _connect(path, options)
    with _closed_on_failure(connection):
        _configure(connection)
        # Keeps a connection that is refused from changing anything.
        connection.execute("PRAGMA query_only = ON")
        schema.check(connection, oldest)
        check(connection)
        connection.execute("PRAGMA query_only = OFF")
    return connection


def _connect(path: Path, options: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?{options}", uri=True, timeout=BUSY_SECONDS, isolation_level=None
    )


def _configure(connection: sqlite3.Connection) -> None:
    with _closed_on_failure(connection):
        for setting in _SETTINGS:
            connection.execute(f"PRAGMA {setting}")
        if hasattr(connection, "setconfig"):  # from Python 3.12 on
            connection.setconfig(getattr(sqlite3, "SQLITE_DBCONFIG_DEFENSIVE"), True)  # noqa: B009


def _has_log(path: Path) -> bool:
    try:
        return path.with_name(path.name + "-wal").stat().st_size > 0
    except FileNotFoundError:
        return False


@contextmanager
def _closed_on_failure(connection: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _code(error: sqlite3.DatabaseError) -> int:
    """SQLite's primary code of an error.  What Python's module finds without SQLite, text that is not UTF-8, has none:
    then SQLITE_CORRUPT."""
    return error.sqlite_errorcode & 0xFF if hasattr(error, "sqlite_errorcode") else sqlite3.SQLITE_CORRUPT


@contextmanager
def _explained(path: Path, what: str) -> Iterator[None]:
    """Turns SQLite's errors into one sentence."""
    try:
        yield
    except UnicodeDecodeError as error:  # a message of SQLite's that quotes from a damaged file
        raise FormatError(f"the ledger at {path} is damaged: its text cannot be read") from error
    except sqlite3.DatabaseError as error:
        code = _code(error)
        if code in _UNUSABLE:
            raise FormatError(f"the ledger at {path} cannot be {what}: {error}") from error
        if code == sqlite3.SQLITE_NOTADB:
            raise FormatError(f"the file at {path} is not a ledger") from error
        raise FormatError(f"the ledger at {path} is damaged: {one_line(error)}") from error
