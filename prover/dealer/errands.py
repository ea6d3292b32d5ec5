"""What a desk does beside quoting: its owner's stop orders, orders that are kept until cancelled, and top-ups; and it
sends again what no carrier took.

Each is decided elsewhere and says itself why; each keeps what it needs to go on after a kill in a file beside the
wallet.  What cannot be done stops nothing else, and is tried again later.
"""

from collections.abc import Callable

from prover.carriers import dispatch
from prover.carriers.carriedorders import CarriedOrders
from prover.dealer.journal import Journal, Number
from prover.dealer.patience import Patience
from prover.dealer.reserve.reserve import Reserve
from prover.dealer.reserve.rules import TopUp
from prover.machine import files
from prover.stops import firing
from prover.trader import renewing
from prover.trader.sessions import Session
from settlement import amounts
from settlement.rejection import Rejected
from zk.errors import FormatError, Unsatisfied


class Errands:
    """The errands of one desk; without a reserve nothing is topped up."""

    def __init__(self, session: Session, journal: Journal, reserve: Reserve | None):
        self._session, self._journal, self._reserve = session, journal, reserve
        self._patience = Patience()

    def run(self, time: Callable[[], int]) -> bool:
        """Does what is due; whether there was any."""
        self._send_again(time())
        is_busy = self._stop(time())
        is_busy |= self._renew(time())
        return self._top_up(time()) or is_busy

    def _send_again(self, now_ms: int) -> None:
        """Sends again what some carrier lacks, if it is time; tells when all have it, and why some do not."""
        orders = self._session.ledger.orders
        for each in orders.retry() if isinstance(orders, CarriedOrders) else ():
            what = "message", each.kind, each.message_id
            fields: dict[str, Number] = {"places": each.places, "order": each.message_id}
            if each.data or each.state(now_ms) == dispatch.REFUSED:
                if self._patience.refuse(what, None, each.why, now_ms):
                    self._journal.write(now_ms, "not carried", f"{each.about}: {each.why}", **fields)
            elif not each.answered_ms:
                self._patience.forget(what)
                self._journal.write(now_ms, "carried", f"{each.about} was sent again, and is carried now", **fields)

    def _stop(self, now_ms: int) -> bool:
        done = False
        try:
            events = firing.step(self._session, now_ms)
        except files.Busy:  # its owner changes them just now
            return False
        for event in events:
            is_waiting = event.what == "waits"
            if is_waiting and not self._patience.refuse(("stop", event.stop_id), None, event.sentence, now_ms):
                continue
            done |= not is_waiting
            fields = {name: value for name, value in event.document.items() if name != "why"}  # the sentence has that
            self._journal.write(now_ms, "stop order", event.sentence, what=event.what, **fields)
        return done

    def _renew(self, now_ms: int) -> bool:
        done = False
        for each in renewing.step(self._session, now_ms):
            done |= each.new is not None
            if each.new is not None:
                why = "it is kept until it is cancelled, and would have expired"
                self._journal.write(now_ms, "renewed", why, order=each.new, instead_of=each.old)
            elif self._patience.refuse(("renew", each.old), None, str(each.why_not), now_ms):
                self._journal.write(now_ms, "not renewed", str(each.why_not), order=each.old)
        return done

    def _top_up(self, now_ms: int) -> bool:
        if self._reserve is None:
            return False
        for wanted in self._reserve.due(now_ms):
            what = "top-up", wanted.position
            if not self._patience.may_try(what, wanted.amount, now_ms):
                continue
            try:
                settlement = self._reserve.perform(wanted, now_ms)
            except (Unsatisfied, Rejected, FormatError) as error:
                if self._patience.refuse(what, wanted.amount, str(error), now_ms):
                    self._write_top_up("not topped up", str(error), wanted, now_ms)
                continue
            self._write_top_up("topped up", wanted.why, wanted, now_ms, settlement.receipt.height)
            return True  # the others are looked at again, at what the accounts have then
        return False

    def _write_top_up(self, event: str, why: str, wanted: TopUp, now_ms: int, height: int | None = None) -> None:
        amount = amounts.show(wanted.amount, self._session.ledger.pool.assets[amounts.NUMERAIRE])
        self._journal.write(
            now_ms, event, why, amount=amount, position=wanted.position, from_position=wanted.from_position,
            height=height,
        )  # fmt: skip
