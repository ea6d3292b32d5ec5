"""The output of a command: lines and tables for people, one JSON document for programs.

In JSON mode only `document` prints; otherwise everything else does.  So a command calls all of them and need not know
the mode.  File names and messages of circuits may contain terminal control characters; they are escaped here.  Rich is
imported only when a table goes to a terminal.
"""

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import zip_longest
from typing import Any

import click

WIDTH = 100
STYLES: dict[str, dict[str, Any]] = {
    "": {},
    "title": {"bold": True, "fg": "cyan"},
    "strong": {"bold": True},
    "good": {"fg": "green"},
    "bad": {"fg": "red"},
    "warn": {"fg": "yellow"},
    "dim": {"dim": True},
}


def is_terminal(stream: Any) -> bool:
    """Whether this stream is a terminal that can draw."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def printable(text: str, keep: str = "") -> str:
    """The text with escapes, such as \\n and \\x1b, for everything but printable characters and those in `keep`."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)


def tell(text: str, **style: Any) -> None:
    """Prints one line on standard error, if it can: no work may fail for want of somewhere to show its progress."""
    with suppress(OSError):
        click.secho(printable(text), err=True, **style)


class Broken(Exception):
    """Standard output cannot be written to."""


class Screen:
    """Standard output."""

    def __init__(self, is_json: bool = False):
        self.is_json = is_json
        self._has_document = False

    @property
    def is_terminal(self) -> bool:
        """Whether tables are drawn rather than written."""
        return not self.is_json and is_terminal(sys.stdout)

    @contextmanager
    def delivering(self) -> Iterator[None]:
        """A block that prints; at its end everything has left the program.  Raises Broken when it cannot."""
        try:
            yield
            sys.stdout.flush()
        except OSError as error:
            raise Broken(f"standard output: {error.strerror}") from error

    def say(self, text: str = "", style: str = "") -> None:
        """Prints one line; on a terminal, in one of STYLES."""
        if not self.is_json:
            click.secho(printable(text), **STYLES[style])

    def block(self, text: str) -> None:
        """Prints several lines of trusted text."""
        if not self.is_json:
            click.echo(printable(text, keep="\n"))

    def gap(self) -> None:
        """Prints an empty line before a table in a pipe; on a terminal a table has its own."""
        if not self.is_terminal:
            self.say()

    def paragraph(self, text: str, style: str = "") -> None:
        """Prints running text, wrapped."""
        for line in textwrap.wrap(text, self.width(), break_on_hyphens=False) or [""]:
            self.say(line, style)

    def item(self, mark: str, style: str, name: str, text: str) -> None:
        """Prints an item of a list: a coloured mark, a name, and wrapped text beside them."""
        if self.is_json:
            return
        indent = len(mark) + len(name) + 3
        first, *rest = textwrap.wrap(printable(text), max(self.width() - indent, 20), break_on_hyphens=False) or [""]
        click.echo(f"{click.style(mark, **STYLES[style])} {click.style(name, bold=True)}  {first}")
        for line in rest:
            click.echo(" " * indent + line)

    def width(self) -> int:
        """The number of columns to fill."""
        return min(shutil.get_terminal_size().columns, WIDTH) if self.is_terminal else WIDTH

    def fields(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Prints names and values, one pair per line, with the values aligned."""
        width = max((len(name) for name, _ in pairs), default=0)
        for name, value in pairs:
            if not self.is_json:
                first, *rest = printable(str(value), keep="\n").split("\n")
                click.echo(click.style(name.ljust(width), dim=True) + "  " + first)
                for line in rest:
                    click.echo(" " * (width + 2) + line)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> None:
        """Prints a table.  A column whose name begins with > is right-aligned."""
        if self.is_terminal:
            _draw(columns, rows, title)
        elif not self.is_json:
            _write(columns, rows, title)

    def document(self, value: Any) -> None:
        """Prints the command's one JSON document; another one after it, even a part of it, is left out."""
        if self.is_json and not self._has_document:
            self._has_document = True
            text = json.dumps(value, indent=2, ensure_ascii=False)
            # An unprintable character can only be inside a string, where JSON has an escape for it.
            click.echo("".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text))


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
        table.add_row(*(Text(printable(str(cell), keep="\n")) for cell in row))
    console = Console(highlight=False, soft_wrap=False)
    console.width = min(console.width, WIDTH)
    console.print(table)


def _write(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str) -> None:
    names = [name.lstrip(">") for name in columns]
    cells = [names]
    for row in rows:
        cells += map(list, zip_longest(*(printable(str(cell), keep="\n").split("\n") for cell in row), fillvalue=""))
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns))]
    if title:
        click.echo(title)
    for row in cells:
        parts = (
            cell.rjust(width) if name.startswith(">") else cell.ljust(width)
            for cell, width, name in zip(row, widths, columns, strict=True)
        )
        click.echo("  ".join(parts).rstrip())


def short(text: str, digits: int = 8) -> str:
    """Abbreviates a long number or digest to its two ends."""
    return text if len(text) <= 2 * digits + 1 else f"{text[:digits]}…{text[-digits:]}"
