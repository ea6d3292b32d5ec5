"""Settled bundles of given heights, in order, as far as a wallet's books look at them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from circuits.records import Position
from settlement import events
from settlement.following import skimming
from settlement.following.skimming import Outline
from settlement.ids import BundleId
from settlement.ledger import Ledger
from zk.errors import FormatError

WINDOW = 256
"""Heights that are read at once; beyond a quarter of them, all of them, because a query for each costs more."""


@dataclass(frozen=True)
class Past:
    """A bundle that settled at a height and a time, and the position of the first account that it made."""

    height: int
    time_ms: int
    bundle_id: BundleId
    first: Position
    outline: Outline

    @property
    def num_legs(self) -> int:
        """The number of legs, without the seizures that come after them."""
        return len(self.outline.legs)


def read(ledger: Ledger, heights: Sequence[int]) -> Iterator[Past]:
    """The bundles at these heights, which are in order.

    Raises FormatError when the ledger lost one of them.
    """
    for start in range(0, len(heights), WINDOW):
        window = heights[start : start + WINDOW]
        first, end = window[0], window[-1] + 1
        if end - first <= 4 * len(window):
            settled, known = ledger.reader.bundles(first, end), ledger.reader.events(first, end)
            times = {event.height: event for event in known}
        else:
            settled = {height: found for height in window if (found := ledger.reader.bundle(height)) is not None}
            times = {height: event for height in window if (event := ledger.reader.event(height)) is not None}
        for height in window:
            if height not in settled or height not in times:
                raise FormatError(f"the ledger is damaged: it lost the bundle at height {height}")
            bundle_id, data = settled[height]
            outline, event = skimming.outline(data, ledger.ledger_id), times[height]
            first = Position(events.tree_after(event).size - len(outline.commitments))
            yield Past(height, event.created_ms, bundle_id, first, outline)
