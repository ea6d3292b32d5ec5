"""`zksettle bench peers`: other provers and this one on the same files, one after another in one call.

In process: key loaded, warm.  As a command: from files to files, start-up included; ours asks the prover service if one
runs in the home.  Peers that cannot run are listed with the reason.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from prover.bench import ceremonies, nodejs, zksnake
from prover.bench.measure import Timing, measure, thread_counts
from prover.bench.peerfiles import TIMEOUT_S, Case, Times, Unavailable
from prover.bench.report import Column, Measurements, Section
from prover.circom import proofs, witnesses
from prover.machine import tasks, threadcount
from zk.errors import FormatError
from zk.fields import array
from zk.fields.prime import FR
from zk.runtime import parallel

OURS = "zksettle"
COLUMNS = (
    Column("prover", "prover"), Column("work", "work"), Column("threads", "threads", "count"),
    Column("min_s", "least", "seconds"), Column("ratio", "times ours", "ratio"),
)  # fmt: skip


def bench(folder: Path, rapidsnark: Path | None, home: Path, runs: int, power: int | None = None) -> Measurements:
    """Every peer that can run, and ours; with a `power` also the making of a key (`ceremonies`).

    Raises Unavailable when no peer can run, before anything is measured, and FormatError when a file is missing or
    malformed.
    """
    case = Case(folder)
    if power is not None and not case.r1cs.is_file():
        raise FormatError(f"{folder} has no {case.r1cs.name}, which --ceremony needs to make a key")
    available, notes = _available(case, rapidsnark, runs)
    if not available:
        raise Unavailable(f"there is nothing to compare with: {'; '.join(notes)}")
    timings = _ours(case, home, runs)
    for measure_peer in available:
        try:
            timings += measure_peer()
        except Unavailable as error:
            notes.append(str(error))
    if power is not None:
        with tempfile.TemporaryDirectory() as work:
            timings += ceremonies.bench(case.r1cs, power, home, Path(work))
    return Measurements(timings, (_ratios(timings),), tuple(f"Not measured: {note}." for note in notes))


def _available(
    case: Case, rapidsnark: Path | None, runs: int
) -> tuple[list[Callable[[], list[Timing]]], list[str]]:
    """The measurements of the peers that are installed, and for each other peer the reason why it is not."""
    available: list[Callable[[], list[Timing]]] = []
    notes = []
    try:
        available.append(partial(_snarkjs, nodejs.name(), case, runs))
    except Unavailable as error:
        notes.append(str(error))
    try:
        available.append(partial(_zksnake, zksnake.name(), case, runs))
    except Unavailable as error:
        notes.append(str(error))
    if rapidsnark is None:
        notes.append("rapidsnark was not named with --rapidsnark")
    else:
        available.append(partial(_rapidsnark, case, rapidsnark, runs))
    return available, notes


def _ours(case: Case, home: Path, runs: int) -> list[Timing]:
    from zk.fields import conversion
    from zk.formats import snarkjs
    from zk.groth16 import prover, verifier

    proof, public = proofs.prove(case.zkey, case.wtns)  # checks both files
    key, witness = proofs.open_key(case.zkey), conversion.from_plain(FR, witnesses.read(case.wtns).values)
    verifying = snarkjs.decode_verifying_key(case.verification_key.read_bytes())
    if verifying != key.verifying:
        raise FormatError(f"{case.verification_key} is not the key in {case.zkey}")
    timings = []
    for threads in thread_counts():
        with threadcount.limited_to(threads):
            timings.append(_named(measure(OURS, "", lambda: prover.prove(key, witness), runs), "prove, in process"))
    verification = measure(OURS, "", lambda: verifier.verify(verifying, public, proof), runs)
    timings.append(_named(verification, "verify, in process"))
    with tempfile.TemporaryDirectory() as folder:
        outputs = [str(Path(folder) / name) for name in ("proof.json", "public.json")]
        program = [sys.executable, "-m", "prover.cli.main", "--home", str(home)]
        timings.append(_command(OURS, [*program, "groth16", "prove", str(case.zkey), str(case.wtns), *outputs], runs))
    return timings


def _snarkjs(name: str, case: Case, runs: int) -> list[Timing]:
    timings = []
    for threads in sorted({1, os.cpu_count() or 1}):
        with tasks.task(f"Measuring {name}, {threads} threads"):
            timings += _timings(name, threads, nodejs.in_process(case, runs, threads == 1))
    with tempfile.TemporaryDirectory() as folder:
        timings.append(_command(name, nodejs.command(case, Path(folder)), runs))
    return timings


def _zksnake(name: str, case: Case, runs: int) -> list[Timing]:
    witness = array.from_plain(witnesses.read(case.wtns).values)
    with tasks.task(f"Measuring {name}"):
        return _timings(name, os.cpu_count() or 1, zksnake.in_process(case, witness, runs))


def _rapidsnark(case: Case, program: Path, runs: int) -> list[Timing]:
    with tempfile.TemporaryDirectory() as folder:
        outputs = [str(Path(folder) / name) for name in ("proof.json", "public.json")]
        return [_command("rapidsnark", [str(program.resolve()), str(case.zkey), str(case.wtns), *outputs], runs)]


def _timings(name: str, threads: int, times: Times) -> list[Timing]:
    return [
        Timing(name, f"{work}, in process", 1, threads, first, tuple(rest)) for work, (first, *rest) in times.items()
    ]


def _named(timing: Timing, work: str) -> Timing:
    return Timing(timing.name, work, timing.items, timing.threads, timing.first_s, timing.runs_s)


def _command(name: str, command: Sequence[str], runs: int) -> Timing:
    """A command, timed from start to exit.  Raises Unavailable when it fails."""

    def work() -> None:
        try:
            result = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
                                  stdin=subprocess.DEVNULL)  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unavailable(f"{name} cannot be run as a command: {error}") from None
        if result.returncode:
            raise Unavailable(f"{name} failed as a command: {result.stderr.strip()[:200]}")

    timing = measure(f"{name} as a command", "", work, runs)
    threads = parallel.threads() if name == OURS else os.cpu_count() or 1
    return Timing(name, "prove, command", 1, threads, timing.first_s, timing.runs_s)


def _ratios(timings: Sequence[Timing]) -> Section:
    """The ratio of each peer's time to ours, for the same work on as many threads."""
    ours = {(t.size, t.threads): t.min_s for t in timings if t.name == OURS}
    return Section("ratios", "fastest warm run, and its ratio to ours", COLUMNS, [
        {"prover": t.name, "work": t.size, "threads": t.threads, "min_s": round(t.min_s, 9),
         "ratio": round(t.min_s / ours[t.size, t.threads], 2) if (t.size, t.threads) in ours else None}
        for t in timings
    ])  # fmt: skip
