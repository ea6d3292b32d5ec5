"""The comparison of two reports of one benchmark.

`against` is for a change of the program: a ratio of two times then means something only when both are of the same work
on the same machine, and any other comparison is refused with a sentence that names the difference.  `compare` is for
two machines, or two versions of what is measured: it refuses only other work, and lists what differs beside the ratios.
"""

import json
import math
from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any

from prover.bench import distributions, exports
from prover.bench.report import PROCESSOR, Column, Section
from zk.errors import FormatError

SUBJECT = ("benchmark", "statement", "circuit")
SAME = ("cpu", "cores", "threads", "lanes")  # must be equal in both machines for times to be comparable
CHANGING = ("command", "load: ", "memory: available", "clock: now")  # differ between any two reports
MAX_DEPTH = 8  # of a report's nested values
FASTER, SLOWER, UNDECIDED = "faster", "slower", "not shown to differ"

CASE = Column("case", "of")
COLUMNS = (
    Column("name", "what"), Column("size", "size"), Column("threads", "threads", "count"),
    Column("then_s", "least then", "seconds"), Column("now_s", "least now", "seconds"),
    Column("ratio", "now / then", "ratio"), Column("median_ratio", "of medians", "ratio"),
    Column("low", "at least", "ratio"), Column("high", "at most", "ratio"), Column("coverage", "coverage", "percent"),
)  # fmt: skip

Document = Mapping[str, Any]
Place = tuple[str, str, str, int]


def against(now: Document, then: Document) -> Section:
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
    before, after = _timings(then), _timings(now)
    if different := sorted(set(before) ^ set(after)):
        _, name, size, threads = different[0]
        raise FormatError(f"only one of the reports has {name}, size {size or 'none'}, threads {threads}")
    rows = [_ratio(before[place], after[place]) for place in after]
    return Section("against", f"against commit {then['machine'].get('commit')}", _columns(rows), rows)


def compare(first: Document, second: Document) -> tuple[Section, Section, list[str]]:
    """The ratios of the second report's times to the first one's, what differs around them, and notes.

    Raises FormatError when the reports are of other work, or have no timing in common.
    """
    for key in SUBJECT:
        if first.get(key) != second.get(key):
            raise FormatError(f"the reports are of different work: {key} is {first.get(key)} and {second.get(key)}")
    before, after = _timings(first), _timings(second)
    rows = [{**_ratio(before[place], after[place])} for place in after if place in before]
    if not rows:
        raise FormatError("the reports have no timing in common")
    for row in rows:
        row["verdict"] = _verdict(row)
    notes = [
        f"Only in the {which}: {name}, {' '.join(filter(None, (case, size)))}, threads {threads}."
        for which, places in (("first", before.keys() - after.keys()), ("second", after.keys() - before.keys()))
        for case, name, size, threads in sorted(places)
    ]
    columns = (*_columns(rows), Column("verdict", "the second is"))
    return Section("ratios", "second / first", columns, rows), differences(first, second), notes


def differences(first: Document, second: Document) -> Section:
    """What differs in the machines, programs and settings of two reports, and the load of both."""
    one, other = dict(_around(first)), dict(_around(second))
    rows = [
        {"what": what, "first": one.get(what, "not in it"), "second": other.get(what, "not in it")}
        for what in dict.fromkeys((*one, *other))
        if one.get(what) != other.get(what) and not what.startswith(CHANGING) or what.endswith("average")
    ]
    columns = (Column("what", "what differs"), Column("first", "first"), Column("second", "second"))
    return Section("differences", "what differs around the times", columns, rows)


def _around(report: Document) -> Iterator[tuple[str, str]]:
    yield from exports.flat({"machine": report["machine"]})
    yield from exports.flat(report.get("environment", {}))


def _timings(report: Document) -> dict[Place, Document]:
    """The timings by the work that each measures."""
    return {(t.get("case", ""), t["name"], t["size"], t["threads"]): t for t in report["timings"]}


def _columns(rows: list[dict[str, Any]]) -> tuple[Column, ...]:
    columns = (CASE, *COLUMNS) if any(row["case"] for row in rows) else COLUMNS
    return (*columns, PROCESSOR) if any(row[PROCESSOR.key] is not None for row in rows) else columns


def _ratio(then: Document, now: Document) -> dict[str, Any]:
    """Both times, and their ratio; of the medians too, with its interval, if both reports list their runs.

    And of processor times, if both counted them.
    """
    row: dict[str, Any] = {
        "case": now.get("case", ""), "name": now["name"], "size": now["size"], "threads": now["threads"],
        "then_s": then["min_s"], "now_s": now["min_s"], "ratio": round(now["min_s"] / then["min_s"], 3),
        **dict.fromkeys(("median_ratio", "low", "high", "coverage")),
        PROCESSOR.key: distributions.processor_ratio(now.get("meters"), then.get("meters")),
    }  # fmt: skip
    over, under = distributions.runs_of(now), distributions.runs_of(then)
    if over and under:
        interval = distributions.ratio(over, under)
        row |= {"median_ratio": round(median(over) / median(under), 3), "low": round(interval.low, 3),
                "high": round(interval.high, 3), "coverage": round(interval.coverage, 4)}  # fmt: skip
    return row


def _verdict(row: Mapping[str, Any]) -> str:
    """What the interval of the ratio allows to say: nothing for sure below the usual coverage."""
    if row["low"] is None or row["low"] <= 1 <= row["high"]:
        return UNDECIDED
    found = FASTER if row["high"] < 1 else SLOWER
    return found if row["coverage"] >= distributions.LEVEL else f"perhaps {found}"


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
    if not isinstance(value.get("environment", {}), dict) or not _is_shallow(value):
        return False
    return isinstance(timings, list) and all(map(_is_timing, timings))


def _is_timing(value: Any) -> bool:
    """Whether a value from a file has the parts of a timing that are compared."""
    types = {"name": str, "size": str, "threads": int, "min_s": float}
    if not isinstance(value, dict) or not all(type(value.get(key)) is kind for key, kind in types.items()):
        return False
    runs = value.get("runs_s", [])
    if not isinstance(runs, list) or not isinstance(value.get("case", ""), str):
        return False
    return all(type(time) is float and math.isfinite(time) and time > 0 for time in (value["min_s"], *runs))


def _is_shallow(value: Any) -> bool:
    """Whether nothing in it is nested deeper than in a report."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for parent in level if isinstance(parent, dict | list)
                 for child in (parent.values() if isinstance(parent, dict) else parent)]  # fmt: skip
    return not level
