"""One session of a PostgreSQL server, which takes the same queries as sqlite3.Connection.

Of a session that is lost nothing is left: a transaction that had not committed is rolled back by the server, and the
next query outside of a transaction opens another session.  Only who waits for the answer to a COMMIT cannot know.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.types.numeric import Int8BinaryDumper

from settlement import stages
from settlement.errors import OutcomeUnknown, Unavailable
from zk.errors import FormatError

SCHEMA = "zksettle"
LOCK_SECONDS = 30
IDLE_SECONDS = 60
_CONNECT_SECONDS = 10
# No other schema's tables or functions are ever meant.  A process that stops inside a transaction loses the lock.
_SETTINGS = (
    f"SET search_path = {SCHEMA}, pg_catalog", "SET synchronous_commit = on",
    f"SET lock_timeout = '{LOCK_SECONDS}s'", f"SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'",
)  # fmt: skip
_LOST = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.errors.IdleInTransactionSessionTimeout)
_KEPT_FROM_LOWERING = ("on", "remote_apply")


class PostgresConnection:
    """A session, opened at once.  Belongs to one thread."""

    def __init__(self, url: str, *, read_only: bool = False):
        self._url, self._read_only = url, read_only
        self._in_transaction = False
        self._session = self._open()

    def close(self) -> None:
        """Ends the session."""
        self._session.close()

    def execute(self, query: str, values: Sequence[Any] = (), /) -> psycopg.Cursor:
        """Runs a statement whose values stand as `?`.

        Raises Unavailable when the server is busy or gone, and FormatError when it refuses the statement.
        """
        if self._session.closed and not self._in_transaction:
            self._session = self._open()
        with explained():
            try:
                return self._run(query, values)
            except psycopg.OperationalError:
                if self._in_transaction or not self._session.closed:
                    raise
        # The session was lost while nothing was done: another one does it.
        self._session = self._open()
        with explained():
            return self._run(query, values)

    def stream(self, query: str, at_once: int = 2_000) -> psycopg.ServerCursor:
        """The rows of a query as they are read from the server, in a transaction."""
        with explained():
            cursor = psycopg.ServerCursor(self._session, "stream")
            cursor.itersize = at_once
            return cursor.execute(query, binary=True)

    def run_together(self, statements: Sequence[tuple[str, Sequence[Any]]]) -> list[int]:
        """Runs statements without waiting for one to send the next; how many rows each has written."""
        cursors = [self._session.cursor() for _ in statements]
        with explained(), self._session.pipeline():
            for cursor, (statement, values) in zip(cursors, statements, strict=True):
                cursor.execute(_translated(statement), values)
        return [cursor.rowcount for cursor in cursors]

    @contextmanager
    def transaction(self, begin: str) -> Iterator[None]:
        """A transaction that `begin` opens; it is committed at the end and rolled back on an exception.

        Raises OutcomeUnknown when the session is lost while it commits.
        """
        self.execute(begin)
        self._in_transaction = True
        try:
            yield
        except BaseException:
            self._roll_back()
            raise
        self._commit()

    def _commit(self) -> None:
        self._in_transaction = False
        try:
            with stages.stage("commit"):
                status = self._session.execute("COMMIT").statusmessage
        except psycopg.Error as error:
            if not isinstance(error, _LOST) and not self._session.closed:
                raise FormatError(f"the ledger's database refused to commit: {one_line(error)}") from error
            raise OutcomeUnknown(
                f"the ledger's database was lost while it committed ({one_line(error)}): ask for the bundle's id, or"
                " submit the same bundle again"
            ) from error
        if status != "COMMIT":
            raise Unavailable("the ledger's database rolled the transaction back")

    def _roll_back(self) -> None:
        self._in_transaction = False
        try:
            self._session.execute("ROLLBACK")
        except psycopg.Error:
            self._session.close()  # the server rolls back what a closed session had begun

    def _run(self, query: str, values: Sequence[Any]) -> psycopg.Cursor:
        return self._session.execute(_translated(query), values or None, binary=True)

    def _open(self) -> psycopg.Connection:
        try:
            session = psycopg.connect(
                self._url, autocommit=True, connect_timeout=_CONNECT_SECONDS, application_name="zksettle", keepalives=1,
                keepalives_idle=10, keepalives_interval=5, keepalives_count=3,
            )  # fmt: skip
        except psycopg.ProgrammingError:  # its message quotes the URL, which may have a password
            raise FormatError("the ledger's URL must be like postgresql://user@host/database") from None
        except psycopg.OperationalError as error:
            said = one_line(error)
            # What stands before the last @ of a mistaken URL may be a password's end.
            raise Unavailable(
                f"the ledger's database cannot be reached: {'its URL names no host' if '@' in said else said}"
            ) from None
        try:
            with explained():
                self._configure(session)
        except BaseException:
            session.close()
            raise
        return session

    def _configure(self, session: psycopg.Connection) -> None:
        session.prepare_threshold = 0  # there are some hundred statements, and each of them is run again and again
        session.adapters.register_dumper(int, Int8BinaryDumper)  # of one type, whatever its size
        shown = session.execute("SHOW synchronous_commit").fetchone()
        for setting in _SETTINGS:
            if "synchronous_commit" not in setting or shown is None or shown[0] not in _KEPT_FROM_LOWERING:
                session.execute(setting)
        if self._read_only:
            session.execute("SET default_transaction_read_only = on")


@contextmanager
def explained() -> Iterator[None]:
    """Turns psycopg's errors into this project's.

    OperationalError is the machine's: a lost session, a lock that was waited for too long, a server that stops.
    """
    try:
        yield
    except psycopg.errors.LockNotAvailable as error:
        raise Unavailable(f"the ledger is busy: its lock was not free for {LOCK_SECONDS} seconds. Try again") from error
    except _LOST as error:
        raise Unavailable(f"the ledger's database cannot be reached: {one_line(error)}") from error
    except psycopg.Error as error:
        raise FormatError(f"the ledger's database refused a statement: {one_line(error)}") from error


def one_line(error: Exception) -> str:
    """The first line of a server's message, in printable characters."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return ascii(lines[0])[1:-1]


@lru_cache(maxsize=256)
def _translated(query: str) -> str:
    """The query with psycopg's mark for a value in binary.  No text in ours has a question mark or a percent sign."""
    assert "%" not in query, "a percent sign would be read as the mark of a value"
    return query.replace("?", "%b")
