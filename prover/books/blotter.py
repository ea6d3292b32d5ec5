"""The blotter: each trade of a wallet, what it was taken from, and with whom, as far as the wallet knows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from prover.books.book import Book, Entry
from prover.books.lines import Kind
from prover.trader import contacts
from prover.trader.contacts import Contact
from prover.trader.diary import Note, What
from prover.trader.terms import ALONE
from settlement.amounts import NUMERAIRE
from settlement.pool.pool import Pool

_TAKEN = {What.ORDER: "order", What.LOTS: "lots", What.QUOTE: "quote"}


@dataclass(frozen=True, repr=False)
class Fill:
    """One trade.  `side` is buy or sell, exchange without the numeraire, structure of more than two assets.

    `slot` and `quantity` are what was bought or sold, `other` and `amount` what it was paid in: of an exchange, what
    came and what went.  `price` is that of a whole unit.  `fee` is in the numeraire.  `taken` says whose it was and
    what ("order 1a2b…"), and `parties` are the names of contacts, or addresses.
    """

    entry: Entry
    side: str
    buys: dict[int, int]
    sells: dict[int, int]
    slot: int | None
    quantity: int
    other: int | None
    amount: int
    price: Fraction | None
    fee: int
    taken: str
    parties: tuple[str, ...]


def fills(book: Book, entries: Iterable[Entry], known: Sequence[Contact], quoted: frozenset[bytes]) -> Iterator[Fill]:
    """The trades among the entries.  `quoted` are the ids of legs that the wallet gave away as quotes."""
    for entry in entries:
        line = entry.line(Kind.TRADE)
        if line is None:
            continue
        buys = {slot: amount for slot, amount in line.changes.items() if amount > 0}
        sells = {slot: -amount for slot, amount in line.changes.items() if amount < 0}
        side, slot, other = _side(buys, sells)
        quantity, amount = 0, 0
        if slot is not None and other is not None:
            quantity, amount = abs(line.changes[slot]), abs(line.changes[other])
        price = None if slot is None or other is None else _price(book.pool, slot, quantity, other, amount)
        fee = sum(-each.changes.get(NUMERAIRE, 0) for each in entry.lines if each.kind is Kind.FEE)
        taken, parties = _origin(book, entry, quoted)
        named = tuple(contacts.name_of(known, address) or address for address in parties)
        yield Fill(entry, side, buys, sells, slot, quantity, other, amount, price, fee, taken, named)


def _side(buys: dict[int, int], sells: dict[int, int]) -> tuple[str, int | None, int | None]:
    """(side, asset, what it is paid in)."""
    if len(buys) > 1 or len(sells) > 1:
        return "structure", None, None
    (bought,), (sold,) = buys, sells
    if sold == NUMERAIRE:
        return "buy", bought, sold
    return ("sell", sold, bought) if bought == NUMERAIRE else ("exchange", bought, sold)


def _price(pool: Pool, slot: int, quantity: int, other: int, amount: int) -> Fraction:
    return Fraction(amount * 10 ** pool.assets[slot].decimals, quantity * 10 ** pool.assets[other].decimals)


def _origin(book: Book, entry: Entry, quoted: frozenset[bytes]) -> tuple[str, tuple[str, ...]]:
    """What was taken, in words, and the addresses of those it is with."""
    if entry.makes:
        what = "order or quote" if entry.note is None else _TAKEN.get(entry.note.what, "order or quote")
        ids = ", ".join(each.hex()[:16] for each in entry.others)
        return f"{what} {ids}".strip(), () if entry.note is None else entry.note.parties
    notes = [note for each in entry.own_orders if (note := book.notes.get(each)) is not None]
    ids = ", ".join(each.hex()[:16] for each in entry.own_orders)
    if notes:
        lots = {note.group for note in notes} - {ALONE}
        what = f"own lots of {next(iter(lots)).hex()[:16]}:" if lots else "own order"
        return f"{what} {ids}", _readers(notes)
    return f"own {'quote' if quoted & set(entry.own_orders) else 'order or quote'} {ids}", ()


def _readers(notes: Sequence[Note]) -> tuple[str, ...]:
    """Who took it, where one address alone could read it."""
    readers = {party for note in notes for party in note.parties}
    return tuple(readers) if len(readers) == 1 else ()
