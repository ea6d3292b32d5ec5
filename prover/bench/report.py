"""Reports of benchmarks, with everything that a measurement must name, and the comparison of two reports.

A ratio of two times means something only when both are of the same work on the same machine.  Any other comparison is
refused with a sentence that names the difference.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prover.bench.measure import Timing
from zk.errors import FormatError

SUBJECT = ("benchmark", "statement", "circuit")
SAME = ("cpu", "cores", "threads", "lanes")  # must be equal in both machines for times to be comparable


@dataclass(frozen=True)
class Column:
    """A column of a section: its key in JSON, its heading, and the kind of its values (`bench_run` formats each)."""

    key: str
    heading: str
    kind: str = "text"


@dataclass(frozen=True)
class Section:
    """A table beside the timings."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Measurements:
    """The timings of a benchmark, its other tables, and notes about what could not be measured."""

    timings: Sequence[Timing]
    sections: tuple[Section, ...] = ()
    notes: tuple[str, ...] = ()


def to_json(
    about: Mapping[str, Any], machine: Mapping[str, Any], peak_bytes: int | None, measurements: Measurements
) -> dict[str, Any]:
    """The document that `--json` prints and that `--against` reads."""
    return {
        **about,
        "machine": dict(machine),
        "peak_memory_bytes": peak_bytes,
        "timings": [timing.to_json() for timing in measurements.timings],
        **{section.name: [dict(row) for row in section.rows] for section in measurements.sections},
        "notes": list(measurements.notes),
    }


def against(now: Mapping[str, Any], then: Mapping[str, Any]) -> Section:
    """The ratio of every timing of a report to the same timing of an earlier one, which `earlier` read.

    Raises FormatError when the earlier report is of another benchmark, another machine or other sizes.
    """
    for key in SUBJECT:
        if then.get(key) != now.get(key):
            raise FormatError(f"the earlier report is of another {key}: {then.get(key)}, not {now.get(key)}")
    for key in SAME:
        if then["machine"].get(key) != now["machine"][key]:
            raise FormatError(
                f"the earlier report is from another machine or setting: {key} was {then['machine'].get(key)} and is "
                f"{now['machine'][key]}"
            )
    before, after = ({_place(timing): timing for timing in report["timings"]} for report in (then, now))
    if different := sorted(set(before) ^ set(after)):
        name, size, threads = different[0]
        raise FormatError(f"only one of the reports has {name}, size {size or 'none'}, threads {threads}")
    return Section(
        "against",
        f"against commit {then['machine'].get('commit')}",
        (Column("name", "what"), Column("size", "size"), Column("threads", "threads", "count"),
         Column("then_s", "least then", "seconds"), Column("now_s", "least now", "seconds"),
         Column("ratio", "now / then", "ratio")),
        [_ratio(before[place], after[place]) for place in after],
    )  # fmt: skip


def _place(timing: Mapping[str, Any]) -> tuple[str, str, int]:
    """The work that a timing measures."""
    return timing["name"], timing["size"], timing["threads"]


def _ratio(then: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": now["name"],
        "size": now["size"],
        "threads": now["threads"],
        "then_s": then["min_s"],
        "now_s": now["min_s"],
        "ratio": round(now["min_s"] / then["min_s"], 3),
    }


def earlier(data: bytes, name: str) -> dict[str, Any]:
    """The report in a file.  Raises FormatError when a part that is compared is missing or malformed."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        document = None
    if not _is_report(document):
        raise FormatError(f"{name} is not a report made by `zksettle bench … --json`")
    return document


def _is_report(value: Any) -> bool:
    """Whether a value from a file has the parts of a report that are compared."""
    if not isinstance(value, dict) or not isinstance(value.get("machine"), dict) or "benchmark" not in value:
        return False
    timings = value.get("timings")
    return isinstance(timings, list) and all(map(_is_timing, timings))


def _is_timing(value: Any) -> bool:
    """Whether a value from a file has the parts of a timing that are compared."""
    types = {"name": str, "size": str, "threads": int, "min_s": float}
    if not isinstance(value, dict) or not all(type(value.get(key)) is kind for key, kind in types.items()):
        return False
    return math.isfinite(value["min_s"]) and value["min_s"] > 0
