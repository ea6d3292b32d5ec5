"""Runs `zksettle book …`."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prover.books import blotter, book, cells, profit, tables
from prover.books.book import Book, Entry
from prover.books.cells import Table
from prover.books.costs import Method
from prover.books.lines import Kind
from prover.books.profit import Report
from prover.cli.frame import workspace
from prover.cli.frame.command import App
from prover.cli.trader import final
from prover.machine import clock, files
from prover.rfq.memory import Memory
from prover.trader import beside, contacts
from prover.trader.contacts import Contact
from settlement import amounts
from settlement.amounts import NUMERAIRE
from settlement.ledger import Ledger
from zk.errors import FormatError, Unsatisfied

ROWS = 200  # that are shown as text; --json and --csv have all


@dataclass(frozen=True)
class _Opened:
    """A wallet's books, its contacts, the ids of its quotes, and what tells settled from final."""

    name: str
    book: Book
    contacts: Sequence[Contact]
    quoted: frozenset[bytes]
    state: Callable[[int], str | None]
    from_ms: int | None
    to_ms: int | None

    @property
    def entries(self) -> list[Entry]:
        """The entries of the period."""
        return self.book.period(self.from_ms, self.to_ms)

    def document(self) -> dict[str, Any]:
        """What every document begins with."""
        return {"wallet": self.name, "from_ms": self.from_ms, "to_ms": self.to_ms}


def show_blotter(
    app: App, name: str, since: str | None, until: str | None, csv_file: Path | None, passphrase_file: Path | None
) -> None:
    """Lists the trades."""
    with _opened(app, name, since, until, csv_file, passphrase_file) as opened:
        fills = blotter.fills(opened.book, opened.entries, opened.contacts, opened.quoted)
        table = tables.blotter(opened.book, fills, opened.state)
        _show(app, table, f"Wallet {name} has traded nothing in this time.")
        notes = _notes(opened, has_trades=bool(table.rows))
        _finish(app, opened, table, csv_file, notes, {"trades": cells.to_json(table)})


def show_positions(
    app: App, name: str, method: str, until: str | None, csv_file: Path | None, passphrase_file: Path | None
) -> None:
    """Shows what the wallet has."""
    with _opened(app, name, None, until, csv_file, passphrase_file) as opened:
        notes, report = _notes(opened), None
        try:
            report = profit.report(opened.book, Method(method), None, opened.to_ms)
        except Unsatisfied as error:
            notes.append(f"What it cost is left out: {error}.")
        table = tables.positions(opened.book, opened.to_ms, report)
        _show(app, table, f"Wallet {name} has nothing.")
        _say_prices(app, report)
        _finish(app, opened, table, csv_file, notes, {
            "method": method, "priced_ms": _priced_ms(report), "positions": cells.to_json(table)
        })  # fmt: skip


def show_profit(
    app: App, name: str, method: str, since: str | None, until: str | None, csv_file: Path | None,
    passphrase_file: Path | None,
) -> None:  # fmt: skip
    """Shows profit and loss."""
    with _opened(app, name, since, until, csv_file, passphrase_file) as opened:
        report = profit.report(opened.book, Method(method), opened.from_ms, opened.to_ms)
        table, held = tables.profit(opened.book, report), tables.held(opened.book, opened.from_ms, opened.to_ms)
        _show(app, table, "")
        asset = opened.book.pool.assets[NUMERAIRE]
        summed = (
            ("realised", report.realised), ("change of what is unrealised", report.change),
            ("fees and gifts", report.expenses), ("lost by seizures", report.lost), ("profit", report.total),
            ("deposited and received, less withdrawn and paid", report.transferred),
            ("worth at the beginning", report.worth_before), ("worth at the end", report.worth_after),
        )  # fmt: skip
        app.screen.gap()
        app.screen.fields([(label, amounts.show(value, asset)) for label, value in summed])
        if held.rows:
            app.screen.gap()
            app.screen.say("Of the profit, interest and funding:")
            app.screen.table(*cells.shown(held))
        _say_prices(app, report)
        document = {label.replace(" ", "_").replace(",", ""): str(value) for label, value in summed}
        _finish(app, opened, table, csv_file, _notes(opened), {
            "method": method, "priced_ms": _priced_ms(report), **document, "assets": cells.to_json(table)[:-1],
            "carries": cells.to_json(held),
        })  # fmt: skip


def show_fees(
    app: App, name: str, since: str | None, until: str | None, csv_file: Path | None, passphrase_file: Path | None
) -> None:
    """Lists fees, interest and funding."""
    with _opened(app, name, since, until, csv_file, passphrase_file) as opened:
        charged, notes = tables.charges(opened.book, opened.entries), _notes(opened)
        _show(app, charged, f"Wallet {name} has paid no fee in this time.")
        sums: dict[int, int] = {}
        for entry in opened.entries:
            for line in entry.lines:
                for slot, amount in line.changes.items() if line.kind in tables.CHARGES else ():
                    sums[slot] = sums.get(slot, 0) - amount
        what = opened.book.pool.assets
        app.screen.fields([("in all", amounts.show(amount, what[slot])) for slot, amount in sorted(sums.items())])
        held = tables.held(opened.book, opened.from_ms, opened.to_ms)
        if held.rows:
            app.screen.gap()
            app.screen.say("Interest and funding of the claims it held; below zero is what it cost:")
            app.screen.table(*cells.shown(held))
        _finish(app, opened, charged, csv_file, notes, {
            "fees": cells.to_json(charged), "carries": cells.to_json(held),
            "totals": {what[slot].symbol: str(amount) for slot, amount in sorted(sums.items())},
        })  # fmt: skip


