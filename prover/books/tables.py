"""The books as tables: the blotter, the journal of all lines, positions, profit and loss, and what holding cost."""

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

from prover.books import carries
from prover.books.blotter import Fill
from prover.books.book import Book, Entry, total
from prover.books.cells import Cell, Column, Money, Price, Table, Time
from prover.books.lines import Kind
from prover.books.profit import Report, Row
from prover.books.states import State
from prover.books.valuing import Oracles
from prover.trader import contacts
from prover.trader.contacts import Contact
from settlement import amounts
from settlement.amounts import NUMERAIRE
from settlement.bundles.bundle import Account, Flow

SettledAs = Callable[[int], str | None]
"""Whether the event at a height is settled or final; None in a pool without validators."""

_WHERE = (Column("time"), Column("height", is_shown=False, is_number=True), Column("bundle", is_shown=False))
CHARGES = (Kind.FEE, Kind.BOARD_FEE, Kind.INSURANCE)


def blotter(book: Book, fills: Iterable[Fill], state: SettledAs) -> Table:
    """One row for each trade."""
    columns = (
        *_WHERE, Column("side"), Column("asset", is_shown=False), Column("quantity", is_number=True),
        Column("paid in", is_shown=False), Column("amount", is_number=True), Column("price", is_number=True),
        Column("fee", is_number=True), Column("fee in price at most", is_shown=False, is_number=True), Column("role"),
        Column("from"), Column("with"), Column("state"),
    )  # fmt: skip
    return Table(columns, tuple((*_where(fill.entry), *_fill(book, fill), state(fill.entry.height)) for fill in fills))


def _fill(book: Book, fill: Fill) -> tuple[Cell, ...]:
    what, pool = book.pool.assets, book.pool
    numeraire = what[NUMERAIRE]
    if fill.slot is None or fill.other is None:
        bought, sold = (
            " and ".join(amounts.show(amount, what[slot]) for slot, amount in sorted(part.items()))
            for part in (fill.buys, fill.sells)
        )
        traded: tuple[Cell, ...] = ("", bought, "", sold)
    else:
        traded = (
            what[fill.slot].symbol, Money(fill.quantity, what[fill.slot]),
            pool.assets[fill.other].symbol, Money(fill.amount, what[fill.other]),
        )  # fmt: skip
    return (
        fill.side, *traded, None if fill.price is None else Price(fill.price), Money(fill.fee, numeraire),
        Money(fill.entry.fee_in_price, numeraire) if fill.entry.fee_in_price else None,
        "taker" if fill.entry.makes else "maker", fill.taken, ", ".join(fill.parties),
    )  # fmt: skip


def journal(
    book: Book, from_ms: int | None, to_ms: int | None, known: Sequence[Contact], state: SettledAs
) -> Table:  # fmt: skip
    """Every line of a period, one row for each asset, between the opening and the closing balances."""
    columns = (
        *_WHERE, Column("what"), Column("asset", is_shown=False), Column("amount", is_number=True),
        Column("balance", is_number=True), Column("accounts"), Column("with"), Column("reference"), Column("state"),
    )  # fmt: skip
    entries, balances = book.period(from_ms, to_ms), list(book.balances(0 if from_ms is None else from_ms))
    moved = {slot for entry in entries for line in entry.lines for slot in line.changes}
    slots = sorted(moved | {slot for slot, amount in enumerate(balances) if amount})
    rows: list[tuple[Cell, ...]] = _balances(book, "opening balance", from_ms, balances, slots)
    for entry in entries:
        accounts = " ".join(map(str, sorted(entry.changes)))
        for line in entry.lines:
            party, reference = _outside(entry, line.kind, known)
            for slot, amount in sorted(line.changes.items()):
                balances[slot] += amount
                asset = book.pool.assets[slot]
                rows.append((
                    *_where(entry), str(line.kind), asset.symbol, Money(amount, asset), Money(balances[slot], asset),
                    accounts, party, reference, state(entry.height),
                ))  # fmt: skip
    return Table(columns, (*rows, *_balances(book, "closing balance", to_ms, balances, slots)))


def _balances(
    book: Book, what: str, time_ms: int | None, held: Sequence[int], slots: Sequence[int]
) -> list[tuple[Cell, ...]]:
    time, known = None if time_ms is None else Time(time_ms), book.pool.assets
    return [
        (time, None, "", what, known[slot].symbol, None, Money(held[slot], known[slot]), "", "", "", None)
        for slot in slots
    ]


def _outside(entry: Entry, kind: Kind, known: Sequence[Contact]) -> tuple[str, str]:
    """Who paid or was paid, and the reference of the payment there."""
    if kind is Kind.PAID and entry.note is not None:
        return ", ".join(contacts.name_of(known, party) or party for party in entry.note.parties), ""
    if kind not in (Kind.DEPOSIT, Kind.WITHDRAWAL):
        return "", ""
    flows = [flow for flow in entry.flows if flow.account is Account.OUTSIDE]
    flows = [flow for flow in flows if (flow.amount > 0) == (kind is Kind.DEPOSIT)]
    return _all(flows, lambda flow: flow.party), _all(flows, lambda flow: flow.reference)


