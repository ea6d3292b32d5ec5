"""The ledger that guardians read, opened once for each thread that answers: opening one takes longer than an answer."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from settlement.ledger import Ledger


class Ledgers:
    """Read-only openings of one ledger's file.  Each closes when its thread has ended."""

    def __init__(self, path: Path):
        self._path, self._own = path, threading.local()

    @contextmanager
    def open(self) -> Iterator[Ledger]:
        """This thread's opening.  Raises FormatError as Ledger.open does."""
        ledger = getattr(self._own, "ledger", None)
        if ledger is None:
            ledger = self._own.ledger = Ledger.open(self._path, read_only=True)
        yield ledger
