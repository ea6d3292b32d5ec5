"""The board of a ledger that somebody else operates, as this home sees it.

Orders are no part of the history.  What the service lists is checked as it comes, each once; what it leaves out nobody
can know of.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from circuits.records import Commitment
from prover.network.wire import many, postings
from prover.network.wire.protocol import Service
from settlement.block import Block
from settlement.checks.state import VerifyProofs
from settlement.errors import Unavailable
from settlement.ids import OrderId
from settlement.orders import posting
from settlement.rejection import Rejected
from settlement.remembered import Held
from settlement.storage.orders import Order, OrderTable, Outcome, Withdrawal


class JoinedOrders(OrderTable):
    """The service's board, with a copy of it in the home's database."""

    def __init__(self, local: OrderTable, service: Service, ledger: Held, verify_proofs: VerifyProofs):
        self._local, self._service, self._ledger, self._verify = local, service, ledger, verify_proofs

    def update(self) -> None:
        """Reads the whole board and what was withdrawn from it.

        What is here already is not checked again, what is false is left out.
        """
        known = {postings.of(order): order for order in self._local.stored()}
        shown = postings.decode_board(self._service.get("/orders"))
        new = [one for one in shown if one[0] not in known]
        checked = zip(new, posting.check_rows(Block(self._ledger), new, self._verify), strict=True)
        found = {sent: order for (sent, _), order in checked if not isinstance(order, Rejected)} | known
        listed: dict[Commitment, Order] = {}
        for sent, has_paid in shown:
            if sent in found:
                order = replace(found[sent], has_paid=has_paid)
                listed[order.commitment] = order
        if set(listed.values()) != set(known.values()):
            self._local.replace_all(listed.values())
        self._update_withdrawals()

    def _update_withdrawals(self) -> None:
        known = {(each.leg_bytes, each.signature): each for each in self._local.withdrawals()}
        shown: dict[OrderId, Withdrawal] = {}
        for sent in postings.decode_withdrawals(self._service.get("/withdrawals")):
            try:
                one = known.get(sent) or postings.check_withdrawal(self._ledger, *sent)
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

    def get_all(self, order_ids: Iterable[OrderId]) -> dict[OrderId, Order]:
        """The orders with these ids, as far as the service has them; it is asked once at most."""
        wanted = set(order_ids)
        if len(found := self._local.get_all(wanted)) < len(wanted):
            self.update()
            found = self._local.get_all(wanted)
        return found

    def stored(self) -> list[Order]:
        """Every order of the copy."""
        return self._local.stored()

    def alive(self, now_ms: int) -> list[Order]:
        """Every order on the service's board that is not void, the oldest first."""
        self.update()
        return self._local.alive(now_ms)

    def refresh_all(self, orders: Sequence[Order]) -> list[bool | Rejected | Unavailable]:
        """Sends the orders' new margins, many in one request."""
        refused = many.post(self._service, [_margin(each) for each in orders])
        stored = iter(self._local.refresh_all([one for one, why in zip(orders, refused, strict=True) if why is None]))
        return [next(stored) if why is None else why for why in refused]

    def remove_void(self, now_ms: int) -> list[OrderId]:
        """Deletes void orders from the copy; the service deletes them from the board by itself."""
        return self._local.remove_void(now_ms)


def _margin(order: Order) -> bytes:
    assert order.leg.margin is not None, "the order is on margin"
    return many.encode_margin(order.order_id, order.leg.margin)
