"""The board's tables.  They are in the ledger's database but not in its history: orders come and go.

An order that its maker withdrew leaves its table, and a row of withdrawals takes its place until it expires, so that
who asks for it is told, and nobody posts it again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property

from circuits.records import Commitment, Nullifier
from settlement.bundles import encoding
from settlement.bundles.bundle import CIPHERTEXT_BYTES, Leg
from settlement.errors import Unavailable
from settlement.ids import OrderId
from settlement.rejection import Rejected
from settlement.storage.columns import binary, digest, element, flag, integer
from settlement.storage.connection import Connection, Transaction
from zk.errors import FormatError
from zk.fields.prime import to_bytes


@dataclass(frozen=True)
class Order:
    """An order on the board: what its maker posted, and the fields of its leg by which it is found.

    `grid_epoch` is the epoch of the leg's margin proof, or None.  `funds` are settlement.orders.funds' bytes, or empty.
    `has_paid` says whether the pool's fee was paid for the order before it was posted.  `posted_ms` is when the maker
    signed it; `signature` is zk.signature's 96 bytes under the leg's rk, and covers all that is not the leg.
    """

    order_id: OrderId
    leg_bytes: bytes
    nullifier: Nullifier
    commitment: Commitment
    expiry_ms: int
    grid_epoch: int | None
    sealed_terms: tuple[bytes, ...]
    funds: bytes
    has_paid: bool
    posted_ms: int
    signature: bytes

    @cached_property
    def leg(self) -> Leg:
        """The leg, decoded on first use: each of its points takes most of a millisecond to check."""
        return encoding.decode_leg(self.leg_bytes)

    @property
    def is_backed(self) -> bool:
        """Whether the order has a proof of funds, or its fee was paid, so that it gives way to no other."""
        return bool(self.funds) or self.has_paid


@dataclass(frozen=True)
class Withdrawal:
    """An order that its maker took off the board: its leg, and zk.signature's 96 bytes under the leg's rk.

    What is signed is digests.withdrawal_message.
    """

    order_id: OrderId
    leg_bytes: bytes
    expiry_ms: int
    signature: bytes


_BACKED = "(length(funds) > 0 OR has_paid = 1)"
_VOID = "(expiry_ms <= ? OR nullifier IN (SELECT nullifier FROM nullifiers))"
"""The SQL condition under which an order is void now."""


class Outcome(Enum):
    """What came of adding an order: ADDED, or why it was not, in the order in which it is looked at."""

    ADDED = auto()
    SPENT = auto()
    WITHDRAWN = auto()
    ORDER_KNOWN = auto()
    PROOF_KNOWN = auto()
    ACCOUNT_FULL = auto()
    BOARD_FULL = auto()


class OrderTable:
    """The orders.  Every method that changes them is one transaction of `writing`, which locks the database."""

    def __init__(self, connection: Connection, writing: Transaction):
        self._connection = connection
        self._writing = writing

    def update(self) -> None:
        """Takes what is new from the board that this one is a copy of; nothing where it is none."""

    def add(self, order: Order, max_orders: int, max_of_account: int, now_ms: int) -> Outcome:
        """Deletes the void orders and inserts this one; on a full board the oldest that are not backed give way.

        Its account must not have moved, and its id and its commitment must be new.
        """
        with self._writing():
            self._remove_void(now_ms)
            outcome = self._outcome(order, max_orders, max_of_account)
            if outcome is Outcome.ADDED:
                excess = max(self._count("TRUE") + 1 - max_orders, 0)
                self._connection.execute(
                    "DELETE FROM orders WHERE order_id IN (SELECT order_id FROM orders"
                    f" WHERE NOT {_BACKED} ORDER BY posted_ms, order_id LIMIT ?)", (excess,)
                )  # fmt: skip
                self._insert(order)
            return outcome

    def replace_all(self, orders: Iterable[Order]) -> None:
        """Makes these the only orders: a copy of another board.  Their ids and their commitments differ."""
        with self._writing():
            self._connection.execute("DELETE FROM orders")
            for order in orders:
                self._insert(order)

    def replace_withdrawals(self, withdrawals: Iterable[Withdrawal]) -> None:
        """Makes these the only orders that were withdrawn: a copy of another board.  Their ids differ."""
        with self._writing():
            self._connection.execute("DELETE FROM withdrawals")
            for withdrawal in withdrawals:
                self._insert_withdrawal(withdrawal)

    def withdraw(self, withdrawal: Withdrawal, most: int, now_ms: int) -> bool:
        """Deletes the order and remembers its withdrawal.  False when the order is gone.

        Of more than `most` withdrawals those that expire first are forgotten.
        """
        with self._writing():
            statement = "DELETE FROM orders WHERE order_id = ? RETURNING order_id"
            if not self._connection.execute(statement, (withdrawal.order_id,)).fetchall():
                return False
            self._connection.execute("DELETE FROM withdrawals WHERE expiry_ms <= ?", (now_ms,))
            self._insert_withdrawal(withdrawal)
            excess = max(self._count("TRUE", table="withdrawals") - most, 0)
            self._connection.execute(
                "DELETE FROM withdrawals WHERE order_id IN"
                " (SELECT order_id FROM withdrawals ORDER BY expiry_ms, order_id LIMIT ?)", (excess,)
            )  # fmt: skip
            return True

    def withdrawn(self, order_id: OrderId) -> Withdrawal | None:
        """The withdrawal of the order with this id, or None."""
        query = "SELECT * FROM withdrawals WHERE order_id = ?"
        row = self._connection.execute(query, (order_id,)).fetchone()
        return None if row is None else _withdrawal(row)

    def epochs(self, now_ms: int) -> dict[OrderId, int | None]:
        """The ids of the orders that are not void, sorted, each with the epoch of its margin."""
        query = f"SELECT order_id, grid_epoch FROM orders WHERE NOT {_VOID} ORDER BY order_id"
        rows = self._connection.execute(query, (now_ms,)).fetchall()
        return {OrderId(binary(row[0])): None if row[1] is None else integer(row[1]) for row in rows}

    def withdrawn_ids(self) -> list[OrderId]:
        """The ids of the orders that were withdrawn, sorted."""
        query = "SELECT order_id FROM withdrawals ORDER BY order_id"
        return [OrderId(binary(row[0])) for row in self._connection.execute(query).fetchall()]

    def withdrawals(self) -> list[Withdrawal]:
        """Every order that was withdrawn.  Raises FormatError for a row that none can have."""
        query = "SELECT * FROM withdrawals ORDER BY order_id"
        return [_withdrawal(row) for row in self._connection.execute(query).fetchall()]

    def get(self, order_id: OrderId) -> Order | None:
        """The order with this id, or None."""
        return self.get_all([order_id]).get(order_id)

    def get_all(self, order_ids: Iterable[OrderId]) -> dict[OrderId, Order]:
        """The orders with these ids, as far as they are here."""
        query = "SELECT * FROM orders WHERE order_id = ?"
        rows = [self._connection.execute(query, (each,)).fetchone() for each in order_ids]
        return {order.order_id: order for order in (_order(row) for row in rows if row is not None)}

    def stored(self) -> list[Order]:
        """Every order, void ones too.  Raises FormatError for a row that no order can have."""
        return [_order(row) for row in self._connection.execute("SELECT * FROM orders ORDER BY order_id").fetchall()]

    def alive(self, now_ms: int) -> list[Order]:
        """Every order that is not void, the oldest first."""
        query = f"SELECT * FROM orders WHERE NOT {_VOID} ORDER BY posted_ms, order_id"
        return [_order(row) for row in self._connection.execute(query, (now_ms,)).fetchall()]

    def refresh_all(self, orders: Sequence[Order]) -> Sequence[bool | Rejected | Unavailable]:
        """Stores the legs of orders with other margins.  False for an order that is gone."""
        statement = "UPDATE orders SET leg = ?, grid_epoch = ? WHERE order_id = ? RETURNING order_id"
        with self._writing():
            return [
                bool(self._connection.execute(statement, (each.leg_bytes, each.grid_epoch, each.order_id)).fetchall())
                for each in orders
            ]

    def remove_void(self, now_ms: int) -> list[OrderId]:
        """Deletes every void order and returns their ids, sorted."""
        with self._writing():
            return self._remove_void(now_ms)

    def _outcome(self, order: Order, max_orders: int, max_of_account: int) -> Outcome:
        nullifier = to_bytes(order.nullifier)
        if self._connection.execute("SELECT 1 FROM nullifiers WHERE nullifier = ?", (nullifier,)).fetchone():
            return Outcome.SPENT
        if self._count("order_id = ?", order.order_id, table="withdrawals"):
            return Outcome.WITHDRAWN
        if self._count("order_id = ?", order.order_id):
            return Outcome.ORDER_KNOWN
        if self._count("commitment = ?", to_bytes(order.commitment)):
            return Outcome.PROOF_KNOWN
        if self._count("nullifier = ?", nullifier) >= max_of_account:
            return Outcome.ACCOUNT_FULL
        return Outcome.BOARD_FULL if self._count(_BACKED) >= max_orders else Outcome.ADDED

    def _insert(self, order: Order) -> None:
        self._connection.execute("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _row(order))

    def _insert_withdrawal(self, withdrawal: Withdrawal) -> None:
        values = withdrawal.order_id, withdrawal.leg_bytes, withdrawal.expiry_ms, withdrawal.signature
        self._connection.execute("INSERT INTO withdrawals VALUES (?, ?, ?, ?)", values)

    def _remove_void(self, now_ms: int) -> list[OrderId]:
        statement = f"DELETE FROM orders WHERE {_VOID} RETURNING order_id"
        return sorted(row[0] for row in self._connection.execute(statement, (now_ms,)).fetchall())

    def _count(self, condition: str, *values: object, table: str = "orders") -> int:
        return self._connection.execute(f"SELECT count(*) FROM {table} WHERE {condition}", values).fetchone()[0]


def _row(order: Order) -> tuple:
    return (
        order.order_id, order.leg_bytes, to_bytes(order.nullifier), to_bytes(order.commitment), order.expiry_ms,
        order.grid_epoch, b"".join(order.sealed_terms), order.funds, int(order.has_paid),
        order.posted_ms, order.signature,
    )  # fmt: skip


def _order(row: tuple) -> Order:
    order_id, leg, nullifier, commitment, expiry_ms, grid_epoch, terms, funds, has_paid, posted_ms, signature = row
    try:
        terms = binary(terms)
        return Order(
            OrderId(digest(order_id)), binary(leg), Nullifier(element(nullifier)), Commitment(element(commitment)),
            integer(expiry_ms), None if grid_epoch is None else integer(grid_epoch),
            tuple(terms[start : start + CIPHERTEXT_BYTES] for start in range(0, len(terms), CIPHERTEXT_BYTES)),
            binary(funds), flag(has_paid), integer(posted_ms), binary(signature),
        )  # fmt: skip
    except ValueError as error:
        raise FormatError("the ledger is damaged: a row of its table orders has an impossible value") from error


def _withdrawal(row: tuple) -> Withdrawal:
    order_id, leg, expiry_ms, signature = row
    try:
        return Withdrawal(OrderId(digest(order_id)), binary(leg), integer(expiry_ms), binary(signature))
    except ValueError as error:
        raise FormatError("the ledger is damaged: a row of its table withdrawals has an impossible value") from error
