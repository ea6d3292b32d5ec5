"""`zksettle bench throughput`: proofs per second when several are requested at once.

In this process the witnesses of a batch are computed, eight at a time, and then its proofs (`prover.prove_many`), each
from nothing: a batch repeats the samples, from which repeated proofs would take next to nothing.
Beside the rate stands the processor time of a proof, which other programs hardly change, and how many cores were busy.
The service does the work of `zksettle prove`: it reads the inputs, checks the relation, and verifies its own proof.
"""

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from circuits import samples
from circuits.frontend import program
from circuits.statements import statement
from prover.bench.measure import Timing, measure
from prover.bench.report import Column, Measurements, Section
from prover.proofs.keystores import Keystore
from prover.service import client
from prover.service.protocol import Failed
from zk.runtime import parallel

WITNESSES = 8  # computed side by side
PROCESSOR = "processor_s"
COLUMNS = (
    Column("name", "where"), Column("batch", "batch", "count"), Column("per_second", "proofs per second", "ratio"),
    Column("processor_s", "processor time of each", "seconds"), Column("busy_cores", "cores busy", "ratio"),
)  # fmt: skip


def bench(name: str, keystore: Keystore, *, service: Path, sizes: Sequence[int], runs: int) -> Measurements:
    """Batches of these sizes, which cycle through the statement's honest samples."""
    cases = samples.honest(name)
    timings = _metered("in this process", _here(name, keystore, cases), sizes, runs)
    notes: tuple[str, ...] = ()
    if client.status(service) is not None:
        with ThreadPoolExecutor(max(sizes)) as callers:
            timings += _batches("by the service", _there(name, service, cases, callers), sizes, runs)
    else:
        notes = ("No prover service runs in this home, so none was measured: `zksettle prover serve` starts one.",)
    return Measurements(timings, (_section(timings),), notes)


def _batches(where: str, prove: Callable[[int], object], sizes: Sequence[int], runs: int) -> list[Timing]:
    """The time of `prove(size)`, which makes that many proofs, for each size."""
    return [measure(where, f"{size} at once", partial(prove, size), runs, size) for size in sizes]


def _metered(where: str, prove: Callable[[int], object], sizes: Sequence[int], runs: int) -> list[Timing]:
    """As `_batches`, with the processor time that this process took for each warm batch."""
    timings = []
    for size in sizes:
        spent_s: list[float] = []

        def work(size: int = size, spent_s: list[float] = spent_s) -> None:
            began_s = time.process_time()
            prove(size)
            spent_s.append(time.process_time() - began_s)

        timing = measure(where, f"{size} at once", work, runs, size)
        timings.append(replace(timing, meters={PROCESSOR: tuple(spent_s[1:])}))
    return timings


def _here(name: str, keystore: Keystore, cases: Sequence[tuple[Any, Any]]) -> Callable[[int], object]:
    """A function that makes a number of proofs."""
    from zk.groth16 import prover

    key = keystore.open(name)
    inputs = [statement.inputs(public) + statement.inputs(private) for public, private in cases]

    def prove(count: int) -> None:
        requested = [inputs[i % len(inputs)] for i in range(count)]
        parts = [requested[first : first + WITNESSES] for first in range(0, count, WITNESSES)]
        witnesses = chain.from_iterable(parallel.map(partial(program.run_batch, key.program), parts))
        prover.prove_many(key.proving, list(witnesses), from_nothing=True)

    return prove


def _there(
    name: str, service: Path, cases: Sequence[tuple[Any, Any]], callers: ThreadPoolExecutor
) -> Callable[[int], object]:
    requests = [
        json.dumps({"public": statement.to_json(public), "private": statement.to_json(private)}).encode()
        for public, private in cases
    ]

    def ask(index: int) -> None:
        errors: list[str] = []
        if client.prove_statement(service, name, requests[index % len(requests)], errors.append) is None:
            raise Failed(errors[0] if errors else "the prover service ended while it was being measured")

    return lambda count: list(callers.map(ask, range(count)))


def _section(timings: Sequence[Timing]) -> Section:
    return Section("throughput", "proofs per second, fastest batch", COLUMNS, [
        {"name": timing.name, "batch": timing.items, "per_second": round(1 / timing.each_s, 3), **_spent(timing)}
        for timing in timings
    ])  # fmt: skip


def _spent(timing: Timing) -> dict[str, float | None]:
    """The least processor time of a proof, and the cores that were busy with the fastest batch; if it was metered."""
    if PROCESSOR not in timing.meters:
        return {"processor_s": None, "busy_cores": None}
    spent_s = [value for value in timing.meters[PROCESSOR] if value is not None]
    fastest = timing.runs_s.index(timing.min_s)
    return {"processor_s": round(min(spent_s) / timing.items, 9),
            "busy_cores": round(spent_s[fastest] / timing.min_s, 3)}  # fmt: skip
