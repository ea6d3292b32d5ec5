"""A ledger's operator and validators for a benchmark: homes in a temporary folder, and their commands as processes."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from circuits.records import Root
from prover.bench import simulated, swaps
from prover.bench.simulated import SimulatedPool
from prover.machine import clock
from prover.machine.home import Home
from prover.network.mirrors import duty
from prover.operator import founding, operatorkey, validatorkey
from prover.operator.founding import Choices
from settlement import engine
from settlement.engine import Receipt
from settlement.ledger import Ledger
from settlement.risk.grids import Publication

VALIDATORS = 4
ROOTS = 8
END_S = 60
_CPU_FIELDS = slice(11, 15)  # of /proc/PID/stat after the name: user and system time, also of children that ended
_PARENT_FIELD = 1


@dataclass(frozen=True)
class Site:
    """A folder with the homes of an operator and of validators, and the pool, whose quorum is three of four.

    The ledger has settled this many swaps, after which the tree had these `roots`.
    """

    folder: Path
    made: SimulatedPool
    newest: Publication
    settled: int
    roots: tuple[Root, ...]

    @property
    def operator(self) -> Home:
        """The operator's home."""
        return Home(self.folder / "operator")

    @property
    def validators(self) -> tuple[Home, ...]:
        """The validators' homes, which have joined no pool at first."""
        return tuple(Home(self.folder / f"validator-{number}") for number in range(VALIDATORS))

    def copied(self, folder: Path) -> "Site":
        """The same in another folder."""
        shutil.copytree(self.folder, folder)
        return replace(self, folder=folder)


def found(folder: Path) -> Site:
    """Founds a pool, publishes its first prices, and settles a few swaps."""
    operator, validators = Home(folder / "operator"), [Home(folder / f"validator-{i}") for i in range(VALIDATORS)]
    for home in (operator, *validators):
        home.path.mkdir(mode=0o700, parents=True)
    operator.pool.path.mkdir()
    public = operatorkey.create(operator.pool.operator)
    for home in validators:
        duty.begin(home.validator_state)
    members = [validatorkey.create(home.validator, home.path.name).validator for home in validators]
    choices = Choices(values={"validators": founding.validators_value(members)})
    made = simulated.pool(public, clock.now_ms(), choices)
    with Ledger.create(operator.ledger, made.pool, clock.now_ms()) as ledger:
        engine.publish(ledger, made.quotes(ledger, clock.now_ms()), clock.now_ms())
        first = swaps.plain(made, ledger.reader.tree().root, ROOTS, clock.now_ms())
        settled = engine.submit_all(ledger, first, clock.now_ms())
        roots = tuple(one.root for one in settled if isinstance(one, Receipt))
        return Site(folder, made, ledger.reader.grids(1)[0].publication, len(first), roots)


def swaps_of(site: Site, count: int, *, margined: bool) -> list[bytes]:
    """Swaps between accounts under the site's roots."""
    made, now_ms = list[bytes](), clock.now_ms()
    for number, root in enumerate(site.roots):
        share = count * (number + 1) // len(site.roots) - len(made)
        if share:
            made += (
                swaps.margined(site.made, root, share, now_ms, site.newest)
                if margined
                else swaps.plain(site.made, root, share, now_ms)
            )
    # The roots by turns, so that each block has all of them.
    return [one for start in range(len(site.roots)) for one in made[start :: len(site.roots)]]


class Command:
    """A running command of zksettle."""

    def __init__(self, process: subprocess.Popen[bytes]):
        self._process = process

    def document(self) -> dict[str, Any]:
        """The next JSON document that it prints.  Raises RuntimeError when it ends instead."""
        assert self._process.stdout is not None, "it is a pipe"
        lines: list[bytes] = []
        for line in self._process.stdout:
            lines.append(line)
            if line == b"}\n":
                document: dict[str, Any] = json.loads(b"".join(lines))
                return document
        raise RuntimeError(f"a command ended early, with code {self._process.wait()}")

    def cpu_s(self) -> float:
        """The processor time of the command and of the processes that it started, so far; 0 where /proc is not."""
        ticks, parents = dict[int, int](), dict[int, int]()
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rpartition(")")[2].split()
            except OSError:  # it has ended meanwhile
                continue
            pid = int(path.parent.name)
            ticks[pid], parents[pid] = sum(map(int, fields[_CPU_FIELDS])), int(fields[_PARENT_FIELD])
        own = {self._process.pid}
        while more := {pid for pid, parent in parents.items() if parent in own} - own:
            own |= more
        return sum(ticks.get(pid, 0) for pid in own) / os.sysconf("SC_CLK_TCK")


@contextmanager
def command(home: Home, *arguments: str) -> Iterator[Command]:
    """Runs a command on a home, and ends it with the context.  Its log goes to HOME/log."""
    with (home.path / "log").open("ab") as log:
        process = subprocess.Popen(_line(home, arguments), stdout=subprocess.PIPE, stderr=log)
    try:
        yield Command(process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def timed(home: Home, *arguments: str) -> float:
    """Runs a command on a home until it ends, which takes so many seconds.  Raises RuntimeError when it fails."""
    start_s = time.perf_counter()
    done = subprocess.run(_line(home, arguments), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed: {done.stderr.strip()[-500:]}")
    return time.perf_counter() - start_s


def _line(home: Home, arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "prover.cli.main", *arguments, "--json", "--home", str(home.path)]
