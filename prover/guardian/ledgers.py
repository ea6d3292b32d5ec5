"""The ledger that guardians read, opened once for each thread that answers: opening one takes longer than an answer."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from settlement.ledger import Ledger


class Ledgers:
    """Openings of one ledger, by `open_one`.  Each closes when its thread has ended."""

    def __init__(self, open_one: Callable[[], Ledger]):
        self._open_one, self._own = open_one, threading.local()

    @contextmanager
    def open(self) -> Iterator[Ledger]:
        """This thread's opening, up to date.  Raises FormatError as Ledger.open does."""
        ledger = getattr(self._own, "ledger", None)
        if ledger is None:
            ledger = self._own.ledger = self._open_one()
        ledger.update()
        yield ledger
