"""Reports of benchmarks, with everything that a measurement must name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from prover.bench.measure import Timing


@dataclass(frozen=True)
class Column:
    """A column of a section: its key in JSON, its heading, and the kind of its values (prover/bench/tables.py)."""

    key: str
    heading: str
    kind: str = "text"


PROCESSOR = Column("processor_ratio", "of processor times", "ratio")  # which others on the machine disturb less


@dataclass(frozen=True)
class Section:
    """A table beside the timings."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Measurements:
    """The timings of a benchmark, its other tables, and notes about what could not be measured.

    `surroundings` has what only the benchmark knows of its environment: other programs, and the files that it measured.
    """

    timings: Sequence[Timing]
    sections: tuple[Section, ...] = ()
    notes: tuple[str, ...] = ()
    surroundings: Mapping[str, Any] = field(default_factory=dict)


def to_json(
    about: Mapping[str, Any],
    machine: Mapping[str, Any],
    environment: Mapping[str, Any],
    peak_bytes: int | None,
    measurements: Measurements,
) -> dict[str, Any]:
    """The document that `--json` prints and that prover/bench/comparison.py reads."""
    return {
        **about,
        "machine": dict(machine),
        "environment": {**environment, **measurements.surroundings},
        "peak_memory_bytes": peak_bytes,
        "timings": [timing.to_json() for timing in measurements.timings],
        **{section.name: [dict(row) for row in section.rows] for section in measurements.sections},
        "notes": list(measurements.notes),
    }
