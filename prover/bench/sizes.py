"""`zksettle bench sizes`: whole proofs of circuits of several sizes, their memory, and how both grow.

Each size has a process of its own, which maps the key into memory and proves when it is told to, so its memory is its
own.  The sizes take turns: what else the machine does meets all of them.  The peak is that of memory during the proofs,
above what was resident before the first one, when the kernels, the key and the witness were.
"""

import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from prover.bench import distributions, talk
from prover.bench.measure import Timing
from prover.bench.report import Column, Measurements, Section
from prover.bench.talk import Document, Side
from prover.machine import hardware, tasks, units
from zk.runtime import parallel

PROOFSIDE = (sys.executable, "-m", "prover.bench.proofside")
BYTES_PER_ROW, BASE_BYTES = 3 << 10, 256 << 20  # of memory that making a key takes, measured at 2^16, 2^18 and 2^20
MAKING_S = 3600.0
PROVING_S = 900.0

SIZE_COLUMNS = (
    Column("size", "size"), Column("constraints", "constraints", "count"), Column("median_s", "median", "seconds"),
    Column("processor_s", "processor time", "seconds"), Column("each_s", "per constraint", "seconds"),
    Column("verify_s", "verify", "seconds"),
    Column("key_bytes", "key", "bytes"), Column("above_bytes", "peak above", "bytes"),
    Column("each_bytes", "each", "bytes"), Column("made_s", "key made in", "seconds"),
)  # fmt: skip
GROWTH_COLUMNS = (
    Column("what", "growth of"), Column("sizes", "over"), Column("exponent", "exponent", "ratio"),
    Column("low", "at least", "ratio"), Column("high", "at most", "ratio"), Column("coverage", "coverage", "percent"),
)  # fmt: skip


class Measured:
    """What was measured of one size."""

    def __init__(self, log_size: int, made: Document, opened: Document):
        self.size, self.made = f"2^{log_size}", made
        self.constraints: int = opened["constraints"]
        self.key_bytes: int = opened["key_bytes"]
        self.resident_bytes: int | None = opened["resident_bytes"]
        self.prove_s: list[float] = []
        self.processor_s: list[float] = []
        self.verify_s: list[float] = []
        self.above_bytes: list[int] = []
        self.phases: Mapping[str, float] = {}

    def add(self, answer: Document) -> None:
        """One more proof."""
        self.prove_s.append(answer["prove_s"])
        self.processor_s.append(answer["processor_s"])
        self.verify_s.append(answer["verify_s"])
        if answer["peak_bytes"] is not None and self.resident_bytes is not None:
            self.above_bytes.append(max(answer["peak_bytes"] - self.resident_bytes, 0))

    def timings(self, threads: int) -> list[Timing]:
        """The times of proofs and of verifications."""
        return [
            Timing(name, self.size, 1, threads, runs[0], tuple(runs[1:]))
            for name, runs in (("prove", self.prove_s), ("verify", self.verify_s))
        ]


def memory_bytes(log_size: int) -> int:
    """About how much memory making the key of a size takes, which is more than proving with it."""
    return BASE_BYTES + (BYTES_PER_ROW << log_size)


def bench(log_sizes: Sequence[int], runs: int) -> Measurements:
    """Proofs of chains that fill domains of these sizes.

    Raises RuntimeError when a process fails, or when the machine has too little memory to make the largest key.
    """
    needed, free = memory_bytes(max(log_sizes)), hardware.free_memory_bytes()
    if free is not None and free < needed:
        raise RuntimeError(
            f"a key for 2^{max(log_sizes)} takes about {units.size(needed)} of memory, and {units.size(free)} are free"
        )
    with tempfile.TemporaryDirectory(prefix="zksettle-bench-") as name, ExitStack() as running:
        folder = Path(name)
        made = {log_size: _made(log_size, folder) for log_size in log_sizes}
        sides = {log_size: _opened(log_size, folder, running) for log_size in log_sizes}
        sizes = {k: Measured(k, made[k], sides[k].hear(PROVING_S)) for k in log_sizes}
        with tasks.task("Proving", total=(runs + 1) * len(sides)) as task:
            for _ in range(runs + 1):
                for log_size, side in sides.items():
                    side.tell(do="prove")
                    sizes[log_size].add(side.hear(PROVING_S))
                    task.advance()
        for log_size, side in sides.items():
            side.tell(do="phases")
            sizes[log_size].phases = side.hear(PROVING_S)
    return report(list(sizes.values()))


