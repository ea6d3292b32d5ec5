"""Where a ledger lies: in a file of SQLite's, or in a PostgreSQL database that a URL names.

pool/ledger.sqlite   │   postgresql://user@host/database
"""

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from circuits.records import Root
from settlement.events import Appended
from settlement.storage import checkpoints, connections
from settlement.storage.batchreader import BatchReader
from settlement.storage.checkpoints import Checkpoint, Checkpoints, EventsLost
from settlement.storage.repository import Repository
from settlement.storage.sqlite import SqliteRepository
from zk.errors import FormatError

if TYPE_CHECKING:
    from settlement.storage.postgres.repository import PostgresRepository

Place = Path | str
"""A file, or a URL."""

SCHEMES = ("postgresql://", "postgres://")


def is_url(place: Place) -> bool:
    """Whether this is the URL of a PostgreSQL database."""
    return isinstance(place, str) and place.startswith(SCHEMES)


def shown(place: Place) -> str:
    """The place as text, without a password."""
    if not is_url(place):
        return str(place)
    parts = urlsplit(str(place))
    user, _, host = parts.netloc.rpartition("@")
    return f"{parts.scheme}://{user.partition(':')[0]}{'@' if user else ''}{host}{parts.path}"


def create(place: Place, pool: bytes, genesis: Appended, root: Root) -> None:
    """Creates a ledger's database with its first event, whole or not at all.

    Raises FormatError when there is one at this place, and errors.Unavailable when the server cannot be reached.
    """
    _create(place, lambda repository: repository.begin(pool, genesis, root))


def copy(source: Place, to: Place) -> None:
    """Creates a database with everything that another has at one moment, orders too; it may be in use.

    So a pool moves from a file to a server, and a server's ledger becomes a file that anybody can audit and keep.
    Raises as `create` and `open`.
    """
    with closing(open(source, read_only=True)) as original:
        keep(original.reader, to)


def keep(reader: BatchReader, to: Place) -> None:
    """As `copy`, of a database that is open.  Raises FormatError when there is one at the place."""
    with reader.reading():
        _create(to, lambda repository: repository.fill(reader.stored))


def upgrade(place: Place) -> int:
    """Makes the database one that this version reads, whole or not at all, and returns the schema version that it had.

    Every other program that has it open must be of this version from then on.  Raises as `open`, and FormatError when
    there is no way from its version.
    """
    return _postgres().upgrade(str(place)) if is_url(place) else SqliteRepository.upgrade(Path(place))


def open(place: Place, *, read_only: bool = False, accept_older: bool = False) -> Repository:
    """Opens a ledger's database, as Ledger.open says."""
    if is_url(place):
        return _postgres().open(str(place), read_only=read_only)
    path = Path(place)
    try:
        return SqliteRepository.open(path, read_only=read_only)
    except EventsLost as lost:
        if not accept_older:
            raise
        Checkpoints(path.resolve()).set_aside(lost.height)
        return SqliteRepository.open(path, read_only=read_only)


@dataclass(frozen=True)
class Acknowledged:
    """The events that the list of settled events beside a ledger names, and the file's name.

    `name` is None where there is no such list, as for PostgreSQL; `exists` is False where the file is missing.
    """

    events: tuple[Checkpoint, ...]
    name: str | None
    exists: bool


def acknowledged(place: Place) -> Acknowledged:
    """The list of settled events beside a ledger.  Raises FormatError when it is damaged or cannot be read."""
    if is_url(place):
        return Acknowledged((), None, False)
    file = Checkpoints(Path(place).resolve())
    return Acknowledged(tuple(file.settled()), file.path.name, file.exists())


def _postgres() -> type["PostgresRepository"]:
    """The class, loaded when it is needed: psycopg takes a while."""
    from settlement.storage.postgres.repository import PostgresRepository

    return PostgresRepository


def _create(place: Place, write: Callable[[Repository], None]) -> None:
    """A new database with what `write` writes, or none."""
    if is_url(place):
        with closing(_postgres().create(str(place))) as repository, repository.writing():
            write(repository)
    else:
        _create_file(Path(place), write)


def _create_file(path: Path, write: Callable[[Repository], None]) -> None:
    """Creates the file under another name and gives it its own when it is complete."""
    for suffix in ("", *connections.BESIDE, checkpoints.SUFFIX):
        existing = path.with_name(path.name + suffix)
        if os.path.lexists(existing):
            belongs = ", left of another ledger: move it away" if suffix else ""
            raise FormatError(f"there is already a file at {existing}{belongs}")
    temporary = path.with_name(f"{path.name}.new")
    for suffix in ("", *connections.BESIDE):  # left behind by an interrupted creation
        temporary.with_name(temporary.name + suffix).unlink(missing_ok=True)
    with closing(SqliteRepository.create(temporary)) as repository, repository.writing():
        write(repository)
    try:
        os.link(temporary, path)  # unlike a rename, this replaces nothing
        temporary.unlink()
    except FileExistsError:
        raise FormatError(f"there is already a file at {path}") from None
    except OSError:  # a file system without hard links
        os.rename(temporary, path)
