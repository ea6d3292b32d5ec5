"""The validators' table: who has cosigned which checkpoint of the log, and when.

It is in the ledger's database but not in its history: a cosignature says something of the history, and comes after it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from settlement.storage.columns import binary, digest, integer
from settlement.storage.connection import Connection, Transaction
from zk.errors import FormatError


@dataclass(frozen=True)
class Cosignature:
    """The cosignature of the checkpoint over the first `size` events, by the validator with this public key.

    `time_s` is its time in Unix seconds, and `line` that of the signed note (settlement.log.note), with its newline.
    """

    size: int
    validator: bytes
    time_s: int
    line: bytes


class CosignatureTable:
    """The cosignatures, which whoever adds them has verified.  Every method that changes them is one transaction."""

    def __init__(self, connection: Connection, writing: Transaction):
        self._connection = connection
        self._writing = writing

    def add(self, cosignatures: Iterable[Cosignature]) -> None:
        """Adds these; of a validator's two of one checkpoint, the newer stays."""
        with self._writing():
            for one in cosignatures:
                self._connection.execute(
                    "INSERT INTO cosignatures VALUES (?, ?, ?, ?) ON CONFLICT (size, validator) DO UPDATE"
                    " SET time_s = excluded.time_s, line = excluded.line WHERE excluded.time_s > cosignatures.time_s",
                    (one.size, one.validator, one.time_s, one.line),
                )

    def remove_below(self, size: int) -> None:
        """Deletes those of smaller checkpoints."""
        with self._writing():
            self._connection.execute("DELETE FROM cosignatures WHERE size < ?", (size,))

    def of(self, size: int) -> list[Cosignature]:
        """Those of the checkpoint of this size, by validator."""
        return self._all("WHERE size = ? ORDER BY validator", size)

    def stored(self) -> list[Cosignature]:
        """Every cosignature, by size and validator.  Raises FormatError for a row that none can have."""
        return self._all("ORDER BY size, validator")

    def _all(self, condition: str, *values: int) -> list[Cosignature]:
        rows = self._connection.execute(f"SELECT * FROM cosignatures {condition}", values).fetchall()
        try:
            return [
                Cosignature(integer(size), digest(validator), integer(time_s), binary(line))
                for size, validator, time_s, line in rows
            ]
        except ValueError as error:
            raise FormatError(
                "the ledger is damaged: its table cosignatures has an impossible value"
            ) from error
