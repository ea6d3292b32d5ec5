"""What a command shows: lines and tables for people, one JSON document for programs.

In JSON mode `say`, `fields` and `table` are silent and `document` prints; otherwise it is the other way round, so that
a command calls all of them and decides nothing.  Rich is imported only when a table goes to a terminal.
"""

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import click

WIDTH = 100
STYLES = {
    "": {},
    "title": {"bold": True, "fg": "cyan"},
    "strong": {"bold": True},
    "good": {"fg": "green"},
    "bad": {"fg": "red"},
    "warn": {"fg": "yellow"},
    "dim": {"dim": True},
}


def is_terminal(stream: Any) -> bool:
    """Whether a person watches this stream on something that can draw."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


class Screen:
    """Standard output."""

    def __init__(self, is_json: bool = False):
        self.is_json = is_json

    @property
    def is_terminal(self) -> bool:
        """Whether tables are drawn rather than written."""
        return not self.is_json and is_terminal(sys.stdout)

    def say(self, text: str = "", style: str = "") -> None:
        """One line, in one of STYLES where there is a terminal."""
        if not self.is_json:
            click.secho(text, **STYLES[style])

    def gap(self) -> None:
        """An empty line before a table in a pipe; on a terminal a table has its own."""
        if not self.is_terminal:
            self.say()

    def paragraph(self, text: str, style: str = "") -> None:
        """Running text, folded."""
        for line in textwrap.wrap(text, self.width(), break_on_hyphens=False) or [""]:
            self.say(line, style)

    def item(self, mark: str, style: str, name: str, text: str) -> None:
        """A line of a list: a coloured mark, a name, and text that is folded beside them."""
        if self.is_json:
            return
        indent = len(mark) + len(name) + 3
        first, *rest = textwrap.wrap(text, max(self.width() - indent, 20), break_on_hyphens=False) or [""]
        click.echo(f"{click.style(mark, **STYLES[style])} {click.style(name, bold=True)}  {first}")
        for line in rest:
            click.echo(" " * indent + line)

    def width(self) -> int:
        """How many columns there are to fill."""
        return min(shutil.get_terminal_size().columns, WIDTH) if self.is_terminal else WIDTH

    def fields(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Names and values, one pair a line, values aligned."""
        width = max((len(name) for name, _ in pairs), default=0)
        for name, value in pairs:
            if not self.is_json:
                first, *rest = str(value).split("\n")
                click.echo(click.style(name.ljust(width), dim=True) + "  " + first)
                for line in rest:
                    click.echo(" " * (width + 2) + line)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> None:
        """A table.  A column whose name begins with > is aligned to the right."""
        if self.is_terminal:
            _draw(columns, rows, title)
        elif not self.is_json:
            _write(columns, rows, title)

    def document(self, value: Any) -> None:
        """The one JSON document of the command."""
        if self.is_json:
            click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def _draw(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=box.SIMPLE_HEAD,
        title=title or None,
        title_justify="left",
        title_style="bold",
        pad_edge=False,
        collapse_padding=True,
    )
    for name in columns:
        table.add_column(name.lstrip(">"), justify="right" if name.startswith(">") else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    console = Console(highlight=False, soft_wrap=False)
    console.width = min(console.width, WIDTH)
    console.print(table)


def _write(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str) -> None:
    names = [name.lstrip(">") for name in columns]
    cells = [names]
    for row in rows:
        cells += zip_longest(*(str(cell).split("\n") for cell in row), fillvalue="")
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns))]
    if title:
        click.echo(title)
    for row in cells:
        parts = (
            cell.rjust(width) if name.startswith(">") else cell.ljust(width)
            for cell, width, name in zip(row, widths, columns, strict=True)
        )
        click.echo("  ".join(parts).rstrip())


def printable(text: str) -> str:
    """Text from outside, without any character that could move a terminal's cursor."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def short(text: str, digits: int = 8) -> str:
    """A long number or digest as its two ends; short ones as they are."""
    return text if len(text) <= 2 * digits + 1 else f"{text[:digits]}…{text[-digits:]}"


def seconds(duration_s: float) -> str:
    """A duration as a person reads it: 14.2 ns, 840 µs, 12.3 ms, 1.84 s, 2 min 5 s."""
    if duration_s < 1e-6:
        return f"{duration_s * 1e9:.3g} ns"
    if duration_s < 0.001:
        return f"{duration_s * 1e6:.3g} µs"
    if duration_s < 1:
        return f"{duration_s * 1e3:.3g} ms"
    if duration_s < 100:
        return f"{duration_s:.3g} s"
    return f"{int(duration_s) // 60} min {int(duration_s) % 60} s"


def size(count: int) -> str:
    """A number of bytes as a person reads it: 256 B, 15.6 kB, 48.1 MB."""
    for unit, scale in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= scale:
            return f"{count / scale:.3g} {unit}"
    return f"{count} B"
