"""Where a ledger lies: in a file of SQLite's, or in a PostgreSQL database that a URL names.

pool/ledger.sqlite   │   postgresql://user@host/database
"""

import os
from contextlib import closing
from pathlib import Path

from circuits.records import Root
from settlement.events import Appended
from settlement.storage import checkpoints, connections
from settlement.storage.checkpoints import Checkpoints, EventsLost
from settlement.storage.repository import Repository
from settlement.storage.sqlite import SqliteRepository
from zk.errors import FormatError

Place = Path | str
"""A file, or a URL."""

SCHEMES = ("postgresql://", "postgres://")


def is_url(place: Place) -> bool:
    """Whether this is the URL of a PostgreSQL database."""
    return isinstance(place, str) and place.startswith(SCHEMES)


def create(place: Place, pool: bytes, genesis: Appended, root: Root) -> None:
    """Creates a ledger's database with its first event.  Raises FormatError when there is one at this place."""
    path = Path(place)
    for suffix in ("", *connections.BESIDE, checkpoints.SUFFIX):
        existing = path.with_name(path.name + suffix)
        if os.path.lexists(existing):
            belongs = ", left of another ledger: move it away" if suffix else ""
            raise FormatError(f"there is already a file at {existing}{belongs}")
    temporary = path.with_name(f"{path.name}.new")
    for suffix in ("", *connections.BESIDE):  # left behind by an interrupted creation
        temporary.with_name(temporary.name + suffix).unlink(missing_ok=True)
    with closing(SqliteRepository.create(temporary)) as repository, repository.writing():
        repository.begin(pool, genesis, root)
    try:
        os.link(temporary, path)  # unlike a rename, this replaces nothing
        temporary.unlink()
    except FileExistsError:
        raise FormatError(f"there is already a file at {path}") from None
    except OSError:  # a file system without hard links
        os.rename(temporary, path)


def open(place: Place, *, read_only: bool = False, accept_older: bool = False) -> Repository:
    """Opens a ledger's database, as Ledger.open says."""
    path = Path(place)
    try:
        return SqliteRepository.open(path, read_only=read_only)
    except EventsLost as lost:
        if not accept_older:
            raise
        Checkpoints(path.resolve()).set_aside(lost.height)
        return SqliteRepository.open(path, read_only=read_only)
