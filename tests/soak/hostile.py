"""Hostile clients beside an honest one: `python -m tests.soak.hostile [CLIENTS [SECONDS]]`.

A service of its own process over a ledger of a simulated pool, and an honest client that settles a swap ten times a
second: alone, beside a process that only computes (the control), and beside the hostile clients
(tests.soak.hostileclients), which yield the processors to both (nice 19).  Twice: first apart, with the service and the
honest client on one half of the processors and the others on the other half, because the machines of hostile clients
are not the service's; then together, where all share all of them and the service's threads contend for Python.

The goals, in both: the honest client's p95 within 3 times what it is alone in the same arrangement, the service's
memory within 2 times, no answer 500, no crash, and every honest swap settled.
"""

import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prover.bench import simulated, swaps
from prover.bench.simulated import SimulatedPool
from prover.machine import clock
from prover.machine.home import Home
from prover.network.wire.client import Client
from prover.operator import operatorkey
from settlement import engine
from settlement.ledger import Ledger
from tests.soak import harm
from tests.soak.hostilereport import PER_S, Measured, Report

IDLE_S = 15
MOST_SLOWER, MOST_MEMORY = 3, 2
_SETTLED, _ORDERS = 100, 600
_SAMPLE_S = 0.2
_PARENT_FIELD = 1
_WARM = 20  # swaps before any is measured


@dataclass(frozen=True)
class Arrangement:
    """Who computes where: the processors of the service and the honest client, and those of the others."""

    name: str
    own: frozenset[int]
    others: frozenset[int]


def arrangements() -> list[Arrangement]:
    """Apart, if there is more than one processor, and together."""
    every = sorted(os.sched_getaffinity(0))
    half = len(every) // 2
    together = Arrangement("together", frozenset(every), frozenset(every))
    return [Arrangement("apart", frozenset(every[:half]), frozenset(every[half:])), together] if half else [together]


def found(folder: Path) -> tuple[Home, SimulatedPool, list[bytes]]:
    """A home whose ledger has settled some swaps, which are returned."""
    home = Home(folder / "home")
    home.path.mkdir(mode=0o700)
    home.pool.path.mkdir()
    made = simulated.pool(operatorkey.create(home.pool.operator), clock.now_ms())
    with Ledger.create(home.ledger, made.pool, clock.now_ms()) as ledger:
        engine.publish(ledger, made.quotes(ledger, clock.now_ms()), clock.now_ms())
        settled = swaps.plain(made, ledger.reader.tree().root, _SETTLED, clock.now_ms())
        engine.submit_all(ledger, settled, clock.now_ms())
    return home, made, settled


