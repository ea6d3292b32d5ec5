"""The workers of tests/soak/farm.py, each a process: they wait as long as a proof takes, and some of them lie.

`python -m tests.soak.farmcrew URL FOLDER NUMBER WAIT_MS` is a liar: of every second batch it signs what is no proof.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from pathlib import Path
from typing import TypeVar

from prover.bench import farmside
from prover.farm import farmkey
from prover.farm.proving import Engine, Failed, Task
from prover.farm.session import Session
from settlement.errors import Unavailable
from tests.patience import PATIENCE_S
from zk.groth16.keys import Proof

END_S, PAUSE_S = PATIENCE_S, 0.02
_HONEST, _LIAR = "prover.bench.farmside", "tests.soak.farmcrew"

T = TypeVar("T")


def insisting(act: Callable[[], T]) -> T:
    """What `act` returns, when the database is there and has room."""
    until_s = time.monotonic() + END_S
    while True:
        try:
            return act()
        except Unavailable:
            assert time.monotonic() < until_s, "the database stays away"
            time.sleep(PAUSE_S)


def rows(url: str, query: str, *values: object) -> list[tuple]:
    """The rows of a statement."""

    def ask() -> list[tuple]:
        with Session(url) as session:
            return session.rows(query, values)

    return insisting(ask)


class Crew:
    """So many workers; one that is killed or told to stop is replaced.  `kills_ms` says by identity who was killed."""

    def __init__(self, url: str, folder: Path, size: int, wait_ms: int):
        self._url, self._folder, self._wait_ms = url, folder, wait_ms
        self._log = (folder / "log").open("ab")
        self._honest: dict[int, subprocess.Popen[bytes]] = {}
        self._liars: dict[int, subprocess.Popen[bytes]] = {}
        self.kills_ms: dict[bytes, int] = {}
        for _ in range(size):
            self._add(self._honest, _HONEST)

    def kill(self, dice: random.Random) -> None:
        """kill -9 of one that works."""
        number = self._one_of(self._honest, dice)
        process = self._honest.pop(number)
        process.kill()
        self.kills_ms[self._identity(number)] = time.time_ns() // 1_000_000
        process.wait()
        self._add(self._honest, _HONEST)

    def drain(self, dice: random.Random) -> None:
        """SIGTERM for one that works.  Raises AssertionError unless it ends well, and has finished what it had."""
        number = self._one_of(self._honest, dice)
        process = self._honest.pop(number)
        process.send_signal(signal.SIGTERM)
        assert process.wait(END_S) == 0, self.said()
        left = rows(self._url, "SELECT count(*) FROM attempts a JOIN jobs ON job = id WHERE a.worker = %s AND"
                    " state = 'queued' AND NOT EXISTS (SELECT FROM attempts b WHERE b.job = a.job AND"
                    " b.number > a.number)", self._identity(number))  # fmt: skip
        assert left == [(0,)], "it finishes its batch"
        self._add(self._honest, _HONEST)

    def add_liar(self) -> None:
        """Starts a worker that lies, and waits until the queue has heard of it."""
        number = self._add(self._liars, _LIAR)
        self._one_of([number], random.Random(0))

    def has_free_liars(self) -> bool:
        """Whether one that lies is not in quarantine yet; nobody else may be there."""
        accused = {bytes(worker) for (worker,) in rows(self._url, "SELECT worker FROM quarantine")}
        liars = {self._identity(number) for number in self._liars}
        assert accused <= liars, "an honest worker is in quarantine"
        return accused < liars

    def check(self) -> None:
        """Raises AssertionError when an honest worker has ended by itself."""
        assert all(process.poll() is None for process in self._honest.values()), self.said()

    def said(self) -> str:
        """The last that the workers wrote."""
        return (self._folder / "log").read_text()[-2000:]

    def dismiss_liars(self) -> None:
        """Waits until those that lie have ended, as they do once they are in quarantine."""
        for process in self._liars.values():
            assert process.wait(END_S) == 1
        text = (self._folder / "log").read_text()
        assert text.count("Quarantined: this worker has signed") == len(self._liars), self.said()

    def end(self) -> None:
        """Kills all of them."""
        for process in [*self._honest.values(), *self._liars.values()]:
            process.kill()
            process.wait()
        self._log.close()

    def _add(self, to: dict[int, "subprocess.Popen[bytes]"], module: str) -> int:
        number = next(self._numbers)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "ZKSETTLE_THREADS": "1"}
        command = [sys.executable, "-m", module, self._url, str(self._folder), str(number), str(self._wait_ms)]
        to[number] = subprocess.Popen(command, env=environment, stderr=self._log)
        return number

    _numbers = count(1)

    def _one_of(self, numbers: Iterable[int], dice: random.Random) -> int:
        """One of these workers that the queue has heard of."""
        until_s = time.monotonic() + END_S
        while True:
            there = {name for (name,) in rows(self._url, "SELECT name FROM workers")}
            if at_work := [number for number in sorted(numbers) if f"worker {number}" in there]:
                return dice.choice(at_work)
            self.check()
            assert time.monotonic() < until_s, self.said()
            time.sleep(PAUSE_S)

    def _identity(self, number: int) -> bytes:
        return farmkey.identity(self._folder / f"worker-{number}.json").public


def lying(wait_ms: int) -> Engine:
    """An engine that returns the proofs in the jobs, of every second batch with two points exchanged."""
    honest, number = farmside.waiting(wait_ms), count()

    def engine(key: bytes, tasks: Sequence[Task]) -> list[Proof | Failed]:
        proofs = honest(key, tasks)
        is_lying = next(number) % 2 == 1
        return [Proof(one.c, one.b, one.a) if is_lying and isinstance(one, Proof) else one for one in proofs]

    return engine


if __name__ == "__main__":
    farmside.work(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), lying(int(sys.argv[4])))
