"""What --database names: a URL, a file, or a PostgreSQL of the home's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prover.machine import postgres
from prover.machine.home import Home
from settlement import databases
from settlement.databases import Place

EMBEDDED = "embedded"


@contextmanager
def opened(home: Home, database: str) -> Iterator[Place]:
    """The place that it names; the home's own server runs until the context ends.  Raises as postgres.running."""
    if database == EMBEDDED:
        with postgres.running(home.path / "postgres") as server:
            server.create_database()
            yield server.url()
    else:
        yield database if databases.is_url(database) else Path(database)