@contextmanager
def served(home: Home, *options: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The URL of the service of a home's ledger, and its process; its log is in HOME/log."""
    line = [sys.executable, "-m", "prover.cli.main", "ledger", "serve", "--listen", "127.0.0.1:0", "--json", *options]
    with (home.path / "log").open("ab") as log:
        process = subprocess.Popen([*line, "--home", str(home.path)], stdout=subprocess.PIPE, stderr=log)
    try:
        assert process.stdout is not None, "it is a pipe"
        lines = [process.stdout.readline()]
        while lines[-1] not in (b"}\n", b""):
            lines.append(process.stdout.readline())
        yield json.loads(b"".join(lines))["url"], process
    finally:
        process.terminate()
        process.wait(60)


def memory(pid: int) -> int:
    """The resident bytes of a process and of those that it started; what they share counts once for each."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[_PARENT_FIELD])
        except OSError:
            continue
    own = {pid}
    while more := {each for each, parent in parents.items() if parent in own} - own:
        own |= more
    total = 0
    for each in own:
        try:
            total += int(Path(f"/proc/{each}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except OSError:
            continue
    return total


def honest(url: str, pid: int, bundles: Sequence[bytes]) -> Measured:
    """Settles a bundle ten times a second, or one after the other when that is slower, as a wallet's client does."""
    is_over, most = threading.Event(), [memory(pid)]

    def watch() -> None:
        while not is_over.wait(_SAMPLE_S):
            most[0] = max(most[0], memory(pid))

    watching = threading.Thread(target=watch)
    watching.start()
    times_s, began_s = [], time.perf_counter()
    with Client(url) as client:
        for number, data in enumerate(bundles):
            pause_s = began_s + number / PER_S - time.perf_counter()
            if pause_s > 0:
                time.sleep(pause_s)
            elif pause_s < -len(bundles) / PER_S:  # twice as slow as it should be
                break
            start_s = time.perf_counter()
            client.post("/bundles", data)
            times_s.append(time.perf_counter() - start_s)
    is_over.set()
    watching.join()
    return Measured(times_s, most[0])


@contextmanager
def at(processors: frozenset[int]) -> Iterator[None]:
    """What starts here runs on these processors."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, processors)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def computing(processors: frozenset[int]) -> Iterator[None]:
    """A process that takes what is left of one of these processors, and asks the service for nothing."""
    with at(processors):
        process = subprocess.Popen(["nice", "-n", "19", sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


@contextmanager
def attacked(
    url: str, clients: int, seconds: int, material: Path, processors: frozenset[int]
) -> Iterator[dict[str, dict[str, int]]]:
    """Hostile clients for as long; what they were answered is in the dictionary afterwards."""
    told: dict[str, dict[str, int]] = {}
    host, port = url.removeprefix("http://").split(":")
    asked: dict[str, Any] = {
        "host": host, "port": int(port), "clients": clients, "seconds": seconds, "material": str(material),
    }  # fmt: skip
    line = ["nice", "-n", "19", sys.executable, "-m", "tests.soak.hostileclients"]
    with at(processors):
        process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None, "they are pipes"
    process.stdin.write(json.dumps(asked).encode())
    process.stdin.close()
    try:
        yield told
        told |= json.loads(process.stdout.read())
    finally:
        process.kill()
        process.wait()


def measured(arrangement: Arrangement, clients: int, seconds: int) -> Report:
    """What one arrangement comes to."""
    with tempfile.TemporaryDirectory() as name, at(arrangement.own):
        folder = Path(name)
        home, made, settled = found(folder)
        with Ledger.open(home.ledger, read_only=True) as ledger:
            root = ledger.reader.tree().root
        harm.write(folder, made, root, settled, _ORDERS)
        bundles = iter(swaps.plain(made, root, _WARM + (2 * IDLE_S + seconds) * PER_S, clock.now_ms()))
        with served(home) as (url, process):

            def settle(count: int) -> Measured:
                return honest(url, process.pid, list(itertools.islice(bundles, count)))

            settle(_WARM)
            alone = settle(IDLE_S * PER_S)
            with computing(arrangement.others):
                control = settle(IDLE_S * PER_S)
            with attacked(url, clients, seconds + 5, folder, arrangement.others) as told:
                time.sleep(2)
                beside = settle(seconds * PER_S)
            assert process.poll() is None, "the service has crashed"
    return Report(arrangement.name, alone, control, beside, told)


def main() -> None:
    words = [int(word) for word in sys.argv[1:3]]
    clients, seconds = (*words, *(64, 60)[len(words) :])
    reports = []
    for arrangement in arrangements():
        reports.append(measured(arrangement, clients, seconds))
        reports[-1].show()
    slower, more = (max(figures) for figures in zip(*((report.slower, report.more) for report in reports), strict=True))
    print(
        f"the worse of each: p95 {slower:.1f} times (goal {MOST_SLOWER}), memory {more:.2f} times (goal {MOST_MEMORY})"
    )
    is_whole = all(len(report.beside.times_s) == seconds * PER_S for report in reports)
    has_500 = any("500" in answers for report in reports for answers in report.told.values())
    sys.exit(0 if slower <= MOST_SLOWER and more <= MOST_MEMORY and is_whole and not has_500 else 1)


if __name__ == "__main__":
    main()
