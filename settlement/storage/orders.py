"""The board's table.  It is in the ledger's database but not in its history: orders come and go."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property

from circuits.records import Nullifier
from settlement import encoding
from settlement.bundle import CIPHERTEXT_BYTES, Leg
from settlement.ids import OrderId
from settlement.storage.columns import binary, digest, element, integer
from zk.errors import FormatError
from zk.fields.prime import to_bytes


@dataclass(frozen=True)
class Order:
    """An order on the board: its leg's bytes, the fields that make it void, and its terms, sealed to each reader.

    `grid_epoch` is the epoch of the leg's margin proof, or None; `posted_ms` is when the order was placed.
    """

    order_id: OrderId
    leg_bytes: bytes
    nullifier: Nullifier
    expiry_ms: int
    grid_epoch: int | None
    sealed_terms: tuple[bytes, ...]
    posted_ms: int

    @cached_property
    def leg(self) -> Leg:
        """The leg, decoded on first use: each of its points takes most of a millisecond to check."""
        return encoding.decode_leg(self.leg_bytes)


def _void(fresh_epochs: Sequence[int]) -> str:
    """The SQL condition under which an order is void; its values are (now_ms, *fresh_epochs)."""
    places = ", ".join("?" * len(fresh_epochs))
    stale = f"grid_epoch IS NOT NULL AND grid_epoch NOT IN ({places})"
    return f"(expiry_ms <= ? OR nullifier IN (SELECT nullifier FROM nullifiers) OR {stale})"


class OrderTable:
    """The orders.  Every method that changes them is one transaction of `writing`, which locks the database."""

    def __init__(self, connection: sqlite3.Connection, writing: Callable[[], AbstractContextManager[None]]):
        self._connection = connection
        self._writing = writing

    def add(self, order: Order, max_orders: int, max_of_account: int) -> bool:
        """Inserts an order.  Returns False, and inserts nothing, when a limit or its id forbids that.

        Its id must be new, and there must be fewer than `max_orders` orders, and fewer than `max_of_account` orders on
        its account.
        """
        nullifier = to_bytes(order.nullifier)
        with self._writing():
            cursor = self._connection.execute(
                "INSERT INTO orders SELECT ?, ?, ?, ?, ?, ?, ? WHERE (SELECT count(*) FROM orders) < ?"
                " AND (SELECT count(*) FROM orders WHERE nullifier = ?) < ? ON CONFLICT (order_id) DO NOTHING",
                (
                    order.order_id, order.leg_bytes, nullifier, order.expiry_ms, order.grid_epoch,
                    b"".join(order.sealed_terms), order.posted_ms, max_orders, nullifier, max_of_account,
                ),
            )
            return cursor.rowcount == 1

    def get(self, order_id: OrderId) -> Order | None:
        """The order with this id, or None."""
        row = self._connection.execute("SELECT * FROM orders WHERE order_id = ?", (order_id,)).fetchone()
        return None if row is None else _order(row)

    def stored(self) -> list[Order]:
        """Every order, void ones too.  Raises FormatError for a row that no order can have."""
        return [_order(row) for row in self._connection.execute("SELECT * FROM orders ORDER BY order_id")]

    def count_of_account(self, nullifier: Nullifier) -> int:
        """The number of orders that spend the account with this nullifier."""
        query = "SELECT count(*) FROM orders WHERE nullifier = ?"
        return self._connection.execute(query, (to_bytes(nullifier),)).fetchone()[0]

    def alive(self, now_ms: int, fresh_epochs: Sequence[int]) -> list[Order]:
        """Every order that is not void, the oldest first."""
        query = f"SELECT * FROM orders WHERE NOT {_void(fresh_epochs)} ORDER BY posted_ms, order_id"
        return [_order(row) for row in self._connection.execute(query, (now_ms, *fresh_epochs))]

    def remove_void(self, now_ms: int, fresh_epochs: Sequence[int]) -> list[OrderId]:
        """Deletes every void order and returns their ids, sorted."""
        statement = f"DELETE FROM orders WHERE {_void(fresh_epochs)} RETURNING order_id"
        with self._writing():
            return sorted(row[0] for row in self._connection.execute(statement, (now_ms, *fresh_epochs)).fetchall())


def _order(row: tuple) -> Order:
    order_id, leg, nullifier, expiry_ms, grid_epoch, terms, posted_ms = row
    try:
        terms = binary(terms)
        return Order(
            OrderId(digest(order_id)), binary(leg), Nullifier(element(nullifier)), integer(expiry_ms),
            None if grid_epoch is None else integer(grid_epoch),
            tuple(terms[start : start + CIPHERTEXT_BYTES] for start in range(0, len(terms), CIPHERTEXT_BYTES)),
            integer(posted_ms),
        )  # fmt: skip
    except ValueError as error:
        raise FormatError("the ledger is damaged: a row of its table orders has an impossible value") from error
