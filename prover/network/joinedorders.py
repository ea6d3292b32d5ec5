"""The board of a ledger that somebody else operates, as this home sees it.

Orders are no part of the history.  What the service lists is checked as it comes, each once; what it leaves out nobody
can know of.
"""

from dataclasses import replace

from circuits.records import Commitment
from prover.network import postings
from prover.network.protocol import Service
from settlement import encoding
from settlement.ids import OrderId
from settlement.rejection import Rejected
from settlement.state import State, VerifyProofs
from settlement.storage.orders import Order, OrderTable, Outcome, Withdrawal


class JoinedOrders(OrderTable):
    """The service's board, with a copy of it in the home's database."""

    def __init__(self, local: OrderTable, service: Service, state: State, verify_proofs: VerifyProofs):
        self._local, self._service, self._state, self._verify = local, service, state, verify_proofs

    def update(self) -> None:
        """Reads the whole board and what was withdrawn from it.

        What is here already is not checked again, what is false is left out.
        """
        known = {postings.of(order): order for order in self._local.stored()}
        listed: dict[Commitment, Order] = {}
        for sent, has_paid in postings.decode_board(self._service.get("/orders")):
            try:
                order = known.get(sent) or postings.check(self._state, sent, has_paid, self._verify)
            except Rejected:
                continue
            listed[order.commitment] = replace(order, has_paid=has_paid)
        if set(listed.values()) != set(known.values()):
            self._local.replace_all(listed.values())
        self._update_withdrawals()

    def _update_withdrawals(self) -> None:
        known = {(each.leg_bytes, each.signature): each for each in self._local.withdrawals()}
        shown: dict[OrderId, Withdrawal] = {}
        for sent in postings.decode_withdrawals(self._service.get("/withdrawals")):
            try:
                one = known.get(sent) or postings.check_withdrawal(self._state, *sent)
            except Rejected:
                continue
            shown[one.order_id] = one
        if set(shown.values()) != set(known.values()):
            self._local.replace_withdrawals(shown.values())

    def withdraw(self, withdrawal: Withdrawal, most: int, now_ms: int) -> bool:
        """Sends the withdrawal.  Raises Rejected when the service refuses it, and as Service.post does."""
        self._service.post("/withdrawals", postings.encode_withdrawal(withdrawal.order_id, withdrawal.signature))
        self.update()
        return True

    def withdrawn(self, order_id: OrderId) -> Withdrawal | None:
        """The withdrawal of the order with this id, or None."""
        return self._local.withdrawn(order_id)

    def withdrawn_ids(self) -> list[OrderId]:
        """The ids of the withdrawals of the copy."""
        return self._local.withdrawn_ids()

    def withdrawals(self) -> list[Withdrawal]:
        """Every withdrawal of the copy."""
        return self._local.withdrawals()

    def add(self, order: Order, max_orders: int, max_of_account: int, now_ms: int) -> Outcome:
        """Posts the order.  Raises Rejected when the service refuses it, and as Service.post does."""
        self._service.post("/orders", postings.encode(postings.of(order)))
        self.update()
        return Outcome.ADDED

    def get(self, order_id: OrderId) -> Order | None:
        """The order with this id, or None."""
        if self._local.get(order_id) is None:
            self.update()
        return self._local.get(order_id)

    def stored(self) -> list[Order]:
        """Every order of the copy."""
        return self._local.stored()

    def alive(self, now_ms: int) -> list[Order]:
        """Every order on the service's board that is not void, the oldest first."""
        self.update()
        return self._local.alive(now_ms)

    def refresh(self, order: Order) -> bool:
        """Sends the order's new margin.  Raises Rejected when the service refuses it."""
        assert order.leg.margin is not None, "the order is on margin"
        self._service.post(f"/orders/{order.order_id.hex()}/margin", encoding.encode_margin(order.leg.margin))
        return self._local.refresh(order)

    def remove_void(self, now_ms: int) -> list[OrderId]:
        """Deletes void orders from the copy; the service deletes them from the board by itself."""
        return self._local.remove_void(now_ms)
