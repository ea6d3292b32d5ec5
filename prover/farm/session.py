"""A session with the queue's database, for the threads of one process, and what its errors mean in words.

The server must notice soon that a machine has vanished, because that machine's rows stay locked until then: so each
session asks it to probe a silent connection after PROBE_S.  Of a process that is killed the system tells it at once.
After a failover, the server behind the old address may refuse writes: libpq then tries the next host of the URL.
"""

import select
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors, sql
from psycopg.pq import TransactionStatus

from settlement.errors import Unavailable
from zk.errors import FormatError

SCHEMA = "zksettle_farm"
NAME = "zksettle farm"
"""What its sessions are called."""
JOBS, ENDED = f"{SCHEMA}_jobs", f"{SCHEMA}_ended"
"""Channels: there are jobs to claim; the jobs with these ids, 32 hexadecimal digits each, have ended."""
NOW_MS = "(extract(epoch FROM statement_timestamp()) * 1000)::bigint"
"""The time of the queue is that of its database, so that no two machines' clocks are compared."""

MOST_TOLD = 200
"""How many ids one notification names."""
CONNECT_S, LOCK_S = 10, 30
PROBE_S, PROBES = 1, 3
LONGEST_PROOF_S = 900
"""After which a worker that hangs inside its transaction loses its claim."""

_SETTINGS = {
    "search_path": f"{SCHEMA}, pg_catalog",
    "lock_timeout": f"{LOCK_S}s",
    "idle_in_transaction_session_timeout": f"{LONGEST_PROOF_S}s",
    "statement_timeout": "60s",
    "enable_seqscan": "off",  # statistics lag behind a queue: measured, a claim took 3.6 ms with scans and 1.2 without
    "plan_cache_mode": "force_generic_plan",  # each statement looks rows up by index, whatever its values are
    "tcp_keepalives_idle": str(PROBE_S),
    "tcp_keepalives_interval": str(PROBE_S),
    "tcp_keepalives_count": str(PROBES),
    "tcp_user_timeout": f"{1000 * PROBE_S * (PROBES + 1)}",
}
_REFUSALS = (errors.DiskFull, errors.OutOfMemory, errors.ConfigurationLimitExceeded)


class Lost(Unavailable):
    """The session is over, or what it did was rolled back: try again with a new one."""


class Full(Unavailable):
    """The database has no room: nothing was written."""


class Missing(Exception):
    """A row would have referred to one that is not there: a job to its key."""


class Session:
    """A session; threads may share it, and wait for each other.  It never opens itself again once it is lost.

    What a hasty one commits may be lost when the server crashes.
    """

    def __init__(self, url: str, listens_to: Sequence[str] = (), *, is_hasty: bool = False):
        self._lock = threading.RLock()
        self._heard: list[str] = []
        self._connection = _connect(url)
        try:
            with self.using() as connection:
                connection.add_notify_handler(lambda said: self._heard.append(said.payload))
                settings = _SETTINGS | ({"synchronous_commit": "off"} if is_hasty else {})
                for name, value in settings.items():
                    connection.execute("SELECT set_config(%s, %s, false)", (name, value))
                for channel in listens_to:
                    connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the session; what it had begun is rolled back."""
        self._connection.close()

    @contextmanager
    def using(self) -> Iterator[psycopg.Connection]:
        """The connection, for this thread alone; its errors are raised as `explained` says."""
        with self._lock, explained(self._connection):
            yield self._connection

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        """A transaction, committed at the end and rolled back on an exception."""
        with self.using() as connection, connection.transaction():
            yield connection

    @contextmanager
    def holding(self) -> Iterator[psycopg.Connection]:
        """The connection, for a transaction that the block begins and commits: what it leaves open is rolled back."""
        with self.using() as connection:
            try:
                yield connection
            finally:
                if not connection.closed and connection.info.transaction_status != TransactionStatus.IDLE:
                    try:
                        connection.execute("ROLLBACK")
                    except psycopg.Error:
                        connection.close()  # the server rolls back what a closed session had begun

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Runs one statement in a transaction of its own.  What it returns."""
        with self.using() as connection:
            cursor = connection.execute(query, values, binary=True)
            return cursor.fetchall() if cursor.description else []

    def hear(self, timeout_s: float) -> list[str]:
        """Waits for a notification, at most so long, and returns the payloads of all that have come.

        Other threads may use the session meanwhile.  Raises Lost when the server has gone.
        """
        if not self._heard:
            with self.using() as connection:
                handle = connection.fileno()
            try:
                select.select([handle], [], [], timeout_s)
            except (OSError, ValueError) as error:  # closed by another thread
                raise Lost("the connection to the queue was closed") from error
        with self.using() as connection:
            if not self._heard:  # what another thread's statement has not read
                connection.pgconn.consume_input()
                while said := connection.pgconn.notifies():
                    self._heard.append(said.extra.decode("ascii", "replace"))
            heard, self._heard[:] = self._heard[:], []
            return heard


@contextmanager
def explained(connection: psycopg.Connection | None = None) -> Iterator[None]:
    """Turns psycopg's errors into Full, Lost or FormatError, each with one sentence and no values in it."""
    try:
        yield
    except _REFUSALS as error:
        raise Full(f"the queue's database has no room left ({one_line(error)}): nothing was written") from None
    except errors.ReadOnlySqlTransaction:
        if connection is not None:
            connection.close()  # a standby: another server is the one to write to
        raise Lost("the queue's database takes no writes: it is a standby") from None
    except (psycopg.OperationalError, psycopg.InterfaceError, errors.IdleInTransactionSessionTimeout) as error:
        raise Lost(f"the queue's database was lost ({one_line(error)})") from None
    except errors.ForeignKeyViolation as error:
        raise Missing(one_line(error)) from None
    except (errors.UndefinedTable, errors.UndefinedColumn, errors.InvalidSchemaName) as error:
        raise FormatError(f"the queue's tables were changed: {one_line(error)}") from None
    except psycopg.Error as error:
        raise FormatError(f"the queue's database refused a statement: {one_line(error)}") from None


def one_line(error: psycopg.Error) -> str:
    """The first line of the server's message, which quotes no values."""
    primary = error.diag.message_primary or str(error).strip() or type(error).__name__
    return primary.splitlines()[0][:200]


def _connect(url: str) -> psycopg.Connection:
    try:
        given = psycopg.conninfo.conninfo_to_dict(url)
        return psycopg.connect(
            url, autocommit=True, prepare_threshold=0, application_name=NAME, keepalives=1,
            target_session_attrs=given.get("target_session_attrs", "read-write"), keepalives_idle=PROBE_S,
            keepalives_interval=PROBE_S, keepalives_count=PROBES, connect_timeout=CONNECT_S,
        )  # fmt: skip
    except psycopg.ProgrammingError:  # its message quotes the URL, which may have a password
        raise FormatError("the queue's URL must be like postgresql://user@host/database") from None
    except psycopg.OperationalError as error:
        said = one_line(error)
        # What stands before the last @ of a mistaken URL may be a password's end.
        shown = "its URL names no host" if "@" in said else said
        raise Lost(f"the queue's database cannot be reached: {shown}") from None
