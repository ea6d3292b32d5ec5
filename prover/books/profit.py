"""Profit and loss of a wallet over a period, in the numeraire.

    realised       gained on what was given up in the period: what it brought less what it had cost (prover/books/costs)
    unrealised     what is there is worth more, at the newest prices before the end, than it has cost
    expenses       fees and gifts
    lost           by seizures

    worth at the end − worth at the beginning = transfers + realised + change of unrealised + expenses + lost

holds to the last unit, and is checked: the worth follows from the balances, everything else from the lines.  What is
paid to others, or withdrawn, realises what it has gained since it came.  Where no price was published yet, an asset is
worth what it has cost.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from prover.books import costs, postings
from prover.books.book import Book
from prover.books.costs import Method
from prover.books.postings import Posting
from prover.books.states import Balances
from prover.books.valuing import Oracles, Prices, value
from settlement.amounts import NUMERAIRE
from settlement.risk.grids import PublishedGrids
from zk.errors import Unsatisfied


@dataclass(frozen=True)
class Row:
    """One asset: quantities in its smallest unit, all else in the numeraire's.

    `added` and `removed` are what came and what went, by trades or otherwise.  `worth` is None where no price was
    published.  `change` is that of what is unrealised over the period.
    """

    slot: int
    opening: int
    quantity: int
    cost: int
    worth: int | None
    added: int
    removed: int
    realised: int
    unrealised: int
    change: int


@dataclass(frozen=True)
class Report:
    """The profit and loss of a period, and the publication with whose prices its end is valued, None without any."""

    method: Method
    from_ms: int | None
    to_ms: int | None
    published: PublishedGrids | None
    rows: tuple[Row, ...]
    cash: int
    transferred: int
    expenses: int
    lost: int
    worth_before: int
    worth_after: int

    @property
    def realised(self) -> int:
        """What was realised on all assets."""
        return sum(row.realised for row in self.rows)

    @property
    def unrealised(self) -> int:
        """What all assets are worth more than they have cost."""
        return sum(row.unrealised for row in self.rows)

    @property
    def change(self) -> int:
        """The change of what is unrealised."""
        return sum(row.change for row in self.rows)

    @property
    def total(self) -> int:
        """All that was gained in the period."""
        return self.realised + self.change + self.expenses + self.lost


@dataclass
class _Sums:
    """What has been counted of the period."""

    added: dict[int, int] = field(default_factory=dict)
    removed: dict[int, int] = field(default_factory=dict)
    realised: dict[int, int] = field(default_factory=dict)
    transferred: int = 0
    expenses: int = 0
    lost: int = 0


def report(book: Book, method: Method, from_ms: int | None = None, to_ms: int | None = None) -> Report:
    """The profit and loss in [from, to).

    Raises Unsatisfied when it does not add up, naming the asset, and when a value is needed that nobody published.
    """
    oracles = Oracles(book.ledger)
    positions = [costs.Position(method) for _ in book.pool.assets]
    first, last, sums = oracles.before(from_ms) if from_ms is not None else None, oracles.before(to_ms), _Sums()
    before = [0] * len(positions), [0] * len(positions)
    has_begun = from_ms is None
    for posting in postings.of(book, oracles):
        time_ms = posting.entry.time_ms
        if to_ms is not None and time_ms >= to_ms:
            break
        if not has_begun and from_ms is not None and time_ms >= from_ms:
            before, has_begun = _standing(positions), True
        _post(positions, posting, sums if has_begun else None)
    if not has_begun:
        before = _standing(positions)
    opening, closing = (0,) * len(positions) if from_ms is None else book.balances(from_ms), book.balances(to_ms)
    _check_quantities(book, positions, closing)
    rows = tuple(_rows(positions, before, sums, _prices(first), _prices(last)))
    worth_before = opening[NUMERAIRE] + sum(_worth(*each, _prices(first)) for each in _counted(*before))
    after = _standing(positions)
    worth_after = closing[NUMERAIRE] + sum(_worth(*each, _prices(last)) for each in _counted(*after))
    found = Report(
        method, from_ms, to_ms, last, rows, closing[NUMERAIRE], sums.transferred, sums.expenses, sums.lost,
        worth_before, worth_after,
    )  # fmt: skip
    if worth_after - worth_before != found.transferred + found.total:
        raise Unsatisfied(
            f"the profit and loss does not add up: the worth changed by {worth_after - worth_before}, and its parts "
            f"come to {found.transferred + found.total} of the numeraire's smallest units"
        )
    return found


def _post(positions: Sequence[costs.Position], posting: Posting, sums: _Sums | None) -> None:
    positions[NUMERAIRE].quantity += posting.cash
    for slot, quantity, worth in posting.moved:
        realised = positions[slot].move(quantity, worth)
        if sums is not None:
            traded = sums.added if quantity > 0 else sums.removed
            traded[slot] = traded.get(slot, 0) + abs(quantity)
            sums.realised[slot] = sums.realised.get(slot, 0) + realised
    if sums is not None:
        sums.transferred += posting.transferred
        sums.expenses += posting.spent
        sums.lost += posting.lost


def _standing(positions: Sequence[costs.Position]) -> tuple[list[int], list[int]]:
    """Quantities and costs."""
    return [each.quantity for each in positions], [each.cost for each in positions]


def _counted(quantities: Sequence[int], spent: Sequence[int]) -> list[tuple[int, int, int]]:
    """(slot, quantity, cost) of what is not the numeraire."""
    pairs = zip(quantities, spent, strict=True)
    return [(slot, *each) for slot, each in enumerate(pairs) if slot != NUMERAIRE]


def _worth(slot: int, quantity: int, cost: int, prices: Prices | None) -> int:
    return cost if prices is None else value(quantity, slot, prices)


def _prices(published: PublishedGrids | None) -> Prices | None:
    return None if published is None else published.publication.prices


def _rows(
    positions: Sequence[costs.Position], before: tuple[list[int], list[int]], sums: _Sums, first: Prices | None,
    last: Prices | None,
) -> list[Row]:  # fmt: skip
    rows = []
    for slot, opening, cost in _counted(*before):
        here = positions[slot]
        traded = sums.added.get(slot, 0), sums.removed.get(slot, 0)
        if not (opening or here.quantity or any(traded)):
            continue
        worth = _worth(slot, here.quantity, here.cost, last)
        unrealised, earlier = worth - here.cost, _worth(slot, opening, cost, first) - cost
        rows.append(Row(
            slot, opening, here.quantity, here.cost, None if last is None else worth, *traded,
            sums.realised.get(slot, 0), unrealised, unrealised - earlier,
        ))  # fmt: skip
    return rows


def _check_quantities(book: Book, positions: Sequence[costs.Position], closing: Balances) -> None:
    for slot, (here, has) in enumerate(zip(positions, closing, strict=True)):
        if here.quantity != has:
            raise Unsatisfied(
                f"{book.pool.assets[slot].symbol} does not add up: what was bought and sold comes to {here.quantity} "
                f"smallest units, and the accounts have {has}"
            )
