"""The board's table, in the ledger's database and no part of its history: orders come and go."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from settlement.bundle import CIPHERTEXT_BYTES


@dataclass(frozen=True)
class OrderRow:
    """An order as it is kept: its leg's bytes, its terms sealed to each reader, and when it was placed."""

    order_id: bytes
    leg: bytes
    sealed_terms: tuple[bytes, ...]
    posted_ms: int


class OrderTable:
    """Every method is one statement, so one transaction."""

    def __init__(self, connection: sqlite3.Connection):
        self._connection = connection

    def add(self, row: OrderRow, most: int) -> bool:
        """Keeps an order, unless its id is there or there are `most` already; whether it did."""
        added = self._connection.execute(
            "INSERT INTO orders SELECT ?, ?, ?, ? WHERE (SELECT count(*) FROM orders) < ?"
            " ON CONFLICT (order_id) DO NOTHING",
            (row.order_id, row.leg, b"".join(row.sealed_terms), row.posted_ms, most),
        )
        return added.rowcount == 1

    def get(self, order_id: bytes) -> OrderRow | None:
        """The order with this id, None when there is none."""
        found = self._connection.execute("SELECT * FROM orders WHERE order_id = ?", (order_id,)).fetchone()
        return None if found is None else _row(found)

    def all(self) -> list[OrderRow]:
        """Every order, the oldest first."""
        return [_row(found) for found in self._connection.execute("SELECT * FROM orders ORDER BY posted_ms, order_id")]

    def remove(self, order_ids: Iterable[bytes]) -> None:
        """Drops orders; those that are not there are not missed."""
        for order_id in order_ids:
            self._connection.execute("DELETE FROM orders WHERE order_id = ?", (order_id,))


def _row(found: tuple) -> OrderRow:
    order_id, leg, terms, posted_ms = found
    sealed = tuple(terms[start : start + CIPHERTEXT_BYTES] for start in range(0, len(terms), CIPHERTEXT_BYTES))
    return OrderRow(order_id, leg, sealed, posted_ms)
