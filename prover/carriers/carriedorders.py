"""The board of a home that names carriers: the ledger's own, with what the carriers bring beside it.

Whatever comes is checked here as the ledger's board checks it (admission.py), each once; a carrier that lies shows
nothing, and one that withholds only hides.  What is placed here is checked in the same way, then it goes to the board,
unless the home leaves that out, and to the carriers.
"""

import hashlib
import queue
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from prover.carriers import admission, dispatch
from prover.carriers.carrier import Kind, Subscription, ignore
from prover.carriers.dispatch import Dispatcher, Message, Outgoing
from prover.carriers.journals import MAX_MESSAGES
from prover.network.wire import postings
from settlement.checks import checks
from settlement.checks.state import VerifyProofs
from settlement.errors import Unavailable
from settlement.ids import OrderId
from settlement.ledger import Ledger
from settlement.rejection import Rejected
from settlement.storage.orders import Order, OrderTable, Outcome, Withdrawal
from zk.errors import FormatError

PATIENCE_S = 3.0
"""How long a command waits for what the carriers have already."""

_MAX_WAITING = 4096
FORGET_EVERY = 256
"""After so many orders, those that are void are forgotten: whoever runs for days is not to keep them all."""


class CarriedOrders(OrderTable):
    """The orders of a ledger and of the dispatcher's carriers.  Belongs to the ledger's thread.

    `sent` has the newest messages of what was placed or withdrawn here.
    """

    def __init__(
        self, ledger: Ledger, dispatcher: Dispatcher, clock: Callable[[], int], *, uses_board: bool = True,
        verify_proofs: VerifyProofs = checks.verify_proofs,
    ):  # fmt: skip
        self._board, self._ledger, self._clock, self._verify = ledger.orders, ledger, clock, verify_proofs
        self.dispatcher, self._uses_board = dispatcher, uses_board
        self.sent: list[Message] = []
        self._carried: dict[OrderId, Order] = {}
        self._gone: dict[OrderId, Withdrawal] = {}
        self._unknown: dict[OrderId, bytes] = {}  # withdrawals of orders that have not come
        self._seen: set[bytes] = set()  # the SHA-256 of each order that was checked, or made here
        self._waiting: queue.Queue[tuple[bool, bytes]] = queue.Queue(_MAX_WAITING)
        self._subscriptions: list[Subscription] = []
        self._has_begun, self._num_new = False, 0

    def close(self) -> None:
        """Ends the subscriptions and closes the carriers."""
        for carrier in self.dispatcher.carriers:
            carrier.close()

    def update(self) -> None:
        """Takes what is new from the board and from the carriers; the first time it waits for what they have."""
        self._board.update()
        self._receive()

    def _receive(self) -> None:
        if not self._has_begun:
            self._has_begun = True
            for carrier in self.dispatcher.carriers:
                self._subscriptions.append(
                    carrier.subscribe(self._put(False), ignore, self._clock(), self._put(True))
                )  # fmt: skip
            for each in self._subscriptions:
                each.caught_up(PATIENCE_S)
        orders, withdrawals = list[bytes](), list[bytes]()
        while not self._waiting.empty():
            is_withdrawal, data = self._waiting.get_nowait()
            (withdrawals if is_withdrawal else orders).append(data)
        for order in self._checked([data for data in dict.fromkeys(orders) if _digest(data) not in self._seen]):
            self._take_order(order)
        for data in withdrawals:
            with suppress(Rejected, FormatError):
                self._take_withdrawal(data)

    def _put(self, is_withdrawal: bool) -> Callable[[bytes], None]:
        def put(data: bytes) -> None:
            with suppress(queue.Full):  # a flood: those who sent honestly send again
                self._waiting.put_nowait((is_withdrawal, data))

        return put

    def _checked(self, new: list[bytes]) -> list[Order]:
        """The orders among these postings that would settle."""
        self._seen.update(map(_digest, new))
        self._num_new += len(new)
        if self._num_new >= FORGET_EVERY:
            self._num_new = 0
            self._forget_void(self._clock())
        found = admission.orders(self._ledger, new, self._clock(), self._verify) if new else []
        return [one for one in found if not isinstance(one, Rejected)]

    def _take_order(self, order: Order) -> None:
        older = self._carried.get(order.order_id)
        if order.order_id in self._gone or older is not None and (older.grid_epoch or 0) >= (order.grid_epoch or 0):
            return
        self._carried[order.order_id] = order
        if order.order_id in self._unknown:
            self._take_withdrawal(self._unknown.pop(order.order_id))

    def _take_withdrawal(self, data: bytes) -> None:
        order_id, _ = postings.decode_withdrawal(data)
        order = self._carried.get(order_id)
        if order is None:
            if len(self._unknown) < _MAX_WAITING:
                self._unknown[order_id] = data
            return
        self._gone[order_id] = admission.withdrawal(self._ledger, data, order.leg_bytes)
        del self._carried[order_id]

    def _others(self) -> dict[OrderId, Order]:
        """What the carriers have and the board does not, as far as it was read."""
        self._receive()
        stored = self._board.stored()
        listed, commitments = {each.order_id for each in stored}, {each.commitment for each in stored}
        return {
            order_id: order for order_id, order in self._carried.items()
            if order_id not in listed and order.commitment not in commitments
        }  # fmt: skip

    def add(self, order: Order, max_orders: int, max_of_account: int, now_ms: int) -> Outcome:
        """Puts the order on the board and sends it to the carriers.

        Raises errors.Unavailable when it is nowhere yet, and Rejected when everybody refuses it.
        """
        if self._uses_board:
            outcome = self._board.add(order, max_orders, max_of_account, now_ms)
            if outcome is not Outcome.ADDED:
                return outcome
        elif order.order_id in self._carried or self._board.get(order.order_id) is not None:
            return Outcome.ORDER_KNOWN
        self._carried[order.order_id] = order
        self._send(dispatch.ORDER, self._own(order), order.order_id, order.expiry_ms)
        return Outcome.ADDED

    def _own(self, order: Order) -> bytes:
        """The bytes of an order's posting, which was checked and need not be when carriers bring it back."""
        data = postings.encode(postings.of(order))
        self._seen.add(_digest(data))
        return data

    def _send(self, kind: Kind, data: bytes, order_id: OrderId, expiry_ms: int) -> None:
        (why_not,) = self._send_all(kind, [(data, order_id, expiry_ms)])
        if why_not is not None:
            raise why_not

    def _send_all(
        self, kind: Kind, many: Sequence[tuple[bytes, OrderId, int]]
    ) -> list[Unavailable | Rejected | None]:  # fmt: skip
        """Sends the bytes of orders or withdrawals; why one of them is nowhere, if it is."""
        if not self.dispatcher.carriers:
            return [None] * len(many)
        messages = self.dispatcher.send_all([
            Outgoing(kind, data, f"{kind} {order_id.hex()[:16]}", expiry_ms, order_id.hex())
            for data, order_id, expiry_ms in many
        ])  # fmt: skip
        self.sent = [*self.sent, *messages][-MAX_MESSAGES:]
        return [None if each.carried or self._uses_board else dispatch.nowhere(each) for each in messages]

    def retry(self) -> list[Message]:
        """Sends again what is due; returns what was tried.  What everybody refuses is at no carrier any more."""
        tried = self.dispatcher.retry()
        for each in tried:
            if each.kind == dispatch.ORDER and each.state(self._clock()) == dispatch.REFUSED:
                self._carried.pop(OrderId(bytes.fromhex(each.message_id)), None)
        return tried

    def withdraw(self, withdrawal: Withdrawal, most: int, now_ms: int) -> bool:
        """Takes the order off the board and from the carriers.  False when it is nowhere."""
        is_carried = withdrawal.order_id in self._carried
        is_listed = self._board.get(withdrawal.order_id) is not None
        if not (is_carried or is_listed):
            return False
        if is_listed:
            self._board.withdraw(withdrawal, most, now_ms)
        self._carried.pop(withdrawal.order_id, None)
        self._gone[withdrawal.order_id] = withdrawal
        data = postings.encode_withdrawal(withdrawal.order_id, withdrawal.signature)
        self._send(dispatch.WITHDRAWAL, data, withdrawal.order_id, withdrawal.expiry_ms)
        self.dispatcher.answered(withdrawal.order_id.hex(), kind=dispatch.ORDER)
        return True

    def refresh_all(self, orders: Sequence[Order]) -> list[bool | Rejected | Unavailable]:
        """Gives orders other margins, on the board and at the carriers.  False for one that is nowhere."""
        others = self._others()
        on_board = self._board.get_all(each.order_id for each in orders if each.order_id not in others)
        listed = [each for each in orders if each.order_id in on_board]
        answers: dict[OrderId, bool | Rejected | Unavailable]
        answers = dict(zip([each.order_id for each in listed], self._board.refresh_all(listed), strict=True))
        changed = [
            each for each in orders
            if (answer := answers.get(each.order_id, False)) is True
            or answer is False and each.order_id in self._carried
        ]  # fmt: skip
        sent = self._send_all(dispatch.ORDER, [(self._own(each), each.order_id, each.expiry_ms) for each in changed])
        for each, why_not in zip(changed, sent, strict=True):
            answers[each.order_id] = why_not or True
            if not isinstance(why_not, Rejected):  # then carriers have it, or get it later
                self._carried[each.order_id] = each
        return [answers.get(each.order_id, False) for each in orders]

    def get_all(self, order_ids: Iterable[OrderId]) -> dict[OrderId, Order]:
        """The orders with these ids, as far as they are on the board or at the carriers."""
        wanted, others = list(order_ids), self._others()
        found = {order_id: others[order_id] for order_id in wanted if order_id in others}
        return found | self._board.get_all(order_id for order_id in wanted if order_id not in found)

    def stored(self) -> list[Order]:
        """Every order."""
        return [*self._board.stored(), *self._others().values()]

    def alive(self, now_ms: int) -> list[Order]:
        """Every order that is not void, the oldest first."""
        on_board = self._board.alive(now_ms)  # first, because that may read the board anew, and others are not on it
        others = [
            each for each in self._others().values()
            if each.expiry_ms > now_ms and not self._ledger.reader.is_spent(each.nullifier)
        ]  # fmt: skip
        return sorted([*on_board, *others], key=lambda each: (each.posted_ms, each.order_id))

    def epochs(self, now_ms: int) -> dict[OrderId, int | None]:
        """The ids of the orders that are not void, sorted, each with the epoch of its margin."""
        return dict(sorted((each.order_id, each.grid_epoch) for each in self.alive(now_ms)))

    def remove_void(self, now_ms: int) -> list[OrderId]:
        """Deletes every void order and returns their ids."""
        return list(dict.fromkeys([*self._board.remove_void(now_ms), *self._forget_void(now_ms)]))

    def _forget_void(self, now_ms: int) -> list[OrderId]:
        """Forgets what carriers brought and nobody can take any more; the ids."""
        is_spent = self._ledger.reader.is_spent
        void = [one for one, each in self._carried.items() if each.expiry_ms <= now_ms or is_spent(each.nullifier)]
        for order_id in void:
            del self._carried[order_id]
        return void

    def withdrawn(self, order_id: OrderId) -> Withdrawal | None:
        """The withdrawal of the order with this id, or None."""
        return self._board.withdrawn(order_id) or self._gone.get(order_id)

    def withdrawn_ids(self) -> list[OrderId]:
        """The ids of the orders that were withdrawn, sorted."""
        return sorted({*self._board.withdrawn_ids(), *self._gone})

    def withdrawals(self) -> list[Withdrawal]:
        """Every withdrawal."""
        return list(({each.order_id: each for each in self._board.withdrawals()} | self._gone).values())


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
