"""Puts quotes together: which of them cover every line once, from different accounts, at the least cost.

An *exact cover*, searched by branch and bound.  The first line that is not covered yet must be covered by one of the
quotes that have it, tried from the cheapest on.  A branch ends when even a share of each remaining line's cheapest
quote would not make it cheaper than the best cover so far:

    least(line) = min over quotes q with the line of floor(cost(q) / number of lines of q)

The sum of these never exceeds the cost of a cover, because a quote of n lines counts with n·floor(cost / n) <= cost at
most.  After MAX_STEPS quotes were tried the best cover so far is the answer, and says that there may be a better one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from circuits.records import Nullifier

MAX_STEPS = 50_000


@dataclass(frozen=True)
class Candidate:
    """A quote on one side: the lines that it covers, what the asker pays (negative: is paid), and its account."""

    lines: frozenset[int]
    cost: int
    nullifier: Nullifier


@dataclass(frozen=True)
class Cover:
    """The numbers of the candidates that cover every line once, and their cost together.

    `is_best` says that no other cover is cheaper; otherwise the search ended before that was known.
    """

    chosen: tuple[int, ...]
    cost: int
    is_best: bool


def cover(num_lines: int, candidates: Sequence[Candidate], max_steps: int = MAX_STEPS) -> Cover | None:
    """The cheapest cover, of equally cheap ones the first; None when the search found none."""
    search = _Search(num_lines, candidates, max_steps)
    if all(search.by_line):
        search.run(0, 0, (), frozenset())
    if search.best is None:
        return None
    cost, chosen = search.best
    return Cover(chosen, cost, is_best=search.steps_left > 0)


class _Search:
    """One search: the best cover so far, as its cost and its candidates."""

    def __init__(self, num_lines: int, candidates: Sequence[Candidate], max_steps: int):
        self.best: tuple[int, tuple[int, ...]] | None = None
        self.steps_left = max_steps
        self._candidates = candidates
        self._marks = [sum(1 << line for line in each.lines) for each in candidates]
        self.by_line = [
            sorted((i for i, each in enumerate(candidates) if line in each.lines), key=lambda i: candidates[i].cost)
            for line in range(num_lines)
        ]
        self._least = [
            min((candidates[i].cost // len(candidates[i].lines) for i in numbers), default=0)
            for numbers in self.by_line
        ]

    def run(self, covered: int, cost: int, chosen: tuple[int, ...], used: frozenset[Nullifier]) -> None:
        """Searches on from these candidates, which cover the lines whose bits `covered` has."""
        uncovered = [line for line in range(len(self.by_line)) if not covered >> line & 1]
        if self.best is not None and cost + sum(self._least[line] for line in uncovered) >= self.best[0]:
            return
        if not uncovered:
            self.best = cost, tuple(sorted(chosen))
            return
        for i in self.by_line[uncovered[0]]:
            if self.steps_left == 0:
                return
            self.steps_left -= 1
            each = self._candidates[i]
            if not self._marks[i] & covered and each.nullifier not in used:
                self.run(covered | self._marks[i], cost + each.cost, (*chosen, i), used | {each.nullifier})
