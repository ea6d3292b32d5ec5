"""A queue of proofs whose workers are killed, one each second: `python -m tests.soak.farm [JOBS]`.

Workers are processes that wait as long as a proof takes, and jobs are submitted all the while.  In the second half the
database is killed too, and starts again.

    no job is lost: each ends with a proof that its submitter has verified
    none is delivered twice: a submitter gets one result for each, and the queue has one row of it, which is done
    recovery: after a kill, another worker has begun with the dead one's jobs within a second, 99 times of 100
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from prover.bench import farm as bench
from prover.farm import opening
from prover.farm.jobs import Job, Result, State
from prover.farm.session import Session
from prover.farm.submitter import Submitter
from tests import clusters
from tests.clusters import Cluster

WORKERS, WAIT_MS, TOGETHER, PAUSE_S, END_S = 4, 20, 40, 1.0, 300


class Crew:
    """Workers, each a process; one that is killed is replaced."""

    def __init__(self, url: str, folder: Path, count: int):
        self._command = [sys.executable, "-m", "prover.bench.farmside", url, str(folder)]
        self._started, self.kills_ms = 0, list[int]()
        self._processes = [self._start() for _ in range(count)]

    def _start(self) -> "subprocess.Popen[bytes]":
        self._started += 1
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        return subprocess.Popen([*self._command, str(self._started), str(WAIT_MS)], env=environment)

    def kill(self, dice: random.Random) -> None:
        """kill -9 of one of them."""
        number = dice.randrange(len(self._processes))
        self._processes[number].send_signal(signal.SIGKILL)
        self.kills_ms.append(time.time_ns() // 1_000_000)
        self._processes[number].wait()
        self._processes[number] = self._start()

    def end(self) -> None:
        """Ends all of them."""
        for process in self._processes:
            process.kill()
            process.wait()


def soak(count: int, dice: random.Random, say: Callable[[str], object]) -> Counter[str]:
    """Has so many jobs proved; what happened, and how often.  Raises AssertionError for whatever must not happen."""
    heard: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as text, clusters.running() as cluster:
        folder, url = Path(text), cluster.url()
        opening.init(url, folder / "farm.json")
        with Submitter.open(url, lambda offered: offered) as submitter:
            make, half, done = bench.waiting_job(submitter, folder), threading.Event(), threading.Event()
            crew = Crew(url, folder, WORKERS)
            killer = threading.Thread(target=_kill, args=(crew, cluster, dice, half, done, heard))
            killer.start()
            try:
                results: list[Result] = []
                for first in range(0, count, TOGETHER):
                    results += _proved(submitter, [make() for _ in range(min(TOGETHER, count - first))])
                    if len(results) * 2 >= count:
                        half.set()
                    say(f"{len(results)} jobs, {len(crew.kills_ms)} kills")
            finally:
                done.set()
                killer.join()
                crew.end()
            _check(url, results, count)
            took_ms = _recoveries(url, crew.kills_ms)
    heard |= Counter({"jobs": count, "workers killed": len(crew.kills_ms), "recoveries": len(took_ms)})
    if took_ms:
        heard["ms that 99 of 100 recoveries took at most"] = took_ms[(len(took_ms) * 99 - 1) // 100]
    return heard


def _proved(submitter: Submitter, some: list[Job]) -> list[Result]:
    results = submitter.wait(submitter.submit(some), END_S)
    assert [result.id for result in results] == [job.id for job in some]
    assert all(result.state == State.DONE and result.proof is not None for result in results), results
    return results


def _kill(
    crew: Crew, cluster: Cluster, dice: random.Random, half: threading.Event, done: threading.Event, heard: Counter[str]
) -> None:  # fmt: skip
    """Kills a worker each second, and in the second half the database at times, until all is done."""
    while not done.wait(PAUSE_S):
        crew.kill(dice)
        if half.is_set() and dice.random() < 0.2:
            cluster.kill()
            cluster.start()
            heard["database killed"] += 1


def _check(url: str, results: list[Result], count: int) -> None:
    """No job is lost, and none was delivered twice."""
    assert len({result.id for result in results}) == len(results) == count
    with Session(url) as session:
        assert session.rows("SELECT count(*), count(*) FILTER (WHERE state = 'done') FROM jobs") == [(count, count)]
        assert session.rows("SELECT count(*) FROM inputs") == [(0,)], "inputs are deleted on commit"


def _recoveries(url: str, kills_ms: list[int]) -> list[int]:
    """How long after the newest kill each further attempt began, sorted."""
    with Session(url) as session:
        rows = session.rows("SELECT began_ms FROM attempts WHERE number > 1")
    before = ([kill for kill in kills_ms if kill <= began] for (began,) in rows)
    return sorted(began - kills[-1] for (began,), kills in zip(rows, before, strict=True) if kills)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}", flush=True)
    start_s = time.monotonic()
    for text, number in sorted(soak(count, random.Random(seed), lambda line: print(line, flush=True)).items()):
        print(f"{number:6} {text}")
    print(f"{time.monotonic() - start_s:.0f} seconds")


if __name__ == "__main__":
    main()
