"""`zksettle bench farm`: a queue of proofs and its workers, each a process, over a PostgreSQL of its own.

On a machine with two cores more workers than two prove no faster.  So what the queue itself costs is measured with
workers that wait as long as a proof takes on one thread here, instead of proving: if eight of them do eight times the
work of one, the queue is in nobody's way.  One and two workers are measured with real proofs too.  The wait is the
processor time of a proof, which another program's work hardly changes; what it does change are the figures, so that no
goal is judged by those of a machine that others keep busy.

    efficiency of n workers  =  (jobs a second by n) / (n · jobs a second by one)
    overhead of the queue    =  submit → verified result of one job on an idle queue, less the wait
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import cycle
from pathlib import Path
from statistics import quantiles
from typing import Any

from circuits import samples
from circuits.statements import statement
from prover.bench import farmside, idleness, simulated
from prover.bench.measure import Timing, measure
from prover.bench.report import Column, Measurements, Section
from prover.farm import keycontents, opening
from prover.farm.jobs import Job, State
from prover.farm.submitter import Submitter
from prover.machine import postgres, tasks, threadcount
from prover.proofs import pipeline
from prover.proofs.keystores import Keystore
from zk.groth16 import keys

WORKERS = (1, 2, 4, 8)
PROVING = (1, 2)
STATEMENT = "leg"
JOBS_EACH = 48
"""For each worker: enough that the last batch, in which some wait for the others, weighs little."""
RAPID = 1_000
EFFICIENCY, OVERHEAD_MS, JOBS_PER_S = 0.9, 5.0, 100.0
MOST_BUSY = 0.1
"""The largest share of the cores' time that others may take for figures to be judged."""
CALIBRATIONS = 5
WAITING, REAL = "calibrated wait", "real proofs"
PUBLIC = (1, 2)

EFFICIENCIES = (
    Column("name", "what"), Column("workers", "workers", "count"), Column("per_s", "jobs/s", "ratio"),
    Column("efficiency", "efficiency", "ratio"),
)  # fmt: skip
OVERHEADS = (
    Column("jobs", "jobs", "count"), Column("p50_s", "50 %", "seconds"), Column("p95_s", "95 %", "seconds"),
    Column("most_s", "most", "seconds"),
)  # fmt: skip
GOALS = (
    Column("goal", "goal"), Column("wanted", "wanted"), Column("found", "found"), Column("reached", "reached"),
)  # fmt: skip


def bench(keystore: Keystore, *, runs: int, counts: Sequence[int] = WORKERS, each: int = JOBS_EACH) -> Measurements:
    """Measures a queue with so many workers, `each` of which has that number of jobs."""
    busy = [idleness.others()]
    wait_ms = _wait_ms(keystore)
    with tempfile.TemporaryDirectory(prefix="zksettle-bench-") as text:
        folder = Path(text)
        with postgres.running(folder / "pg", keep=False) as server:
            server.create_database()
            url = server.url()
            opening.init(url, folder / "farm.json")
            with Submitter.open(url, lambda offered: offered) as submitter:
                made, real = waiting_job(submitter, folder), _real_job(submitter, keystore)
                kinds = [(WAITING, n, wait_ms, made) for n in counts]
                kinds += [(REAL, n, farmside.PROVES, real) for n in PROVING if n in counts]
                timings = []
                for name, n, wait, make in kinds:
                    busy.append(idleness.others())
                    timings.append(_batch(name, url, folder, n, wait, submitter, make, runs, each))
                busy.append(idleness.others())
                with farmside.working(url, folder, 1, 0):
                    alone_s = _alone(submitter, made, max(20, 20 * runs))
                with farmside.working(url, folder, 2, 0):
                    go = partial(_all, submitter, made, RAPID)
                    rapid = measure("through the queue", "2 workers", go, runs, RAPID)
    return _report([*timings, rapid], alone_s, wait_ms, busy)


def _wait_ms(keystore: Keystore) -> int:
    """The processor time of a proof on one thread here, in whole milliseconds: the least of several."""
    public, private = samples.honest(STATEMENT)[0]

    def took_s() -> float:
        keystore.nearby.forget()
        began_s = time.process_time()
        pipeline.prove(STATEMENT, public, private, keystore)
        return time.process_time() - began_s

    with threadcount.limited_to(1), tasks.task("Measuring one proof", total=CALIBRATIONS + 1) as task:
        all_s = []
        for _ in range(CALIBRATIONS + 1):
            all_s.append(took_s())
            task.advance()
        return max(1, round(min(all_s[1:]) * 1000))


def waiting_job(submitter: Submitter, folder: Path) -> Callable[[], Job]:
    """Jobs whose proof is in them, under a key whose trapdoor this process knows."""
    trapdoor = simulated.trapdoor(len(PUBLIC))
    (proof,) = simulated.proofs(trapdoor, [PUBLIC])
    arrays = folder / "arrays"
    arrays.mkdir()
    (arrays / "proving-none.npy").write_bytes(b"a worker that waits reads no key")
    key = keycontents.of_folder(arrays, "a wait", "00" * 32, trapdoor.verifying)
    submitter.offer(key)
    return lambda: Job(key.digest, keys.encode_proof(proof), PUBLIC)


