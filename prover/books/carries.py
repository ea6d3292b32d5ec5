"""Interest and funding: what holding claims brought or cost, which no balance shows.

They are in the prices of claims, whose indices every epoch publishes (settlement.risk.market).  Whoever has b of a
claim when an epoch is published whose index is I', after one whose index was I, gains b·price'·(I' − I)/I' by it: that
is a part of what he has gained or lost on the claim, not a thing besides.  Each epoch is rounded down to the
numeraire's smallest unit.
"""

from dataclasses import dataclass

from circuits.records import HELD
from prover.books.book import Book
from prover.books.valuing import Oracles
from settlement.amounts import NUMERAIRE


@dataclass(frozen=True)
class Carry:
    """What a claim brought (below zero: cost) in a period, in the numeraire's smallest unit."""

    slot: int
    value: int


def of(book: Book, oracles: Oracles, from_ms: int | None, to_ms: int | None) -> tuple[Carry, ...]:
    """The interest or funding of each claim over the epochs that were published in [from, to)."""
    held, totals, place = [0] * len(book.pool.assets), dict[int, int](), 0
    for number, time_ms in enumerate(oracles.times):
        if to_ms is not None and time_ms >= to_ms:
            break
        while place < len(book.entries) and book.entries[place].time_ms < time_ms:
            for line in book.entries[place].lines:
                for slot, amount in line.changes.items():
                    held[slot] += amount
            place += 1
        owed = [slot for slot in range(HELD, len(held)) if held[slot]]
        if not owed or not number or (from_ms is not None and time_ms < from_ms):
            continue
        before = oracles.publication(number - 1).publication.market
        after = oracles.publication(number).publication.market
        for slot in owed:
            index = after.indices[slot]
            gained = held[slot] * after.prices[slot] * (index - before.indices[slot])
            totals[slot] = totals.get(slot, 0) + gained // (index * after.prices[NUMERAIRE])
    return tuple(Carry(slot, total) for slot, total in sorted(totals.items()) if total)
