"""The tables of `zksettle bench peers`: ratios to this prover, and what the machine counted."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from prover.bench import distributions
from prover.bench.measure import Timing
from prover.bench.report import PROCESSOR, Column, Measurements, Section

OURS = "zksettle"
CASE = Column("case", "of")
COLUMNS = (
    Column("prover", "prover"), Column("work", "work"), Column("threads", "threads", "count"),
    Column("min_s", "least", "seconds"), Column("ratio", "times ours", "ratio"),
    Column("median_ratio", "of medians", "ratio"), Column("low", "at least", "ratio"),
    Column("high", "at most", "ratio"), Column("coverage", "coverage", "percent"),
)  # fmt: skip
MOST_BUSY = 0.1
METER_KINDS = {"processor_s": "seconds"}  # of the meters that are not counts; energy is in joules


def report(timings: Sequence[Timing], notes: Sequence[str], around: Mapping[str, Any]) -> Measurements:
    """The times, their ratios to ours, and what the machine counted."""
    sections = (_ratios(timings), *_metered(timings))
    return Measurements(timings, sections, tuple(dict.fromkeys(notes)), around)


def said_of_others(busy: Sequence[float | None]) -> list[str]:
    """What kept the machine busy before each case, when it is enough to spoil times."""
    most = max((share for share in busy if share is not None), default=0.0)
    if most <= MOST_BUSY:
        return []
    return [f"Other programs took up to {most:.0%} of the cores' time: compare processor times rather than times, or"
            " measure again when they rest."]  # fmt: skip


def _ratios(timings: Sequence[Timing]) -> Section:
    """The ratio of each peer's time to ours, for the same work on as many threads: of the least, and of the medians.

    Where the system counts it, also the ratio of the medians of processor time, which others disturb less.
    """
    ours = {(t.case, t.size, t.threads): t for t in timings if t.name == OURS}
    rows = []
    for timing in timings:
        base = ours.get((timing.case, timing.size, timing.threads))
        row: dict[str, Any] = dict.fromkeys(("ratio", "median_ratio", "low", "high", "coverage", PROCESSOR.key))
        if base is not None:
            row["ratio"] = round(timing.min_s / base.min_s, 2)
        if base is not None and base is not timing:
            interval = distributions.ratio(timing.runs_s, base.runs_s)
            row |= {"median_ratio": round(median(timing.runs_s) / median(base.runs_s), 3),
                    "low": round(interval.low, 3), "high": round(interval.high, 3),
                    "coverage": round(interval.coverage, 4),
                    PROCESSOR.key: distributions.processor_ratio(timing.meters, base.meters)}  # fmt: skip
        rows.append({"case": timing.case, "prover": timing.name, "work": timing.size, "threads": timing.threads,
                     "min_s": round(timing.min_s, 9), **row})  # fmt: skip
    columns = (CASE, *COLUMNS) if any(timing.case for timing in timings) else COLUMNS
    if any(row[PROCESSOR.key] is not None for row in rows):
        columns = (*columns, PROCESSOR)
    return Section("ratios", "fastest warm run, and its ratio to ours", columns, rows)


def _metered(timings: Sequence[Timing]) -> list[Section]:
    """The median of everything that was counted in a run; nothing where the machine counts nothing."""
    names = list(dict.fromkeys(name for timing in timings for name in timing.meters))
    if not names:
        return []
    columns = [*([CASE] if any(timing.case for timing in timings) else []), *COLUMNS[:3]]
    columns += [Column(name, name.removesuffix("_s").removesuffix("_j").replace("_", " "), _kind(name))
                for name in names]  # fmt: skip
    rows = []
    for timing in (timing for timing in timings if timing.meters):
        values = {name: [value for value in timing.meters[name] if value is not None] for name in names}
        rows.append({"case": timing.case, "prover": timing.name, "work": timing.size, "threads": timing.threads,
                     **{name: median(of_name) if of_name else None for name, of_name in values.items()}})  # fmt: skip
    return [Section("meters", "what the machine counted in a warm run, median", tuple(columns), rows)]


def _kind(name: str) -> str:
    return "joules" if name.endswith("_j") else METER_KINDS.get(name, "count")
