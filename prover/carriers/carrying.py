"""Attaches the carriers that a home names to its ledger: from then on its board is theirs too (carriedorders.py)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prover.carriers import carrierfile
from prover.carriers.dispatch import Dispatcher, Renew
from prover.machine import clock
from prover.machine.home import Home
from prover.trader import keys
from settlement.ledger import Ledger


@contextmanager
def attached(
    home: Home, ledger: Ledger, wallet: tuple[Path, keys.View] | None = None,
    renew: Renew = lambda data, now_ms: data,
) -> Iterator[None]:  # fmt: skip
    """Within this block, orders go to the home's carriers and come from them; nothing changes where it names none.

    With `wallet`, its file and its view, a journal beside it has what was sent (dispatch.py), and what was not carried
    yet is sent again, orders as `renew` makes them (prover/trader/reposting.py).  Raises FormatError when the list of
    carriers, or the journal, is malformed.
    """
    named = carrierfile.read(home)
    if named == carrierfile.DEFAULT:
        yield
        return
    from prover.carriers.carriedorders import CarriedOrders

    carriers = carrierfile.opened(named, ledger.ledger_id, clock.now_ms)
    try:
        dispatcher = Dispatcher(carriers, clock.now_ms, wallet, renew=renew)
        uses_board = any(each.kind == carrierfile.BOARD for each in named)
        own = ledger.orders
        ledger.orders = CarriedOrders(ledger, dispatcher, clock.now_ms, uses_board=uses_board)
        try:
            dispatcher.retry()
            yield
        finally:
            ledger.orders = own
    finally:
        for carrier in carriers:
            carrier.close()
