"""The making of a key by this program and by snarkjs: preparing powers, setup, a contribution, verification.

Every step is timed as a command, from files to files.  Both programs start from the same powers of τ, which this one
makes, and each verifies the key that it contributed to itself.  snarkjs runs once, because it takes minutes; ours runs
a first time, which may compile, and once more.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prover.bench import nodejs
from prover.bench.measure import Timing, measure
from prover.bench.peerfiles import Unavailable
from zk.formats import r1csfile
from zk.runtime import parallel

TIMEOUT_S = 3600  # for one command

Command = Sequence[str]


@dataclass(frozen=True)
class Program:
    """A program that accepts snarkjs's arguments, and the number of timed runs after a first one."""

    name: str
    start: tuple[str, ...]
    threads: int
    runs: int

    def run(self, arguments: Command, folder: Path) -> None:
        """Runs a command in a folder.  Raises Unavailable when it fails."""
        what = f"{self.name} {' '.join(arguments[:2])}"
        try:
            result = subprocess.run([*self.start, *arguments], cwd=folder, capture_output=True, text=True,
                                  timeout=TIMEOUT_S, check=False, stdin=subprocess.DEVNULL)  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unavailable(f"{what} cannot be run: {error}") from None
        if result.returncode:
            raise Unavailable(f"{what} failed: {(result.stderr.strip() or result.stdout.strip())[-200:]}")


def bench(r1cs: Path, power: int, home: Path, folder: Path) -> list[Timing]:
    """Timings of both programs: preparing 2^power powers, and making the key of the circuit in a .r1cs file.

    All files are written into `folder`.  Raises Unavailable when snarkjs is not installed or a command fails.
    """
    ours = _ours(home)
    theirs = Program(nodejs.name(), tuple(nodejs.program()), os.cpu_count() or 1, 0)
    circuit = r1csfile.decode(r1cs.read_bytes(), str(r1cs))
    needed = max(1, (circuit.num_constraints + circuit.num_public).bit_length())
    for size in {power, needed}:
        _make_powers(ours, size, folder)
    ours.run(["powersoftau", "prepare", "phase2", f"powers{needed}.ptau", "prepared.ptau"], folder)
    timings = []
    for program in (ours, theirs):
        for what, arguments in _steps(power, r1cs.resolve(), program.name.split()[0]):
            timings.append(_timed(program, what.format(power=power, needed=needed), arguments, folder))
    return timings


def _ours(home: Path) -> Program:
    start = (sys.executable, "-m", "prover.cli.main", "--home", str(home.resolve()))
    return Program("zksettle", start, parallel.threads(), 1)


def _make_powers(ours: Program, power: int, folder: Path) -> None:
    """powersP.ptau with one contribution."""
    ours.run(["powersoftau", "new", "bn128", str(power), "new.ptau"], folder)
    contribution = ["powersoftau", "contribute", "new.ptau", f"powers{power}.ptau", "--name=one", "-e=benchmark"]
    ours.run(contribution, folder)


def _steps(power: int, r1cs: Path, name: str) -> list[tuple[str, Command]]:
    """The timed steps, in order.  The files that a program makes carry its name."""
    first, last = f"{name}0.zkey", f"{name}1.zkey"
    return [
        ("powersoftau prepare phase2, 2^{power}",
         ["powersoftau", "prepare", "phase2", f"powers{power}.ptau", f"{name}.ptau"]),
        ("groth16 setup, 2^{needed}", ["groth16", "setup", str(r1cs), "prepared.ptau", first]),
        ("zkey contribute, 2^{needed}", ["zkey", "contribute", first, last, "--name=one", "-e=benchmark"]),
        ("zkey verify, 2^{needed}", ["zkey", "verify", str(r1cs), "prepared.ptau", last]),
    ]  # fmt: skip


def _timed(program: Program, what: str, arguments: Command, folder: Path) -> Timing:
    """A step from start to end.  The time of a step that runs only once stands for its warm runs too."""
    timing = measure(f"{program.name} {what}", "", lambda: program.run(arguments, folder), program.runs)
    return Timing(program.name, what, 1, program.threads, timing.first_s, timing.runs_s or (timing.first_s,))