def report(sizes: Sequence[Measured]) -> Measurements:
    """The times, one row for each size, and how time and memory grow from size to size and over all."""
    title = "whole proofs; the peak of memory is above the key's own, in all and for each constraint"
    sections = [Section("sizes", title, SIZE_COLUMNS, list(map(_size, sizes)))]
    if len(sizes) > 1:
        sections.append(Section("growth", "growth with the number of constraints: 1 is linear", GROWTH_COLUMNS,
                                growth(sizes)))  # fmt: skip
        sections.append(_phases(sizes))
    notes = () if all(size.above_bytes for size in sizes) else ("The system does not tell a process's peak memory.",)
    return Measurements([t for size in sizes for t in size.timings(parallel.threads())], tuple(sections), notes)


def growth(sizes: Sequence[Measured]) -> list[dict[str, Any]]:
    """Exponents of time and of memory: from each size to the next, and over all of them."""
    spans = [sizes[i : i + 2] for i in range(len(sizes) - 1)]
    if len(sizes) > 2:
        spans.append(sizes)
    rows = []
    for what in ("time", "processor time", "memory above the key"):
        for span in spans:
            values = {size.constraints: _values(size, what) for size in span}
            if all(value and min(value) > 0 for value in values.values()):
                exponent, interval = distributions.exponent(values)
                rows.append({
                    "what": what, "sizes": f"{span[0].size} to {span[-1].size}", "exponent": round(exponent, 3),
                    "low": round(interval.low, 3), "high": round(interval.high, 3),
                    "coverage": round(interval.coverage, 4),
                })  # fmt: skip
    return rows


def _values(size: Measured, what: str) -> Sequence[float]:
    """The warm runs."""
    return {"time": size.prove_s, "processor time": size.processor_s}.get(what, size.above_bytes)[1:]


def _size(size: Measured) -> dict[str, Any]:
    middle, above = median(size.prove_s[1:]), max(size.above_bytes, default=None)
    return {
        "size": size.size, "constraints": size.constraints, "median_s": round(middle, 9),
        "processor_s": round(median(size.processor_s[1:]), 9), "each_s": round(middle / size.constraints, 13),
        "verify_s": round(median(size.verify_s[1:]), 9),
        "key_bytes": size.key_bytes, "above_bytes": above,
        "each_bytes": None if above is None else round(above / size.constraints),
        "made_s": round(size.made["seconds"], 3), "making_bytes": size.made["peak_bytes"],
    }  # fmt: skip


def _phases(sizes: Sequence[Measured]) -> Section:
    """Processor time of each phase for each size, and the exponent from the least size to the largest."""
    first, last = sizes[0], sizes[-1]
    columns = [Column("phase", "phase"), *(Column(size.size, size.size, "seconds") for size in sizes),
               Column("exponent", "exponent", "ratio")]  # fmt: skip
    rows = []
    for phase in last.phases:
        values = {size.constraints: [size.phases.get(phase, 0.0)] for size in sizes}
        has_all = all(value > 0 for runs in values.values() for value in runs)
        exponent = round(distributions.exponent(values)[0], 3) if has_all else None
        rows.append({"phase": phase, **{size.size: round(size.phases.get(phase, 0.0), 9) for size in sizes},
                     "exponent": exponent})  # fmt: skip
    return Section("phases", f"processor time by phase in one more proof, {first.size} to {last.size}",
                   tuple(columns), rows)  # fmt: skip


def _made(log_size: int, folder: Path) -> Document:
    note = f"a key for {1 << log_size:,} constraints"
    with tasks.task(f"Making a key for 2^{log_size}", note), talk.process(
        f"maker of 2^{log_size}", folder, {"make": log_size, "folder": str(folder / str(log_size))}, PROOFSIDE
    ) as side:  # fmt: skip
        return side.hear(MAKING_S)


def _opened(log_size: int, folder: Path, running: ExitStack) -> Side:
    asked = {"open": str(folder / str(log_size))}
    return running.enter_context(talk.process(f"prover of 2^{log_size}", folder, asked, PROOFSIDE))
