"""`zksettle bench throughput`: how many proofs a second are made when several are wanted at once.

In this process a proof is a witness and a proof; one caller more than there are threads keeps the pool busy.  The
service does what `zksettle prove` does: it reads the inputs, asks the relation, and verifies its own proof.
"""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from circuits import samples
from circuits.frontend import program
from circuits.statements import statement
from prover.bench.measure import Timing, measure
from prover.bench.report import Column, Found, Section
from prover.proofs.keystores import Keystore
from prover.service import client
from prover.service.protocol import Failed
from zk.runtime import parallel

WITNESSES = 8  # that are computed side by side
COLUMNS = (
    Column("name", "where"), Column("batch", "batch", "count"), Column("per_second", "proofs per second", "ratio"),
)  # fmt: skip


def bench(name: str, keystore: Keystore, service: Path, sizes: Sequence[int], runs: int) -> Found:
    """Batches of these sizes, of the statement's honest samples in turn."""
    cases = samples.honest(name)
    with ThreadPoolExecutor(parallel.threads() + 1) as callers:
        timings = _batches("in this process", _here(name, keystore, cases, callers), sizes, runs)
    notes: tuple[str, ...] = ()
    if client.status(service) is not None:
        with ThreadPoolExecutor(max(sizes)) as callers:
            timings += _batches("by the service", _there(name, service, cases, callers), sizes, runs)
    else:
        notes = ("No prover service runs in this home, so it was not measured: `zksettle prover serve` starts one.",)
    return Found(timings, (_section(timings),), notes)


def _batches(where: str, prove: Callable[[int], object], sizes: Sequence[int], runs: int) -> list[Timing]:
    """`prove` makes so many proofs."""
    return [measure(where, f"{size} at once", partial(prove, size), runs, size) for size in sizes]


def _here(
    name: str, keystore: Keystore, cases: Sequence[tuple[Any, Any]], callers: ThreadPoolExecutor
) -> Callable[[int], object]:
    """Witnesses eight at a time, then proofs, each by one of the callers."""
    from zk.groth16 import prover

    key = keystore.open(name)
    inputs = [statement.inputs(public) + statement.inputs(private) for public, private in cases]

    def prove(count: int) -> None:
        wanted = [inputs[i % len(inputs)] for i in range(count)]
        parts = [wanted[first : first + WITNESSES] for first in range(0, count, WITNESSES)]
        witnesses = chain.from_iterable(callers.map(partial(program.run_batch, key.program), parts))
        list(callers.map(partial(prover.prove, key.proving), witnesses))

    return prove


def _there(
    name: str, service: Path, cases: Sequence[tuple[Any, Any]], callers: ThreadPoolExecutor
) -> Callable[[int], object]:
    requests = [
        json.dumps({"public": statement.to_json(public), "private": statement.to_json(private)}).encode()
        for public, private in cases
    ]

    def ask(index: int) -> None:
        said: list[str] = []
        if client.prove_statement(service, name, requests[index % len(requests)], said.append) is None:
            raise Failed(said[0] if said else "the prover service ended while it was measured")

    return lambda count: list(callers.map(ask, range(count)))


def _section(timings: Sequence[Timing]) -> Section:
    return Section("throughput", "proofs per second, fastest batch", COLUMNS, [
        {"name": timing.name, "batch": timing.items, "per_second": round(1 / timing.each_s, 3)} for timing in timings
    ])  # fmt: skip