def export(
    app: App, name: str, since: str | None, until: str | None, csv_file: Path | None, passphrase_file: Path | None
) -> None:
    """Shows every line."""
    with _opened(app, name, since, until, csv_file, passphrase_file) as opened:
        table = tables.journal(opened.book, opened.from_ms, opened.to_ms, opened.contacts, opened.state)
        _show(app, table, "")
        _finish(app, opened, table, csv_file, _notes(opened), {"lines": cells.to_json(table)})


@contextmanager
def _opened(
    app: App, name: str, since: str | None, until: str | None, csv_file: Path | None, passphrase_file: Path | None
) -> Iterator[_Opened]:
    """A synced wallet's books, seen to add up for the period."""
    from_ms, to_ms = (None if text is None else clock.parse(text) for text in (since, until))
    if from_ms is not None and to_ms is not None and from_ms >= to_ms:
        raise FormatError("the period ends before it begins")
    if csv_file is not None and csv_file.is_file():
        raise FormatError(f"{csv_file} is there already: choose a new file")
    with workspace.open_desk(app, name, passphrase_file) as desk:
        desk.sync()
        session, path = desk.session, desk.session.file.path
        opened = book.open(session)
        if from_ms is not None or to_ms is not None:
            opened.check(from_ms, to_ms)
        has_quoted = beside.path_of(path, "rfq").exists()
        quoted = [leg.leg_id for each in Memory(session).answered for leg in each.quoted] if has_quoted else []
        yield _Opened(
            name, opened, contacts.read(path, session.wallet.view), frozenset(quoted), _states(session.ledger),
            from_ms, to_ms,
        )  # fmt: skip


def _states(ledger: Ledger) -> Callable[[int], str | None]:
    """Whether the event at a height is settled or final, None in a pool without validators: asked once for all."""
    found = final.sizes(ledger)
    return lambda height: None if not found else "final" if height < found["final_events"] else "settled"


def _show(app: App, table: Table, nothing: str) -> None:
    if not table.rows:
        app.screen.say(nothing)
        return
    if app.screen.is_json:
        return
    newest = Table(table.columns, table.rows[-ROWS:])
    app.screen.table(*cells.shown(newest))
    if len(newest.rows) < len(table.rows):
        told = f"These are the last {ROWS} of {len(table.rows):,} rows; --csv and --json have all."
        app.screen.say(told, "dim")


def _notes(opened: _Opened, *, has_trades: bool = False) -> list[str]:
    """What the books cannot know, in sentences."""
    told = list[str]()
    if opened.book.num_small:
        told.append(
            f"{opened.book.num_small:,} small accounts are only counted by the wallet: what others paid into them is "
            f"in no line. `zksettle wallet sync {opened.name} --rescan` finds those that are worth most."
        )
    hidden = sum(entry.fee_in_price for entry in opened.entries)
    if hidden:
        numeraire = opened.book.pool.assets[NUMERAIRE]
        told.append(
            "Of some trades with several others only the wallet that made them has noted how many legs it paid for: "
            f"up to {amounts.show(hidden, numeraire)} of what stands in the price are fees. No balance depends on it."
        )
    unnamed = any(entry.note is None and entry.makes and entry.line(Kind.TRADE) for entry in opened.entries)
    if has_trades and unnamed:
        told.append(
            "Of trades without a name under `with` this wallet has not noted with whom they were: it was restored from "
            "its phrase, only watches, or nobody said it."
        )
    return told


def _say_prices(app: App, report: Report | None) -> None:
    if report is None:
        return
    if report.published is None:
        app.screen.say("No price was published before the end: everything counts at its cost.", "warn")
        return
    epoch, time = report.published.publication.epoch, clock.text(report.published.published_ms)
    app.screen.say(f"Valued at the prices of epoch {epoch}, published {time}; costs by {report.method}.", "dim")


def _priced_ms(report: Report | None) -> int | None:
    return None if report is None or report.published is None else report.published.published_ms


def _finish(
    app: App, opened: _Opened, table: Table, csv_file: Path | None, notes: Sequence[str], document: dict[str, Any]
) -> None:
    """Writes the file, says what is not known, and prints the document."""
    if csv_file is not None:
        with files.writing(csv_file, files.PRIVATE_FILE, replaces=False) as file:
            file.write(cells.to_csv(table))
        app.screen.say(f"The table is in {csv_file}.", "good")
    for note in notes:
        app.screen.paragraph(note, "dim")
    shown = {} if csv_file is None else {"csv": str(csv_file)}
    app.screen.document({**opened.document(), **shown, **document, "notes": list(notes)})
