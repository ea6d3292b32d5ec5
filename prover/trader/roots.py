"""Which root a leg names: one that the tree had at a random time of the last ten minutes.

A leg may name any root that the tree ever had, and an observer sees which.  The newest would tell that a leg was made
just now, and an older one that it is a maker's quote.  Drawn at random, the root of a quote that is taken within
seconds cannot be told from those of payments and dummy legs.  An account younger than ten minutes shows that it is.
"""

from bisect import bisect_right
from dataclasses import dataclass

from circuits.records import Position
from settlement.ledger import Ledger
from settlement.merkle import Tree
from zk import entropy

SPAN_MS = 10 * 60_000
"""How old the root may be, before the newest event of the ledger."""


@dataclass(frozen=True)
class Drawn:
    """A tree and the time for which it was drawn, in milliseconds, from the first to the last of which it was."""

    tree: Tree
    time_ms: int
    first_ms: int
    last_ms: int


def draw(ledger: Ledger, position: Position, before: Drawn | None = None) -> Drawn:
    """The tree at a random time of the last SPAN_MS, or since it has had this position.

    With `before`, what was drawn for this position earlier is kept as often as it may be: whatever has happened since,
    the time is as random as if it was drawn now, so that nobody can tell who had made a leg ready from who had not.
    """
    reader = ledger.reader
    with reader.reading():
        newest = reader.last_event()
        heights = range(newest.height + 1)
        first = bisect_right(heights, position, key=lambda height: Position(reader.tree_at(height).size))
        if first > newest.height:  # there is no such account, as beside a deposit into an empty ledger
            return Drawn(reader.tree(), newest.created_ms, newest.created_ms, newest.created_ms)
        first_ms, last_ms = max(newest.created_ms - SPAN_MS, _time(ledger, first)), newest.created_ms
        if before is None:
            time_ms = first_ms + _below(last_ms - first_ms + 1)
        else:
            time_ms = drawn_again(before, first_ms, last_ms)
        height = bisect_right(heights, time_ms, key=lambda height: _time(ledger, height)) - 1
        return Drawn(reader.tree_at(max(height, first)), time_ms, first_ms, last_ms)


def drawn_again(before: Drawn, first_ms: int, last_ms: int) -> int:
    """A uniform time from the first to the last of these, which is that of `before` as often as it may be.

    With n times to choose from before and m now, m >= n, of which k are old: the time of `before`, if it is one of
    the k, is kept n times out of m, so each of them is chosen with probability 1/n · n/m, and otherwise one of the
    m - k later ones is, with probability (1 - k/n · n/m) / (m - k) = 1/m.
    """
    choices, old_choices = last_ms - first_ms + 1, before.last_ms - before.first_ms + 1
    if choices < old_choices or first_ms < before.first_ms or last_ms < before.last_ms:  # another ledger, or a cut one
        return first_ms + _below(choices)
    if before.time_ms >= first_ms and _below(choices) < old_choices:
        return before.time_ms
    earliest_ms = max(first_ms, before.last_ms + 1)
    return earliest_ms + _below(last_ms - earliest_ms + 1)


def _below(count: int) -> int:
    """A uniform integer from 0 to count - 1."""
    return entropy.scalar(count + 1) - 1


def _time(ledger: Ledger, height: int) -> int:
    event = ledger.reader.event(height)
    assert event is not None, "heights count up without a gap"
    return event.created_ms
