"""The thread in which a relay has its copy of the ledger and checks what comes against it.

Orders are checked together that came while others were checked, so that nobody waits for company: alone, an order is
checked at once, and the more come, the less each costs.  Those of suspects (prover.network.service.trust) come last,
each by itself: a false proof is searched for among few then, and nobody else's order waits for the search.  They get a
share of the time, and who comes when it is spent is told to come again.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext, suppress
from typing import TypeVar

from prover.carriers import admission
from prover.carriers.shelf import Shelf
from prover.network.service.trust import Allowance
from prover.network.service.waiting import MAX_SUSPECTS
from prover.network.wire import postings
from settlement.checks import checks
from settlement.checks.state import VerifyProofs
from settlement.errors import Unavailable
from settlement.ids import OrderId
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from settlement.storage.orders import Order, Withdrawal
from zk.errors import FormatError

T = TypeVar("T")

UPDATE_MS = 1_000
"""How old the copy of somebody else's ledger may be."""

MAX_WAITING = 256
"""How many things wait to be checked: whoever comes then is told to come again."""

TOGETHER = 64
"""How many orders are checked together at most, because everything else waits meanwhile."""

_Arrived = tuple[bytes, "Future[Order]"]


class Checker:
    """A thread with a ledger, and the shelf of what it has admitted.  `open_ledger` is called in the thread."""

    def __init__(
        self, open_ledger: Callable[[], Ledger], clock: Callable[[], int],
        verify_proofs: VerifyProofs = checks.verify_proofs, allowance: Allowance | None = None,
    ):  # fmt: skip
        self._open_ledger, self._clock, self._verify = open_ledger, clock, verify_proofs
        self._allowance = allowance or Allowance()
        self._ledger: Ledger | None = None
        self._updated_ms, self._waiting = 0, 0
        self._shelf = Shelf()
        self._arrived, self._suspected = deque[_Arrived](), deque[_Arrived]()
        self._pool = ThreadPoolExecutor(1, "zksettle-checker")

    def close(self) -> None:
        """Ends the thread, after what it was asked."""
        self._pool.submit(self._close)
        self._pool.shutdown()

    def is_known(self, order_id: OrderId, epoch: int | None) -> bool:
        """Whether the order was admitted with margin of this epoch or later, or withdrawn; any thread may ask."""
        return self._shelf.has(order_id, epoch)

    def run(self, question: Callable[[Ledger, int], T]) -> "Future[T]":
        """What `question` returns, which is called in the thread with the ledger and the time.

        Raises errors.Unavailable when MAX_WAITING wait.
        """
        if self._waiting >= MAX_WAITING:
            raise Unavailable(f"{MAX_WAITING} orders wait to be checked already")
        self._waiting += 1
        return self._pool.submit(self._answer, question)

    def check_time(self) -> None:
        """Raises errors.Unavailable when the time of suspects is spent, or too many wait; any thread may ask."""
        if self._allowance.debt_ms() or len(self._suspected) >= MAX_SUSPECTS:
            raise Unavailable("the time for those is spent whose proofs are verified last: come again later")

    def order(self, data: bytes, *, is_suspect: bool = False) -> "Future[Order]":
        """Admits an order: its future raises Rejected when the board would not, and raises as `run`."""
        if is_suspect:
            self.check_time()
        queue = self._suspected if is_suspect else self._arrived
        arrived: _Arrived = data, Future()
        queue.append(arrived)  # before its turn, which may be an earlier one's
        try:
            self.run(self._admit).add_done_callback(self._fail)
        except Unavailable:
            with suppress(ValueError):
                queue.remove(arrived)
                raise
        return arrived[1]

    def _taken(self) -> tuple[list[_Arrived], bool]:
        """What is checked next, and whether it is a suspect's; nothing when an earlier turn took it along."""
        taken = [self._arrived.popleft() for _ in range(min(len(self._arrived), TOGETHER))]
        is_suspect = not taken and bool(self._suspected)
        if is_suspect:
            taken = [self._suspected.popleft()]
        return [(data, future) for data, future in taken if future.set_running_or_notify_cancel()], is_suspect

    def _fail(self, turn: "Future[None]") -> None:
        """Tells those whose turn this was that it failed."""
        error = turn.exception()
        for _, future in self._taken()[0] if error else ():
            future.set_exception(error)

    def _admit(self, ledger: Ledger, now_ms: int) -> None:
        waiting, is_suspect = self._taken()
        with self._allowance.spending() if is_suspect else nullcontext():
            self._admit_all(ledger, waiting, now_ms)

    def _admit_all(self, ledger: Ledger, waiting: list[_Arrived], now_ms: int) -> None:
        try:
            answers = admission.orders(ledger, [data for data, _ in waiting], now_ms, self._verify)
        except Exception as error:
            for _, future in waiting:
                future.set_exception(error)
            return
        for (_, future), answer in zip(waiting, answers, strict=True):
            try:
                if isinstance(answer, Rejected):
                    raise answer
                self._shelf.put(answer, now_ms)
                future.set_result(answer)
            except Rejected as refused:
                future.set_exception(refused)

    def withdrawal(self, data: bytes) -> "Future[Withdrawal]":
        """Takes an order out: its future raises Rejected unless its maker signed that; raises as `run`."""

        def work(ledger: Ledger, now_ms: int) -> Withdrawal:
            try:
                order_id, _ = postings.decode_withdrawal(data)
            except FormatError as error:
                raise Rejected(Rejection.MALFORMED, str(error)) from None
            leg_bytes = self._shelf.leg_of(order_id)
            if leg_bytes is None:
                raise Rejected(Rejection.ORDER_UNKNOWN, f"order {order_id.hex()} is not here")
            found = admission.withdrawal(ledger, data, leg_bytes)
            self._shelf.withdraw(order_id, found.expiry_ms)
            return found

        return self.run(work)

    def remember_withdrawal(self, order_id: OrderId, expiry_ms: int) -> "Future[None]":
        """Takes no order of this id any more, because it was withdrawn before this thread began."""
        return self.run(lambda ledger, now_ms: self._shelf.withdraw(order_id, expiry_ms))

    def prune(self) -> "Future[list[OrderId]]":
        """Takes out what can no longer settle, and returns the ids."""
        return self.run(lambda ledger, now_ms: self._shelf.prune(ledger.reader.is_spent, now_ms))

    def _answer(self, question: Callable[[Ledger, int], T]) -> T:
        try:
            now_ms = self._clock()
            if self._ledger is None:
                self._ledger = self._open_ledger()
                self._updated_ms = now_ms
            elif now_ms >= self._updated_ms + UPDATE_MS:
                self._updated_ms = now_ms
                self._ledger.update()
            return question(self._ledger, now_ms)
        finally:
            self._waiting -= 1

    def _close(self) -> None:
        if self._ledger is not None:
            self._ledger.close()
