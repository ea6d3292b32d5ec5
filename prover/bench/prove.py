"""`zksettle bench prove`: what a proof takes, phase by phase, on one thread and on all; and what verifying it takes."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from circuits import registry, samples, verifying
from circuits.frontend import program
from circuits.statements import statement
from prover.bench.measure import Timing, measure, on_threads, thread_counts
from prover.bench.report import Column, Found, Section
from prover.proofs import pipeline
from prover.proofs.keystore import Keystore
from zk import parallel, phases
from zk.groth16.keys import ProvingKey

COLUMNS = (
    Column("threads", "threads", "count"),
    Column("phase", "phase"),
    Column("busy_s", "busy", "seconds"),
    Column("share", "share of the threads' time", "percent"),
)


@dataclass(frozen=True)
class Phases:
    """The fastest of some proofs: how long it took, and the work in it by phase, in seconds."""

    threads: int
    wall_s: float
    busy_s: dict[str, float]

    @property
    def idle_s(self) -> float:
        """What the threads together did not work."""
        return max(0.0, self.threads * self.wall_s - sum(self.busy_s.values()))


def bench(name: str, keystore: Keystore, runs: int) -> Found:
    """Of a statement: opening its key, relation, witness, proof, the whole pipeline, and one verification."""
    opening = measure("open key", "", lambda: Keystore(keystore.folder(name).parent, 0).open(name), runs)
    kind, key = registry.get(name), keystore.open(name)
    public, private = samples.honest(name)[0]
    inputs = statement.inputs(public) + statement.inputs(private)
    witness = program.run(key.program, inputs)
    timings, found = proofs(key.proving, witness, runs)
    proof = pipeline.prove(name, public, private, keystore)
    size = f"2^{key.proving.log_size}"
    return Found(
        [
            opening,
            measure("relation", "", lambda: kind.relation(public, private), runs),
            measure("witness", f"{key.proving.wires:,} wires", lambda: program.run(key.program, inputs), runs),
            *timings,
            measure("pipeline", size, lambda: pipeline.prove(name, public, private, keystore), runs),
            measure("verify", "1 proof", lambda: verifying.verify(name, key.verifying, public, proof), runs),
        ],
        (section(found),),
    )


def proofs(key: ProvingKey, witness: np.ndarray, runs: int) -> tuple[list[Timing], list[Phases]]:
    """The time of a proof on one thread and on all, and its phases there."""
    from zk.groth16 import prover

    timings, found = [], []
    for threads in thread_counts():
        with on_threads(threads):
            timings.append(measure("proof", f"2^{key.log_size}", lambda: prover.prove(key, witness), runs))
            found.append(min((_phases(key, witness) for _ in range(runs)), key=lambda of: of.wall_s))
    return timings, found


def _phases(key: ProvingKey, witness: np.ndarray) -> Phases:
    """One more proof, taken apart."""
    from zk.groth16 import prover

    started = time.perf_counter()
    with phases.record() as recorder:
        prover.prove(key, witness)
    return Phases(parallel.threads(), time.perf_counter() - started, dict(recorder.busy_s))


def section(found: Sequence[Phases]) -> Section:
    """The phases as a table."""
    return Section("phases", "phases of the fastest proof, processor time over all threads", COLUMNS,
                   [row for of in found for row in _rows(of)])  # fmt: skip


def _rows(of: Phases) -> list[dict[str, Any]]:
    parts = {**of.busy_s, "idle": of.idle_s}
    return [
        {"threads": of.threads, "phase": name, "busy_s": round(busy_s, 9), "share": round(busy_s / sum(parts.values()), 4)}
        for name, busy_s in parts.items()
    ]
