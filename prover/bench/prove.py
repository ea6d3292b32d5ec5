"""`zksettle bench prove`: the time of a proof, phase by phase, on one thread and on all, beside the cost model."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from circuits import registry, samples
from circuits.frontend import program
from circuits.statements import statement
from prover.bench import model
from prover.bench.measure import Timing, measure, thread_counts
from prover.bench.report import Column, Measurements, Section
from prover.circom import proofs, witnesses
from prover.machine import threadcount
from prover.proofs import pipeline
from prover.proofs.keystores import Keystore
from zk.fields.prime import FR
from zk.groth16.provingkey import ProvingKey
from zk.runtime import parallel, profile

COLUMNS = (
    Column("threads", "threads", "count"),
    Column("phase", "phase"),
    Column("busy_s", "processor time", "seconds"),
    Column("products", "products", "count"),
    Column("model_s", "model", "seconds"),
    Column("ratio", "measured / model", "ratio"),
)
RATE_COLUMNS = (Column("name", "operation"), Column("each_s", "each", "seconds"))


@dataclass(frozen=True)
class Phases:
    """The wall time of one proof, and its processor time by phase, in seconds."""

    threads: int
    wall_s: float
    busy_s: Mapping[str, float]

    @property
    def waiting_s(self) -> float:
        """The time in which threads did not work: they waited for each other, or other programs ran."""
        return max(0.0, self.threads * self.wall_s - sum(self.busy_s.values()))


def bench(name: str, keystore: Keystore, runs: int) -> Measurements:
    """A statement: opening its key, relation, witness, proof, the whole pipeline, and one verification."""
    from zk.groth16 import verifier

    opening = measure("open key", "", lambda: Keystore(keystore.folder(name).parent, 0).open(name), runs)
    kind, key = registry.get(name), keystore.open(name)
    public, private = samples.honest(name)[0]
    public_inputs = statement.inputs(public)
    inputs = public_inputs + statement.inputs(private)
    witness = program.run(key.program, inputs)
    timings, sections = _measure_proofs(key.proving, witness, runs)
    proof = pipeline.prove(name, public, private, keystore)
    size = f"2^{key.proving.log_size}"
    return Measurements(
        [
            opening,
            measure("relation", "", lambda: kind.relation(public, private), runs),
            measure("witness", f"{key.proving.num_wires:,} wires", lambda: program.run(key.program, inputs), runs),
            *timings,
            measure("pipeline", size, lambda: pipeline.prove(name, public, private, keystore), runs),
            measure("verify", "1 proof", lambda: verifier.verify(key.verifying, public_inputs, proof), runs),
        ],
        sections,
    )


def bench_circom(zkey: Path, wtns: Path, runs: int) -> Measurements:
    """A circom circuit: reading the witness, proof, and the whole from files to a verified proof, with an open key.

    Raises as `circom.prove`.
    """
    from zk.fields import conversion

    proofs.prove(zkey, wtns)  # a witness that does not fit is refused here
    key = proofs.open_key(zkey)
    witness = conversion.from_plain(FR, witnesses.read(wtns).values)
    timings, sections = _measure_proofs(key, witness, runs)
    size = f"2^{key.log_size}"
    return Measurements(
        [
            measure("read witness", f"{key.num_wires:,} wires", lambda: witnesses.read(wtns).values, runs),
            *timings,
            measure("pipeline", size, lambda: proofs.prove(zkey, wtns), runs),
        ],
        sections,
    )


def _measure_proofs(key: ProvingKey, witness: np.ndarray, runs: int) -> tuple[list[Timing], tuple[Section, ...]]:
    """The time of a proof on one thread and on all, its phases beside the model, and the model's rates."""
    from zk.groth16 import prover

    timings, best = [], []
    for threads in thread_counts():
        with threadcount.limited_to(threads):
            timings.append(measure("proof", f"2^{key.log_size}", lambda: prover.prove(key, witness), runs))
            best.append(min((_phases(key, witness) for _ in range(runs)), key=lambda run: sum(run.busy_s.values())))
    rates, costs = model.rates(), model.costs(key, witness)
    return timings, (
        Section("phases", "phases of the proof that took the least processor time, summed over threads", COLUMNS,
                [row for phases in best for row in _rows(phases, costs, rates)]),
        Section("rates", "the operations that the model counts, in registers on one thread", RATE_COLUMNS,
                [{"name": name, "each_s": each_s} for name, each_s in rates.items()]),
    )  # fmt: skip


def _phases(key: ProvingKey, witness: np.ndarray) -> Phases:
    """The phases of one more proof."""
    from zk.groth16 import prover

    started = time.perf_counter()
    with profile.record() as recorder:
        prover.prove(key, witness)
    return Phases(parallel.threads(), time.perf_counter() - started, dict(recorder.busy_s))


def _rows(phases: Phases, costs: Mapping[str, model.Cost], rates: Mapping[str, float]) -> list[dict[str, Any]]:
    """A row for each phase, one for waiting, and one for all phases."""
    products = sum(cost.products for cost in costs.values())
    model_s = sum(cost.seconds(rates) for cost in costs.values())
    rows = [
        _row(phases.threads, name, busy_s, costs[name].products, costs[name].seconds(rates))
        if name in costs
        else _row(phases.threads, name, busy_s)
        for name, busy_s in phases.busy_s.items()
    ]
    together = _row(phases.threads, "in all", sum(phases.busy_s.values()), products, model_s)
    return [*rows, together, _row(phases.threads, "waiting", phases.waiting_s)]


def _row(
    threads: int, phase: str, busy_s: float, products: int | None = None, model_s: float | None = None
) -> dict[str, Any]:
    return {
        "threads": threads,
        "phase": phase,
        "busy_s": round(busy_s, 9),
        "products": products,
        "model_s": None if model_s is None else round(model_s, 9),
        "ratio": None if model_s is None else round(busy_s / model_s, 3),
    }
