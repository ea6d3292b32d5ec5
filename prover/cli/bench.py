"""`zksettle bench …`: measurements that name the machine they were made on."""

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from prover.cli import sitting, watching
from prover.cli.circuit import statement_argument
from prover.cli.command import Session, group, pass_session
from prover.cli.screen import seconds, size

if TYPE_CHECKING:
    from prover.bench.measure import Timing
    from prover.proofs.keystore import Keystore

runs_option = click.option(
    "--runs", type=click.IntRange(1, 10_000), default=5, show_default=True, help="How many warm runs to time."
)
threads_option = click.option(
    "--threads", type=click.IntRange(1, 1024), metavar="N",
    help="How many threads kernels run on. Default: ZKSETTLE_THREADS, else every core.",
)  # fmt: skip


@group()
def bench() -> None:
    """Measure proving and the kernels below it."""


@bench.command()
@statement_argument
@runs_option
@threads_option
@pass_session
def prove(session: Session, statement: str, runs: int, threads: int | None) -> None:
    """Measure a proof of STATEMENT.

    Each step, the whole, one verification, and one of a batch of 64.
    """

    def measured(keystore: "Keystore") -> "list[Timing]":
        from prover.bench import prove as benchmark

        return benchmark.bench(statement, keystore, runs)

    _run(session, measured, threads, {"benchmark": "prove", "statement": statement})


@bench.command()
@runs_option
@threads_option
@pass_session
def kernels(session: Session, runs: int, threads: int | None) -> None:
    """Measure the parts that proofs are made of.

    Field products, NTT, multi-scalar multiplications, a pairing check, hashes.
    """

    def measured(keystore: "Keystore") -> "list[Timing]":
        from prover.bench import kernels as benchmark

        return benchmark.bench(keystore, runs)

    _run(session, measured, threads, {"benchmark": "kernels"})


def _run(session: Session, measured: "Callable[[Keystore], list[Timing]]", threads: int | None, about: dict) -> None:
    from prover.machine import hardware, progress, warmup
    from prover.proofs.keystore import Keystore

    if threads is not None:
        os.environ["ZKSETTLE_THREADS"] = str(threads)
    with progress.watched_by(watching.watcher(session.screen.is_json)):
        keystore = Keystore(session.home.keys, sitting.now_ms())
        warmup.run(keystore)
        timings = measured(keystore)
    described, peak = hardware.describe(), hardware.peak_memory_bytes()
    _print(session, timings, described, peak)
    session.screen.document({
        **about,
        "machine": described,
        "peak_memory_bytes": peak,
        "timings": [timing.to_json() for timing in timings],
    })  # fmt: skip


def _print(session: Session, timings: "Sequence[Timing]", described: dict, peak: int | None) -> None:
    rows = [
        (t.name, t.size, *(seconds(value) for value in (t.first_s, min(t.runs_s), t.median_s, max(t.runs_s))))
        for t in timings
    ]
    session.screen.table(("what", "size", ">first", ">least", ">median", ">most"), rows)
    session.screen.fields([
        ("machine", f"{described['cpu']}, {described['cores']} cores, {described['threads']} threads"),
        ("features", ", ".join(described["features"]) or "not told"),
        ("software", f"zksettle {described['zksettle']}, commit {described['commit']}, Python {described['python']}, "
                     f"Numba {described['numba']}"),
        ("runs", f"{len(timings[0].runs_s)} warm, after a first one in this process; kernels were compiled before"),
        ("memory", "not told" if peak is None else f"{size(peak)} at most"),
    ])  # fmt: skip