def _all(flows: Iterable[Flow], part: Callable[[Flow], bytes]) -> str:
    return ", ".join(dict.fromkeys(part(flow).decode(errors="replace") for flow in flows))


def charges(book: Book, entries: Iterable[Entry]) -> Table:
    """The fees of the legs and of the board, and gifts to the insurance: one row for each."""
    columns = *_WHERE, Column("what"), Column("asset", is_shown=False), Column("amount", is_number=True)
    return Table(columns, tuple(
        (*_where(entry), str(line.kind), book.pool.assets[slot].symbol, Money(-amount, book.pool.assets[slot]))
        for entry in entries for line in entry.lines if line.kind in CHARGES
        for slot, amount in sorted(line.changes.items())
    ))  # fmt: skip


def held(book: Book, from_ms: int | None, to_ms: int | None) -> Table:
    """What claims brought in a period by interest and funding, or cost."""
    columns = Column("asset"), Column("what"), Column("value", is_number=True)
    return Table(columns, tuple(
        (book.pool.assets[each.slot].symbol, "interest" if book.pool.assets[each.slot].kind == "loan" else "funding",
         Money(each.value, book.pool.assets[NUMERAIRE]))
        for each in carries.of(book, Oracles(book.ledger), from_ms, to_ms)
    ))  # fmt: skip


def profit(book: Book, report: Report) -> Table:
    """One row for each asset, and one with the sums."""
    columns = tuple(Column(name, is_number=name != "asset") for name in (
        "asset", "opening", "added", "removed", "closing", "cost", "worth", "realised", "unrealised",
        "change of unrealised",
    ))  # fmt: skip
    rows = [_profit(book, row) for row in report.rows]
    summed = (report.realised, report.unrealised, report.change)
    in_numeraire = tuple(Money(amount, book.pool.assets[NUMERAIRE]) for amount in summed)
    return Table(columns, (*rows, ("all", None, None, None, None, None, None, *in_numeraire)))


def _profit(book: Book, row: Row) -> tuple[Cell, ...]:
    asset, numeraire = book.pool.assets[row.slot], book.pool.assets[NUMERAIRE]
    counted = tuple(Money(amount, asset) for amount in (row.opening, row.added, row.removed, row.quantity))
    return (
        asset.symbol, *counted, Money(row.cost, numeraire), None if row.worth is None else Money(row.worth, numeraire),
        Money(row.realised, numeraire), Money(row.unrealised, numeraire), Money(row.change, numeraire),
    )  # fmt: skip


def positions(book: Book, to_ms: int | None, report: Report | None) -> Table:
    """What the wallet has of each asset, in all and in each account, and what that has cost and is worth.

    The wallet's cost is one for all accounts, because moving something between them is no purchase: each has the share
    that its quantity has, rounded down, and where some accounts are long and others short, none.
    """
    columns = (
        Column("account"), Column("asset"), Column("quantity", is_number=True),
        Column("average price", is_number=True), Column("cost", is_number=True), Column("worth", is_number=True),
        Column("unrealised", is_number=True),
    )  # fmt: skip
    live = book.live(to_ms)
    known = {} if report is None else {row.slot: row for row in report.rows}
    rows = [row for slot in range(len(book.pool.assets)) for row in _position(book, live, slot, known.get(slot))]
    return Table(columns, tuple(rows))


def _position(book: Book, live: Sequence[State], slot: int, known: Row | None) -> list[tuple[Cell, ...]]:
    asset, numeraire = book.pool.assets[slot], book.pool.assets[NUMERAIRE]
    by_account = {
        index: total(state.balances for state in live if state.index == index)[slot]
        for index in sorted({state.index for state in live if state.balances[slot]})
    }
    whole, is_mixed = sum(by_account.values()), len({amount > 0 for amount in by_account.values()}) > 1
    rows = []
    if not by_account:
        return []
    for account, amount in (("all", whole), *((str(index), amount) for index, amount in by_account.items())):
        costs: tuple[Cell, ...] = (None, None, None, None)
        if known is not None and amount and whole and (account == "all" or not is_mixed):
            cost = known.cost * amount // whole
            worth = None if known.worth is None else known.worth * amount // whole
            each = Fraction(known.cost * 10**asset.decimals, whole * 10**numeraire.decimals)
            costs = (
                Price(each), Money(cost, numeraire), None if worth is None else Money(worth, numeraire),
                None if worth is None else Money(worth - cost, numeraire),
            )  # fmt: skip
        rows.append((account, asset.symbol, Money(amount, asset), *costs))
    return rows


def _where(entry: Entry) -> tuple[Cell, ...]:
    return Time(entry.time_ms), entry.height, entry.bundle_id.hex()
