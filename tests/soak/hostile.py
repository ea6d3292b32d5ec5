"""Hostile clients beside an honest one: `python -m tests.soak.hostile [CLIENTS [SECONDS]]`.

A service of its own process over a ledger of a simulated pool; an honest client that settles a swap ten times a second,
alone first and then beside the hostile ones (tests.soak.hostileclients), which yield the processors to both (nice 19),
as machines of their own would.  The goals: the honest client's p95 within 3 times what it is alone, the service's
memory within 2 times, no answer 500, no crash, and every honest swap settled.
"""

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
from prover.network.client import Client
from prover.operator import operatorkey
from settlement import engine
from settlement.ledger import Ledger
from tests.soak import harm

IDLE_S = 15
PER_S = 10
MOST_SLOWER, MOST_MEMORY = 3, 2
_SETTLED, _ORDERS = 100, 600
_SAMPLE_S = 0.2
_PARENT_FIELD = 1


@dataclass(frozen=True)
class Measured:
    """How long each honest swap took, in seconds, and the most memory that the service had, in bytes."""

    times_s: list[float]
    memory: int

    def quantile_ms(self, percent: int) -> float:
        """The time within which this share of the swaps settled."""
        ordered = sorted(self.times_s)
        return 1_000 * ordered[min(-(-len(ordered) * percent // 100), len(ordered)) - 1]

    def __str__(self) -> str:
        quantiles = ", ".join(f"p{percent} {self.quantile_ms(percent):.0f} ms" for percent in (50, 95, 99))
        return f"{len(self.times_s)} swaps, {quantiles}, at most {self.memory >> 20} MiB"


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
def attacked(url: str, clients: int, seconds: int, material: Path) -> Iterator[dict[str, dict[str, int]]]:
    """Hostile clients for as long; what they were answered is in the dictionary afterwards."""
    told: dict[str, dict[str, int]] = {}
    host, port = url.removeprefix("http://").split(":")
    asked: dict[str, Any] = {
        "host": host, "port": int(port), "clients": clients, "seconds": seconds, "material": str(material),
    }  # fmt: skip
    line = ["nice", "-n", "19", sys.executable, "-m", "tests.soak.hostileclients"]
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


def main() -> None:
    clients, seconds = (int(word) for word in (*sys.argv[1:], "64", "60")[:2])
    if len(sys.argv) == 2:
        clients, seconds = int(sys.argv[1]), 60
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        home, made, settled = found(folder)
        with Ledger.open(home.ledger, read_only=True) as ledger:
            root = ledger.reader.tree().root
        harm.write(folder, made, root, settled, _ORDERS)
        bundles = swaps.plain(made, root, (IDLE_S + seconds) * PER_S + 20, clock.now_ms())
        with served(home) as (url, process):
            honest(url, process.pid, bundles[:20])
            alone = honest(url, process.pid, bundles[20 : 20 + IDLE_S * PER_S])
            print(f"alone:    {alone}", flush=True)
            with attacked(url, clients, seconds + 5, folder) as told:
                time.sleep(2)
                beside = honest(url, process.pid, bundles[20 + IDLE_S * PER_S :])
                print(f"attacked: {beside}", flush=True)
            assert process.poll() is None, "the service has crashed"
        print((home.path / "log").read_text()[-2_000:])
    for kind, answers in told.items():
        print(f"  {kind:<26}", ", ".join(f"{count} x {name}" for name, count in sorted(answers.items())))
    slower, more = beside.quantile_ms(95) / alone.quantile_ms(95), beside.memory / alone.memory
    print(f"p95 {slower:.1f} times (goal {MOST_SLOWER}), memory {more:.2f} times (goal {MOST_MEMORY})")
    is_met = slower <= MOST_SLOWER and more <= MOST_MEMORY
    has_500 = any("500" in answers for answers in told.values())
    sys.exit(0 if is_met and not has_500 else 1)


if __name__ == "__main__":
    main()
