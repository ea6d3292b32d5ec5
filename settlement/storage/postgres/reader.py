"""The queries that PostgreSQL answers in another way."""

from collections.abc import Iterable
from contextlib import AbstractContextManager

from settlement.storage.batchreader import BatchReader, Keys
from settlement.storage.connection import Cursor
from settlement.storage.postgres.connection import PostgresConnection


class PostgresReader(BatchReader):
    """The queries over one session."""

    def __init__(self, connection: PostgresConnection):
        super().__init__(connection)
        self._session = connection

    def reading(self) -> AbstractContextManager[None]:
        """A read transaction."""
        return self._session.transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def damage(self) -> str | None:
        """None: PostgreSQL checks its pages as they are read, and every type and reference as it is written."""
        return None

    def matching(self, columns: str, table: str, key: tuple[str, ...], values: Keys) -> Iterable[tuple]:
        """These columns of the rows of a table whose key's columns have one of the values."""
        if not values:
            return []
        types = ["bytea" if isinstance(value, bytes) else "bigint" for value in next(iter(values))]
        wanted, named = ", ".join(f"?::{kind}[]" for kind in types), ", ".join(key)
        query = f"SELECT {columns} FROM {table} JOIN unnest({wanted}) AS wanted ({named}) USING ({named})"
        return self._session.execute(query, [list(column) for column in zip(*values, strict=True)]).fetchall()

    def stored(self, table: str) -> Cursor:
        """Every row of a table exactly as it is stored, ordered by its primary key, in a read transaction."""
        return self._session.stream(f"SELECT * FROM {table} ORDER BY 1, 2")
