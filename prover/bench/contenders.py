"""Contenders in `zksettle bench peers`, and the rounds in which they take turns.

In each round every contender does its work once, in one order and in the next round in the opposite one, so that what
else the machine does, and how warm the others leave it, meets all of them alike.  The first round is the first run.
"""

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from prover.bench.measure import Timing
from prover.bench.meters import Meter
from prover.bench.peerfiles import TIMEOUT_S, Unavailable
from prover.machine import tasks

PROVE, VERIFY, COMMAND = "prove, in process", "verify, in process", "prove, command"


@dataclass(frozen=True)
class Contender:
    """Somebody who does a piece of work once when `run` is called, which returns the seconds that it took.

    `process` is where the work happens; None is this process and what it starts.  `check` looks at what was done,
    beside the clock, and raises Unavailable when it is wrong.
    """

    name: str
    work: str
    threads: int
    run: Callable[[], float]
    process: int | None = None
    check: Callable[[], None] | None = None


def rounds(contenders: Sequence[Contender], runs: int, meter: Meter, case: str = "") -> tuple[list[Timing], list[str]]:
    """One first run of each and `runs` more, in turns; and a sentence for each that failed, which is left out."""
    taken: dict[Contender, list[float]] = {contender: [] for contender in contenders}
    read: dict[Contender, list[dict[str, float | None]]] = {contender: [] for contender in contenders}
    notes: list[str] = []
    with tasks.task(f"Measuring {case or 'all provers in turns'}", total=(runs + 1) * len(contenders)) as task:
        for number in range(runs + 1):
            for contender in list(taken) if number % 2 == 0 else list(reversed(taken)):
                values: dict[str, float | None] = {}
                try:
                    with meter.reading(contender.process, values):
                        taken[contender].append(contender.run())
                    read[contender].append(values)
                    if contender.check is not None:
                        contender.check()
                except Unavailable as error:
                    notes.append(str(error))
                    del taken[contender]
                task.advance()
    return [_timing(contender, times, read[contender], case) for contender, times in taken.items()], notes


def _timing(contender: Contender, times: list[float], read: list[dict[str, float | None]], case: str) -> Timing:
    meters = {name: tuple(values[name] for values in read[1:]) for name in read[0]}
    return Timing(contender.name, contender.work, 1, contender.threads, times[0], tuple(times[1:]), case, meters)


def timed(work: Callable[[], object]) -> Callable[[], float]:
    """A function that does the work and returns the seconds that it took."""

    def run() -> float:
        started = time.perf_counter()
        work()
        return time.perf_counter() - started

    return run


def command(
    name: str, words: Sequence[str], threads: int | None = None, check: Callable[[], None] | None = None
) -> Contender:
    """A program, timed from start to exit.  Its run raises Unavailable when it fails."""

    def work() -> None:
        try:
            result = subprocess.run(words, capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
                                  stdin=subprocess.DEVNULL)  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unavailable(f"{name} cannot be run as a command: {error}") from None
        if result.returncode:
            raise Unavailable(f"{name} failed as a command: {result.stderr.strip()[:200]}")

    return Contender(name, COMMAND, threads or os.cpu_count() or 1, timed(work), check=check)
