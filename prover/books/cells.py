"""The tables of the books, and how their cells read: for people, in CSV, and in JSON.

In CSV an amount is a plain decimal number in whole units, such as -1500.25, and a time is in UTC.  In JSON an amount is
text in smallest units and a time in milliseconds, as everywhere.  A price is rounded to nine decimals, half to even.

CSV is that of RFC 4180: CRLF after each line, quotes where they are needed.  A spreadsheet takes a cell that begins
with =, +, -, @, a tab or a line break for a formula, and names come from others: such a text gets an apostrophe in
front.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from prover.machine import clock
from settlement import amounts
from settlement.pool.assets import Asset

PRICE_DECIMALS = 9
LONG = 100  # characters
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class Money:
    """An amount of an asset in smallest units."""

    amount: int
    asset: Asset


@dataclass(frozen=True)
class Price:
    """A price of a whole unit of one asset in whole units of another."""

    price: Fraction


@dataclass(frozen=True)
class Time:
    """Milliseconds since 1970."""

    time_ms: int


Cell = str | int | Money | Price | Time | None


@dataclass(frozen=True)
class Column:
    """A column: its name, whether people see it, and whether it is a number, on the right."""

    name: str
    is_shown: bool = True
    is_number: bool = False


@dataclass(frozen=True)
class Table:
    """Columns, and rows with a cell for each."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


def shown(table: Table) -> tuple[list[str], list[list[str]]]:
    """The columns and rows for people: without those that nobody reads, and without those that are empty."""
    seen = [place for place, column in enumerate(table.columns)
            if column.is_shown and any(row[place] not in (None, "") for row in table.rows)]  # fmt: skip
    names = [">" * table.columns[place].is_number + table.columns[place].name for place in seen]
    return names, [[_text(row[place]) for place in seen] for row in table.rows]


def to_json(table: Table) -> list[dict[str, Any]]:
    """Each row as {name of the column: value}."""
    names = [column.name.replace(" ", "_") for column in table.columns]
    return [dict(zip(names, map(_json, row), strict=True)) for row in table.rows]


def to_csv(table: Table) -> bytes:
    """The table as the bytes of a CSV file."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(column.name for column in table.columns)
    writer.writerows([_csv(cell) for cell in row] for row in table.rows)
    return out.getvalue().encode("utf-8", "replace")


def decimal(amount: int, decimals: int) -> str:
    """amount / 10^decimals as a plain number: no separators, no zeros at the end."""
    return amounts.number(amount, decimals).replace(",", "").replace("−", "-")


def price_text(price: Fraction) -> str:
    """The price with at most nine decimals, rounded half to even."""
    return decimal(round(price * 10**PRICE_DECIMALS), PRICE_DECIMALS)


def _text(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case Money():
            return amounts.show(cell.amount, cell.asset)
        case Price():
            return amounts.number(round(cell.price * 10**PRICE_DECIMALS), PRICE_DECIMALS)
        case Time():
            return clock.text(cell.time_ms).removesuffix(" UTC")
        case _:
            return shortened(str(cell))


def shortened(text: str) -> str:
    """The text, or the two ends of one that is as long as an address."""
    return text if len(text) <= LONG else f"{text[:16]}…{text[-8:]}"


def _json(cell: Cell) -> Any:
    match cell:
        case Money():
            return {"asset": cell.asset.symbol, "amount": str(cell.amount)}
        case Price():
            return price_text(cell.price)
        case Time():
            return cell.time_ms
        case _:
            return cell


def _csv(cell: Cell) -> Sequence[str] | str | int:
    match cell:
        case None:
            return ""
        case Money():
            return decimal(cell.amount, cell.asset.decimals)
        case Price():
            return price_text(cell.price)
        case Time():
            return clock.text(cell.time_ms).removesuffix(" UTC")
        case str() if cell.startswith(_FORMULA):
            return "'" + cell
        case _:
            return cell
