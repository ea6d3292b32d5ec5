"""`zksettle bench throughput`: how many proofs a second are made when several are wanted at once.

In this process a proof is a witness and a proof; as many callers as there are threads, and one more, keep the pool
busy.  The service does what `zksettle prove` does: it reads the inputs, asks the relation, and verifies its own proof.
"""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from circuits import samples
from circuits.frontend import program
from circuits.statements import statement
from prover.bench.measure import Timing, measure
from prover.bench.report import Column, Found, Section
from prover.proofs.keystore import Keystore
from prover.service import client
from prover.service.protocol import Failed
from zk import parallel

COLUMNS = (
    Column("name", "where"), Column("batch", "batch", "count"), Column("per_second", "proofs per second", "ratio"),
)  # fmt: skip


def bench(name: str, keystore: Keystore, service: Path, sizes: Sequence[int], runs: int) -> Found:
    """Batches of these sizes, of the statement's honest samples in turn."""
    cases = samples.honest(name)
    timings = _batches("in this process", _here(name, keystore, cases), parallel.threads() + 1, sizes, runs)
    notes: tuple[str, ...] = ()
    if client.status(service) is not None:
        timings += _batches("by the service", _there(name, service, cases), max(sizes), sizes, runs)
    else:
        notes = ("No prover service runs in this home, so it was not measured: `zksettle prover serve` starts one.",)
    return Found(timings, (_section(timings),), notes)


def _batches(
    where: str, prove: Callable[[int], object], callers: int, sizes: Sequence[int], runs: int
) -> list[Timing]:
    """`prove` takes the number of a proof in its batch."""
    with ThreadPoolExecutor(callers) as pool:
        return [
            measure(where, f"{size} at once", lambda: list(pool.map(prove, range(size))), runs, size) for size in sizes
        ]


def _here(name: str, keystore: Keystore, cases: Sequence[tuple[Any, Any]]) -> Callable[[int], object]:
    from zk.groth16 import prover

    key = keystore.open(name)
    inputs = [statement.inputs(public) + statement.inputs(private) for public, private in cases]
    return lambda index: prover.prove(key.proving, program.run(key.program, inputs[index % len(inputs)]))


def _there(name: str, service: Path, cases: Sequence[tuple[Any, Any]]) -> Callable[[int], object]:
    requests = [
        json.dumps({"public": statement.to_json(public), "private": statement.to_json(private)}).encode()
        for public, private in cases
    ]

    def prove(index: int) -> None:
        said: list[str] = []
        if client.prove_statement(service, name, requests[index % len(requests)], said.append) is None:
            raise Failed(said[0] if said else "the prover service ended while it was measured")

    return prove


def _section(timings: Sequence[Timing]) -> Section:
    return Section("throughput", "proofs per second, fastest batch", COLUMNS, [
        {"name": timing.name, "batch": timing.items, "per_second": round(1 / timing.each_s, 3)} for timing in timings
    ])  # fmt: skip
