"""What a position has cost, and what was gained where a part of it was given up: at average cost, or first in, first
out.

    buying q for v       the position grows by q, its cost by v
    selling q for v      realised = v − cost of the part sold; the rest keeps its cost

A short position is the same with both signs changed: its cost is what it brought, below zero.  Whoever sells more than
he has closes his position and opens one of the other side, each at its share of v.

Average: the part sold has cost as much a unit as the whole.  First in, first out: the oldest purchases are sold first.
Either way a share of a whole number is rounded down, and what is left over stays with the rest: nothing is lost, so

    Σ v + Σ realised = cost of what is left

exactly.  A position that is closed whole takes its whole cost with it.
"""

from collections import deque
from enum import StrEnum


class Method(StrEnum):
    """How the cost of a part is found."""

    AVERAGE = "average"
    FIFO = "fifo"


class Position:
    """So many smallest units of an asset, and their cost in the numeraire's; of a short position both are below 0."""

    def __init__(self, method: Method):
        self.quantity = 0
        self.cost = 0
        self._method = method
        self._parts: deque[tuple[int, int]] = deque()

    def move(self, quantity: int, value: int) -> int:
        """Adds a quantity for a value, both below zero where it was given up.  Returns what was realised."""
        closed = self._closed(quantity)
        worth = value * closed // quantity if quantity else value
        relieved = self._relieve(closed)
        self.quantity += quantity
        self.cost += value - worth - relieved
        if quantity - closed and self._method is Method.FIFO:
            self._parts.append((quantity - closed, value - worth))
        return -worth - relieved

    def _closed(self, quantity: int) -> int:
        """How much of the quantity closes what is there."""
        if quantity * self.quantity >= 0:
            return 0
        return max(quantity, -self.quantity) if quantity < 0 else min(quantity, -self.quantity)

    def _relieve(self, closed: int) -> int:
        """Takes so much, of the other sign, out of what is there, and returns its cost."""
        left, cost = -closed, 0
        if not closed:
            return 0
        if self._method is Method.AVERAGE:
            return self.cost if left == self.quantity else self.cost * left // self.quantity
        while left:
            quantity, paid = self._parts.popleft()
            part = min(quantity, left) if left > 0 else max(quantity, left)
            share = paid if part == quantity else paid * part // quantity
            if part != quantity:
                self._parts.appendleft((quantity - part, paid - share))
            cost, left = cost + share, left - part
        return cost
