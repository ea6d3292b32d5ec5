"""The options of `zksettle bench …`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from prover.cli.frame import paths

F = TypeVar("F", bound=Callable[..., Any])


class Sizes(click.ParamType):
    """Whole numbers separated by commas, each in a range."""

    name = "sizes"

    def __init__(self, least: int, most: int):
        self._least, self._most = least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        words = value.split(",") if isinstance(value, str) else value
        for word in words:
            if not (str(word).isascii() and str(word).isdigit() and self._least <= int(word) <= self._most):
                self.fail(f"{word!r} is not a whole number from {self._least} to {self._most}", param, ctx)
        return tuple(sorted({int(word) for word in words}))


_THREADS = click.option(
    "--threads",
    type=click.IntRange(1, 1024),
    metavar="N",
    help="Number of threads that kernels run on. Default: ZKSETTLE_THREADS, else every core.",
)
_OPTIONS = [
    click.option("--runs", type=click.IntRange(1, 10_000), default=5, show_default=True, metavar="N",
                 help="Number of warm runs to time."),
    click.option("--against", type=paths.Existing(), metavar="FILE.json",
                 help="An earlier report made with --json: show the change of every time."),
    click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.svg",
                 help="Draw the report as an SVG chart. Needs matplotlib: pip install 'zksettle[plot]'."),
    click.option("--markdown", type=paths.Output(), metavar="FILE.md",
                 help="Write the report as a page, with the environment that it was made in."),
]  # fmt: skip
_CSV = click.option("--csv", type=paths.Output(), metavar="FILE.csv", help="Write every run, one on a line.")


def common(function: F) -> F:
    """The options of a benchmark: --threads and those of `single_threaded`."""
    return _THREADS(single_threaded(function))


def reported(function: F) -> F:
    """The options of a benchmark that runs once: --against, --plot, --markdown."""
    for option in reversed(_OPTIONS[1:]):
        function = option(function)
    return function


def single_threaded(function: F) -> F:
    """The options of every benchmark of repeated work: --runs, --against, --plot, --markdown, --csv."""
    for option in reversed([*_OPTIONS, _CSV]):
        function = option(function)
    return function


def sizes(least: int, most: int, default: tuple[int, ...], help: str) -> Callable[[F], F]:
    """The option --sizes."""
    return click.option("--sizes", type=Sizes(least, most), metavar="N,N,…", show_default=True,
                        default=",".join(map(str, default)), help=help)  # fmt: skip
