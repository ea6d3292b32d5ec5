"""The queries that PostgreSQL answers in another way."""

from contextlib import AbstractContextManager

from settlement.storage.connection import Cursor
from settlement.storage.postgres.connection import PostgresConnection
from settlement.storage.reader import Reader


class PostgresReader(Reader):
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

    def stored(self, table: str) -> Cursor:
        """Every row of a table exactly as it is stored, ordered by its primary key, in a read transaction."""
        return self._session.stream(f"SELECT * FROM {table} ORDER BY 1, 2")
