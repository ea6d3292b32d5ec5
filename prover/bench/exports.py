"""A report as files for others: every run as a line of CSV, and a page in Markdown with everything that it names."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prover.bench.tables import Document, Table

RUN_COLUMNS = ("benchmark", "of", "case", "name", "size", "threads", "items", "run", "seconds")
ESCAPED = str.maketrans({"|": "\\|", "\n": " ", "<": "&lt;", "*": "\\*", "_": "\\_", "`": "\\`", "[": "\\["})
WORDS = {True: "yes", False: "no"}
INTERVALS = (
    "A quantile is interpolated between two runs. The median is between the two ends with the coverage beside them, "
    "whatever the distribution of times is: each end is a run (order statistics)."
)

INTERVALS_OF_RATIOS = (
    "The ratio of two medians is between the two ends with the coverage beside them, which follow from an interval of "
    "each median (order statistics), whatever the distributions of the times are. A time is called faster or slower "
    "only where 1 is outside and the coverage is at least 95 %, which takes seven runs of each."
)


def as_csv(document: Document) -> str:
    """One line for each run of each timing, in the order of its columns; run 0 is the first one, which may compile.

    A meter that was read at the warm runs (energy, counters) has a column of its own.
    """
    meters = list(dict.fromkeys(name for timing in document["timings"] for name in timing.get("meters", ())))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((*RUN_COLUMNS, *meters))
    subject = document.get("statement") or document.get("circuit") or ""
    for timing in document["timings"]:
        work = (timing.get("case", ""), timing["name"], timing["size"], timing["threads"], timing["items"])
        for run, seconds in enumerate((timing["first_s"], *timing["runs_s"])):
            read = [timing.get("meters", {}).get(name) for name in meters]
            values = [row[run - 1] if row and run else "" for row in read]
            writer.writerow((document["benchmark"], subject, *work, run, f"{seconds:.9f}", *values))
    return out.getvalue()


def page(document: Document, tables: Sequence[Table], fields: Sequence[tuple[str, str]]) -> str:
    """A report in Markdown: its tables, its notes, and the environment in which it was made."""
    environment = document["environment"]
    parts = [f"# zksettle bench {document['benchmark']}", f"    {environment['command']}", _listed(fields)]
    parts += [markdown(table) for table in tables]
    if document["timings"]:
        parts.append(INTERVALS)
    parts += [note.translate(ESCAPED) for note in document["notes"]]
    parts += ["## Environment", markdown(Table("", ("", ""), list(flat(environment))))]
    return "\n\n".join(parts) + "\n"


def compared(document: Document) -> list[tuple[str, str]]:
    """The fields that name the two reports of a comparison."""
    return [
        (which, f"{one['file']}: {one['machine'].get('cpu')}, commit {one['machine'].get('commit')}")
        for which, one in ((which, document[which]) for which in ("first", "second"))
    ]


def comparison_page(document: Document, tables: Sequence[Table]) -> str:
    """The comparison of two reports in Markdown."""
    fields = compared(document)
    for which in ("first", "second"):
        fields += [(f"{which}, SHA-256", document[which]["sha256"])]
        fields += [(f"{which}, made by", document[which]["command"])] if document[which]["command"] else []
    parts = [f"# zksettle bench {document['of']}: two reports".translate(ESCAPED), _listed(fields), INTERVALS_OF_RATIOS]
    parts += [*map(markdown, tables), *(note.translate(ESCAPED) for note in document["notes"])]
    return "\n\n".join(parts) + "\n"


def markdown(table: Table) -> str:
    """A table in Markdown, under its title."""
    lines = [f"### {table.title[:1].upper()}{table.title[1:]}", ""] if table.title else []
    lines.append(_line([column.removeprefix(">") for column in table.columns]))
    lines.append("|" + "|".join("---:" if column.startswith(">") else "---" for column in table.columns) + "|")
    return "\n".join(lines + [_line(row) for row in table.rows])


def flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """The values of nested dictionaries as text, each after the words that lead to it; None as "not exposed"."""
    for key, value in values.items():
        name = f"{prefix}{key}".replace("_", " ")
        if isinstance(value, Mapping):
            yield from flat(value, f"{name}: " if not prefix else f"{prefix}{key}, ")
        elif isinstance(value, list):
            words = list(map(str, value))
            yield name, ("; " if any("," in word for word in words) else ", ").join(words)
        else:
            yield name, "not exposed" if value is None else WORDS[value] if isinstance(value, bool) else str(value)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.translate(ESCAPED) for cell in cells) + " |"


def _listed(fields: Sequence[tuple[str, str]]) -> str:
    return "\n".join(f"- {name}: {value.translate(ESCAPED)}" for name, value in fields)
