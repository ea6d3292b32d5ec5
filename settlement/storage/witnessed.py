"""What others have signed about a ledger's log: cosignatures of its checkpoints, and successions.

It is in the ledger's database, so that every process has it and a restart forgets nothing, but not in its history: no
event follows from it, and what it says is only as true as the signatures (settlement.following.finality).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from settlement.storage.columns import binary, digest, integer
from settlement.storage.connection import Connection, Transaction
from zk.errors import FormatError

TABLES = ("cosignatures", "successions")
KEPT_SIZES = 256
TIME_BYTES, SIGNATURE_BYTES = 8, 64


@dataclass(frozen=True)
class Line:
    """A signature of the checkpoint that ends with the event at a height, and the public key that made it.

    A validator's has its time before it (settlement.log.cosignature), the operator's has not.
    """

    height: int
    key: bytes
    signature: bytes

    @property
    def time_s(self) -> int | None:
        """The time of a validator's cosignature in Unix seconds, or None."""
        return int.from_bytes(self.signature[:TIME_BYTES], "big") if len(self.signature) > SIGNATURE_BYTES else None


class Witnessed:
    """The two tables.  What changes them is one transaction of `writing`, which locks the database."""

    def __init__(self, connection: Connection, writing: Transaction):
        self._connection = connection
        self._writing = writing

    def lines(self) -> list[Line]:
        """Every signature, the newest checkpoint's first.  Raises FormatError for a row that cannot be one."""
        query = "SELECT height, key, signature FROM cosignatures ORDER BY height DESC, key"
        try:
            return [
                Line(integer(height), digest(key), binary(signature))
                for height, key, signature in self._connection.execute(query).fetchall()
            ]
        except ValueError as error:
            raise FormatError(f"the ledger is damaged: its table cosignatures: {error}") from None

    def keep(self, lines: Sequence[Line], oldest: int) -> None:
        """Keeps these signatures instead of what their keys signed of the same checkpoints before.

        Those of checkpoints that end before `oldest` are forgotten, and of more than KEPT_SIZES the smallest after it.
        """
        with self._writing():
            for line in lines:
                self._connection.execute(
                    "INSERT INTO cosignatures (height, key, signature) VALUES (?, ?, ?)"
                    " ON CONFLICT (height, key) DO UPDATE SET signature = excluded.signature",
                    (line.height, line.key, line.signature),
                )
            self._connection.execute("DELETE FROM cosignatures WHERE height < ?", (oldest,))
            query = "SELECT DISTINCT height FROM cosignatures WHERE height > ? ORDER BY height DESC"
            heights = [integer(row[0]) for row in self._connection.execute(query, (oldest,)).fetchall()]
            for height in heights[KEPT_SIZES:]:
                self._connection.execute("DELETE FROM cosignatures WHERE height = ?", (height,))

    def successions(self) -> dict[int, str]:
        """The notes of the successions, by ascending number.  Raises FormatError for a row that cannot be one."""
        rows = self._connection.execute("SELECT number, note FROM successions ORDER BY number").fetchall()
        try:
            return {integer(number): binary(note).decode() for number, note in rows}
        except ValueError as error:
            raise FormatError(f"the ledger is damaged: its table successions: {error}") from None

    def succeed(self, number: int, note: str) -> None:
        """Keeps the note of a succession; that of its number, if there is one, stays."""
        with self._writing():
            self._connection.execute(
                "INSERT INTO successions (number, note) VALUES (?, ?) ON CONFLICT (number) DO NOTHING",
                (number, note.encode()),
            )
