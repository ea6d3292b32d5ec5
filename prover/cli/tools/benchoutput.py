"""Running a benchmark and showing its report: tables, what it was measured on, a chart, an earlier report beside it."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from prover.cli.frame import paths, watching, workspace
from prover.cli.frame.command import App
from prover.cli.frame.screen import seconds, size

if TYPE_CHECKING:
    from prover.bench.report import Found, Section
    from prover.proofs.keystores import Keystore


class Sizes(click.ParamType):
    """Whole numbers with commas between them, each in a range."""

    name = "sizes"

    def __init__(self, least: int, most: int):
        self._least, self._most = least, most

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        words = value.split(",") if isinstance(value, str) else value
        for word in words:
            if not (str(word).isascii() and str(word).isdigit() and self._least <= int(word) <= self._most):
                self.fail(f"{word!r} is not a whole number from {self._least} to {self._most}", param, ctx)
        return tuple(sorted({int(word) for word in words}))


_THREADS = click.option(
    "--threads",
    type=click.IntRange(1, 1024),
    metavar="N",
    help="How many threads kernels run on. Default: ZKSETTLE_THREADS, else every core.",
)
_OPTIONS = [
    click.option("--runs", type=click.IntRange(1, 10_000), default=5, show_default=True, metavar="N",
                 help="How many warm runs to time."),
    click.option("--against", type=paths.Existing(), metavar="FILE.json",
                 help="An earlier report made with --json: show how much has changed."),
    click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.svg",
                 help="Draw the report as an SVG chart. Needs matplotlib: pip install 'zksettle[plot]'."),
]  # fmt: skip


def options(function: Callable) -> Callable:
    """The options of a benchmark: --threads and those of `options_on_one_thread`."""
    return _THREADS(options_on_one_thread(function))


def options_on_one_thread(function: Callable) -> Callable:
    """The options of every benchmark: --runs, --against, --plot."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def run(app: App, about: dict[str, Any], bench: "Callable[[Keystore], Found]", against: Path | None,
        plot: Path | None, threads: int | None = None) -> None:  # fmt: skip
    """Measures with warm kernels and keys, and shows what was found.

    Raises, before anything is measured, click.ClickException when a chart is wanted and matplotlib is not there, and
    FormatError when `against` is no report.
    """
    from prover.bench import charts, report
    from prover.machine import hardware
    from prover.proofs.keystores import Keystore
    from prover.upkeep import warmup

    if plot is not None and not charts.is_possible():
        raise click.ClickException("--plot needs matplotlib: pip install 'zksettle[plot]'")
    earlier = None if against is None else report.earlier(paths.read_bytes(against), str(against))
    if threads is not None:
        os.environ["ZKSETTLE_THREADS"] = str(threads)
    with watching.show_progress(app):
        keystore = Keystore(app.home.keys, workspace.now_ms())
        warmup.run(keystore)
        found = bench(keystore)
    document = report.to_json(about, hardware.describe(), hardware.peak_memory_bytes(), found)
    sections = list(found.sections)
    if earlier is not None:
        sections.append(report.against(document, earlier))
        document["against"] = sections[-1].rows
    _print(app, document, sections)
    if plot is not None:
        paths.write_text(plot, charts.draw(document))
        app.screen.say(f"The chart is in {plot}.")
    app.screen.document(document)


def _print(app: App, document: dict[str, Any], sections: "Sequence[Section]") -> None:
    if document["timings"]:
        app.screen.table(
            ("what", "size", ">threads", ">first", ">least", ">median", ">most", ">each"),
            [_timing_row(timing) for timing in document["timings"]],
        )
    for section in sections:
        app.screen.gap()
        app.screen.table(
            [("" if column.kind == "text" else ">") + column.heading for column in section.columns],
            [[_cell(row[column.key], column.kind) for column in section.columns] for row in section.rows],
            title=section.title,
        )
    app.screen.gap()
    for note in document["notes"]:
        app.screen.paragraph(note)
    _print_machine(app, document)


def _timing_row(timing: dict[str, Any]) -> tuple[str, ...]:
    times = (seconds(timing[key]) for key in ("first_s", "min_s", "median_s", "max_s"))
    each = seconds(timing["each_s"]) if timing["items"] > 1 else ""
    return timing["name"], timing["size"], str(timing["threads"]), *times, each


def _cell(value: Any, kind: str) -> str:
    """A value as its column's kind shows it; nothing where there is none."""
    if value is None:
        return ""
    shown = {"seconds": seconds, "ratio": "{:.2f}".format, "percent": "{:.1%}".format, "count": "{:,}".format}
    return shown.get(kind, str)(value)


def _print_machine(app: App, document: dict[str, Any]) -> None:
    machine, peak = document["machine"], document["peak_memory_bytes"]
    runs = [timing["runs"] for timing in document["timings"]]
    app.screen.fields([
        ("machine", f"{machine['cpu']}, {machine['cores']} cores, {machine['threads']} threads"),
        ("features", ", ".join(machine["features"]) or "not told"),
        ("kernels", f"{machine['lanes']} lane{'s' if machine['lanes'] > 1 else ''}"),
        ("software", ", ".join((f"zksettle {machine['zksettle']}", f"commit {machine['commit']}",
                                f"Python {machine['python']}", f"Numba {machine['numba']}"))),
        *([("runs", f"{runs[0]} warm, after a first one; kernels were compiled before")] if runs else []),
        ("memory", "not told" if peak is None else f"{size(peak)} at most"),
    ])  # fmt: skip
