"""The queries that only SQLite has."""

import sqlite3
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

from settlement.storage import transactions
from settlement.storage.batchreader import BatchReader, Keys


class SqliteReader(BatchReader):
    """The queries over one connection to a file."""

    def __init__(self, connection: sqlite3.Connection):
        super().__init__(connection)
        self._file = connection

    def reading(self) -> AbstractContextManager[None]:
        """A read transaction."""
        return transactions.transaction(self._file, "BEGIN")

    def damage(self) -> str | None:
        """The first damage to the file that SQLite's own checks report, or None."""
        answer = str(self._row("PRAGMA integrity_check(1)")[0])
        if answer != "ok":
            *_, last = answer.split("\n")  # the lines before name the database
            return last
        broken = self._one("PRAGMA foreign_key_check")
        return None if broken is None else f"a row of {broken[0]} refers to a row that does not exist"

    def matching(self, columns: str, table: str, key: tuple[str, ...], values: Keys) -> Iterable[tuple]:
        """These columns of the rows of a table whose key's columns have one of the values."""
        query = f"SELECT {columns} FROM {table} WHERE {' AND '.join(f'{column} = ?' for column in key)}"
        for each in values:
            yield from self._file.execute(query, each).fetchall()

    def pragma(self, name: str) -> Any:
        """The value of one of SQLite's settings."""
        return self._row(f"PRAGMA {name}")[0]
