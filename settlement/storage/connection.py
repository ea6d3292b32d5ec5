"""What Reader and OrderTable need of a database: one method, which sqlite3.Connection has as it is.

Their queries are in the SQL that SQLite and PostgreSQL both understand, with `?` for a value.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

Transaction = Callable[[], AbstractContextManager[None]]


class Cursor(Protocol):
    """The rows of one query."""

    @property
    def rowcount(self) -> int:
        """How many rows a statement wrote."""

    def fetchone(self) -> Any:
        """The next row, or None."""

    def fetchall(self) -> list[Any]:
        """The rows that are left."""

    def close(self) -> None:
        """Ends the query."""

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """An open database."""

    def execute(self, query: str, values: Sequence[Any] = ..., /) -> Cursor:
        """Runs a statement."""
