"""The tables of a report, as text: what the screen shows, and what a page has."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prover.bench.report import Section
from prover.machine import units

QUANTILES = (("first", "first_s"), ("least", "min_s"), ("25 %", "quarter_s"), ("median", "median_s"),
             ("75 %", "three_quarters_s"), ("95 %", "p95_s"))  # fmt: skip

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """Rows under columns.  A column whose name begins with > is right-aligned."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]


def of(document: Document, sections: Sequence[Section], *, is_wide: bool = False) -> list[Table]:
    """The table of the timings, if there are some, and one for each section; a wide one has intervals too."""
    timings = [of_timings(document["timings"], is_wide)] if document["timings"] else []
    return timings + [of_section(section) for section in sections]


def of_timings(timings: Sequence[Document], is_wide: bool) -> Table:
    """The quantiles of every timing."""
    has_cases = any("case" in timing for timing in timings)
    has_each = any(timing["items"] > 1 for timing in timings)
    return Table(
        "",
        (*(["of"] if has_cases else []), "what", "size", ">threads", *(f">{name}" for name, _ in QUANTILES),
         *([">median between", ">coverage"] if is_wide else []), *([">each"] if has_each else [])),
        [
            (*([timing.get("case", "")] if has_cases else []), timing["name"], timing["size"], str(timing["threads"]),
             *(units.seconds(timing[key]) for _, key in QUANTILES), *(_interval(timing) if is_wide else []),
             *([units.seconds(timing["each_s"]) if timing["items"] > 1 else ""] if has_each else []))
            for timing in timings
        ],
    )  # fmt: skip


def _interval(timing: Document) -> list[str]:
    """The interval of the median, and its coverage."""
    between = f"{units.seconds(timing['low_s'])} and {units.seconds(timing['high_s'])}"
    return [between, f"{timing['coverage']:.1%}"]


def of_section(section: Section) -> Table:
    """The rows of a section, each value in the format of its column's kind."""
    columns = section.columns
    return Table(
        section.title,
        tuple(("" if column.kind == "text" else ">") + column.heading for column in columns),
        [tuple(cell(row[column.key], column.kind) for column in columns) for row in section.rows],
    )


def cell(value: Any, kind: str) -> str:
    """A value in the format of its column's kind; nothing for None."""
    if value is None:
        return ""
    formats: dict[str, Callable[[Any], str]] = {
        "seconds": units.seconds, "ratio": "{:.2f}".format, "percent": "{:.1%}".format, "count": "{:,.12g}".format,
        "bytes": units.size, "joules": "{:.3g} J".format,
    }  # fmt: skip
    return formats.get(kind, str)(value)


def machine(document: Document) -> list[tuple[str, str]]:
    """The fields that name the machine, the software and the runs."""
    about, peak = document["machine"], document["peak_memory_bytes"]
    runs = [timing["runs"] for timing in document["timings"]]
    return [
        ("machine", f"{about['cpu']}, {about['cores']} cores, {about['threads']} threads"),
        ("features", ", ".join(about["features"]) or "unknown"),
        ("kernels", f"{about['lanes']} lane{'s' if about['lanes'] > 1 else ''}"),
        ("software", ", ".join((f"zksettle {about['zksettle']}", f"commit {about['commit']}",
                                f"Python {about['python']}", f"Numba {about['numba']}"))),
        *([("runs", f"{runs[0]} warm, after a first one; kernels were compiled before")] if runs else []),
        *([("load", load)] if (load := _load(document)) else []),
        ("memory", "unknown" if peak is None else f"{units.size(peak)} at most"),
    ]  # fmt: skip


def _load(document: Document) -> str:
    """The average load of a minute, at the start and at the end; nothing where the system does not tell."""
    load = document["environment"]["load"]
    ends = [load[end]["average"] for end in ("start", "end")]
    return "" if None in ends else f"{ends[0][0]:.2f} at the start, {ends[1][0]:.2f} at the end"
