"""The orders that a relay or a gossip has admitted: each once, so many of an account, and no more than fit.

An order is known again by its leg's id; with a newer margin proof it takes the place of itself.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from circuits.records import Commitment, Nullifier
from settlement.ids import OrderId
from settlement.orders import board
from settlement.rejection import Rejected, Rejection
from settlement.storage.orders import Order


@dataclass(frozen=True)
class _Kept:
    leg_bytes: bytes
    nullifier: Nullifier
    commitment: Commitment
    expiry_ms: int
    epoch: int


class Shelf:
    """What was admitted, by its id.  Belongs to one thread."""

    def __init__(self, most: int = board.MAX_ORDERS):
        self._most = most
        self._orders: dict[OrderId, _Kept] = {}
        self._withdrawn: dict[OrderId, int] = {}
        self._commitments: dict[Commitment, OrderId] = {}
        self._of_account: Counter[Nullifier] = Counter()

    def __len__(self) -> int:
        return len(self._orders)

    def leg_of(self, order_id: OrderId) -> bytes | None:
        """The leg of an order that is here, or None."""
        kept = self._orders.get(order_id)
        return None if kept is None else kept.leg_bytes

    def has(self, order_id: OrderId, epoch: int | None) -> bool:
        """Whether the order is here with margin of this epoch or a later one, or was withdrawn."""
        kept = self._orders.get(order_id)
        return order_id in self._withdrawn or kept is not None and kept.epoch >= (epoch or 0)

    def put(self, order: Order, now_ms: int) -> None:
        """Takes an order.  Raises Rejected: ORDER_WITHDRAWN, ORDER_KNOWN, PROOF_KNOWN, ACCOUNT_FULL or BOARD_FULL."""
        order_id = order.order_id
        if order_id in self._withdrawn:
            raise Rejected(Rejection.ORDER_WITHDRAWN, f"the maker of order {order_id.hex()} withdrew it")
        if self.has(order_id, order.grid_epoch):
            raise Rejected(Rejection.ORDER_KNOWN, f"order {order_id.hex()} is here already")
        if order_id not in self._orders:
            self._check_room(order, now_ms)
            self._of_account[order.nullifier] += 1
        self._commitments[order.commitment] = order_id
        self._orders[order_id] = _Kept(
            order.leg_bytes, order.nullifier, order.commitment, order.expiry_ms, order.grid_epoch or 0
        )

    def withdraw(self, order_id: OrderId, expiry_ms: int) -> None:
        """Takes an order out, and no more in until it would have expired."""
        self.remove(order_id)
        self._withdrawn[order_id] = expiry_ms

    def remove(self, order_id: OrderId) -> None:
        """Takes an order out."""
        kept = self._orders.pop(order_id, None)
        if kept is not None:
            self._commitments.pop(kept.commitment, None)
            self._of_account[kept.nullifier] -= 1
            self._of_account += Counter()  # without zeros

    def prune(self, is_spent: Callable[[Nullifier], bool], now_ms: int) -> list[OrderId]:
        """Takes out what has expired or whose account has moved, and returns the ids."""
        void = [
            each for each, kept in self._orders.items() if kept.expiry_ms <= now_ms or is_spent(kept.nullifier)
        ]  # fmt: skip
        for each in void:
            self.remove(each)
        self._withdrawn = {each: until_ms for each, until_ms in self._withdrawn.items() if until_ms > now_ms}
        return void

    def _check_room(self, order: Order, now_ms: int) -> None:
        if order.commitment in self._commitments:
            raise Rejected(Rejection.PROOF_KNOWN, "another order makes the same new account")
        if self._of_account[order.nullifier] >= board.MAX_ORDERS_PER_NULLIFIER:
            raise Rejected(
                Rejection.ACCOUNT_FULL, f"{board.MAX_ORDERS_PER_NULLIFIER} orders spend the same account"
            )  # fmt: skip
        if len(self._orders) >= self._most:
            self.prune(lambda _: False, now_ms)
        if len(self._orders) >= self._most:
            raise Rejected(Rejection.BOARD_FULL, f"{self._most} orders are here")