def _real_job(submitter: Submitter, keystore: Keystore) -> Callable[[], Job]:
    """Jobs that cycle through the statement's honest samples: a batch of equal ones would take half the time."""
    key = keycontents.of_statement(keystore, STATEMENT)
    submitter.offer(key)
    cases = [(statement.inputs(public), statement.inputs(private)) for public, private in samples.honest(STATEMENT)]
    turns = cycle(cases)

    def make() -> Job:
        public, private = next(turns)
        return Job(key.digest, public + private, tuple(public))

    return make


def _batch(
    name: str, url: str, folder: Path, workers: int, wait_ms: int, submitter: Submitter, make: Callable[[], Job],
    runs: int, each: int,
) -> Timing:  # fmt: skip
    """How long so many workers take for `each` jobs of each of them."""
    count = workers * each
    with farmside.working(url, folder, workers, wait_ms):
        go = partial(_all, submitter, make, count)
        timing = measure(f"{name}, {workers} of them", f"{count} jobs", go, runs, count)
    return Timing(name, f"{workers} workers", count, 1, timing.first_s, timing.runs_s)


def _all(submitter: Submitter, make: Callable[[], Job], count: int) -> None:
    """Submits jobs and waits for all their proofs.  Raises RuntimeError when one is missing."""
    results = submitter.wait(submitter.submit([make() for _ in range(count)]), 600)
    if any(result.state != State.DONE for result in results):
        raise RuntimeError("the queue did not make all proofs")


def _alone(submitter: Submitter, make: Callable[[], Job], count: int) -> list[float]:
    """How long single jobs take on an idle queue, in seconds."""
    took_s = []
    with tasks.task("Measuring single jobs", total=count) as task:
        for _ in range(count):
            start_s = time.perf_counter()
            _all(submitter, make, 1)
            took_s.append(time.perf_counter() - start_s)
            task.advance()
            time.sleep(0.02)  # until the worker is idle again
    return took_s


def _report(
    timings: Sequence[Timing], alone_s: Sequence[float], wait_ms: int, busy: Sequence[float | None]
) -> Measurements:
    rows = _efficiencies(timings)
    most = max((share for share in busy if share is not None), default=None)
    is_judged = most is not None and most <= MOST_BUSY
    cuts = quantiles(alone_s, n=20)
    p50_s, p95_s, per_s = cuts[9], cuts[18], 1 / timings[-1].each_s
    return Measurements(
        timings,
        (
            Section("goals", "goals", GOALS, [
                *(_goal(f"efficiency, {row['name']}, {row['workers']} workers", ">=", EFFICIENCY, row["efficiency"], "",
                        is_judged)
                  for row in rows if row["workers"] > 1),
                _goal("overhead of an idle queue, 50 %", "<", OVERHEAD_MS, p50_s * 1000, " ms", is_judged),
                _goal("jobs a second through the queue", ">=", JOBS_PER_S, per_s, "", is_judged),
            ]),
            Section("efficiencies", "efficiency: jobs a second by n workers, over n times those by one", EFFICIENCIES,
                    rows),
            Section("overheads", "one job on an idle queue: from its submission to its verified result", OVERHEADS, [
                {"jobs": len(alone_s), "p50_s": p50_s, "p95_s": p95_s, "most_s": max(alone_s)}
            ]),
        ),
        (
            f"Workers, the submitter and PostgreSQL are processes of this machine. A worker that waits takes {wait_ms}"
            f" ms a job, the processor time of a proof of a {STATEMENT} on one thread here; workers that prove have a"
            " thread each, and share the cores with the submitter, which verifies every proof, and with the database.",
            _said_of_others(most),
        ),
    )  # fmt: skip


def _efficiencies(timings: Sequence[Timing]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for name in (WAITING, REAL):
        rates = {int(timing.size.split()[0]): 1 / timing.each_s for timing in timings if timing.name == name}
        rows += [
            {"name": name, "workers": n, "per_s": round(rate, 2), "efficiency": round(rate / (n * rates[1]), 3)}
            for n, rate in rates.items()
        ]
    return rows


def _goal(goal: str, relation: str, wanted: float, found: float, unit: str, is_judged: bool) -> dict[str, Any]:
    is_reached = found >= wanted if relation == ">=" else found < wanted
    return {"goal": goal, "wanted": f"{relation} {wanted:g}{unit}", "found": f"{found:.3g}{unit}",
            "reached": ("yes" if is_reached else "no") if is_judged else "not judged"}  # fmt: skip


def _said_of_others(most: float | None) -> str:
    if most is None:
        return "This system does not say how busy it is with other programs, so no goal is judged."
    if most <= MOST_BUSY:
        return f"Other programs took {most:.0%} of the cores' time at most, between what was measured."
    return (f"Other programs took up to {most:.0%} of the cores' time between what was measured, so no goal is judged:"
            " measure again when they rest.")  # fmt: skip
