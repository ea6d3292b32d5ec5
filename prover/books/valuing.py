"""What assets were worth at a time, in the numeraire's smallest unit, at the prices that the oracles published.

    value of a of an asset = ⌊a · price / price of the numeraire⌋

The prices at a time are those of the newest epoch that was published by then.  Before the first one, what came in is
valued at the first that came later, which is as near to that time as any price is.
"""

import bisect
from functools import lru_cache

from settlement.amounts import NUMERAIRE
from settlement.ledger import Ledger
from settlement.risk.grids import PublishedGrids
from zk.errors import FormatError

CACHED = 64  # publications; each has some 100 KB in memory

Prices = tuple[int, ...]


class Oracles:
    """The publications of a ledger, by time."""

    def __init__(self, ledger: Ledger):
        published = ledger.reader.publications()
        self.times = [time_ms for time_ms, _ in published]
        self._epochs = [epoch for _, epoch in published]
        self._reader = ledger.reader
        self._known = lru_cache(maxsize=CACHED)(self._read)

    def before(self, time_ms: int | None) -> PublishedGrids | None:
        """The newest publication before a time, or of all; None when there is none."""
        number = len(self.times) if time_ms is None else bisect.bisect_left(self.times, time_ms)
        return self.publication(number - 1) if number else None

    def at(self, time_ms: int) -> Prices | None:
        """The prices for what settled at a time; None when the oracles have published nothing, then or later."""
        if not self.times:
            return None
        return self.publication(max(0, bisect.bisect_right(self.times, time_ms) - 1)).publication.prices

    def publication(self, number: int) -> PublishedGrids:
        """The publication of this number, from 0.  Raises FormatError when the ledger lost it."""
        return self._known(self._epochs[number])

    def _read(self, epoch: int) -> PublishedGrids:
        found = self._reader.epoch(epoch)
        if found is None:
            raise FormatError(f"the ledger is damaged: it lost the prices of epoch {epoch}")
        return found


def value(amount: int, slot: int, prices: Prices) -> int:
    """The value of an amount, rounded down: a debt counts up to a unit more, and what is held up to a unit less."""
    return amount * prices[slot] // prices[NUMERAIRE]
