"""The entries of a book with values: what each line bought, sold, brought in or cost, in the numeraire.

    trade, loan, conversion, what was taken over     the assets are worth together what the numeraire paid for them; of
                                                     several assets each has its published value, and what the trade
                                                     paid besides counts for the one of the greatest value
    deposit, withdrawal, payment                     a transfer, at the published value
    fee, gift to the insurance                       an expense, where it is in the numeraire
    seizure                                          everything leaves at its published value; what the owner keeps less
                                                     than that, or more where the account was worth less than nothing,
                                                     is the loss by the seizure
"""

from collections.abc import Iterator
from dataclasses import dataclass

from prover.books.book import Book, Entry
from prover.books.lines import Kind, Line
from prover.books.valuing import Oracles, Prices, value
from settlement import amounts
from settlement.amounts import NUMERAIRE
from zk.errors import Unsatisfied

EXCHANGES = (Kind.TRADE, Kind.LOAN, Kind.CONVERSION, Kind.TAKEN_OVER)
EXPENSES = (Kind.FEE, Kind.BOARD_FEE, Kind.INSURANCE)


@dataclass(frozen=True)
class Posting:
    """What one line changes: the numeraire by `cash`, and each other asset by (slot, quantity, value).

    `transferred` is what it brought in from elsewhere, `spent` an expense (below zero), and `lost` the loss (below
    zero) by a seizure, all in the numeraire's smallest unit.
    """

    entry: Entry
    kind: Kind
    cash: int
    moved: tuple[tuple[int, int, int], ...]
    transferred: int = 0
    spent: int = 0
    lost: int = 0


def of(book: Book, oracles: Oracles) -> Iterator[Posting]:
    """A posting for each line of a book, in order.

    Raises Unsatisfied when a value is needed and nobody has ever published a price.
    """
    for entry in book.entries:
        for line in entry.lines:
            yield _posting(book, oracles, entry, line)


def _posting(book: Book, oracles: Oracles, entry: Entry, line: Line) -> Posting:
    cash = line.changes.get(NUMERAIRE, 0)
    others = [(slot, amount) for slot, amount in line.changes.items() if slot != NUMERAIRE]
    if line.kind in EXCHANGES and len(others) == 1 and cash:
        (slot, amount), = others
        return Posting(entry, line.kind, cash, ((slot, amount, -cash),))
    prices = _prices(book, oracles, entry, line) if others else ()
    moved = [(slot, amount, value(amount, slot, prices)) for slot, amount in others]
    worth = sum(each for _, _, each in moved)
    if line.kind in EXCHANGES and others:
        return Posting(entry, line.kind, cash, _spread(moved, -cash - worth))
    if line.kind is Kind.SEIZURE:
        return Posting(entry, line.kind, cash, tuple(moved), lost=cash + worth)
    if line.kind in EXPENSES and not others:
        return Posting(entry, line.kind, cash, (), spent=cash)
    return Posting(entry, line.kind, cash, tuple(moved), transferred=cash + worth)


def _prices(book: Book, oracles: Oracles, entry: Entry, line: Line) -> Prices:
    prices = oracles.at(entry.time_ms)
    if prices is None:
        raise Unsatisfied(
            f"nobody has published a price in this pool, so what {_named(book, line)} were worth at height "
            f"{entry.height} ({line.kind}) is not known"
        )
    return prices


def _named(book: Book, line: Line) -> str:
    shown = (amounts.show(abs(amount), book.pool.assets[slot]) for slot, amount in line.changes.items() if slot)
    return " and ".join(shown)


def _spread(moved: list[tuple[int, int, int]], rest: int) -> tuple[tuple[int, int, int], ...]:
    """The values with the rest on the greatest of them, so that they come to what was paid."""
    place = max(range(len(moved)), key=lambda number: abs(moved[number][2]))
    slot, amount, worth = moved[place]
    moved[place] = slot, amount, worth + rest
    return tuple(moved)
