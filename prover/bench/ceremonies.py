"""The way to a key, ours and snarkjs's on the same files: powers prepared, a key set up, contributed to, verified.

Everything is timed as a command, from files to files.  Both start from the same powers of τ, which ours makes; each
verifies the key that it contributed to itself.  snarkjs runs once, for it takes minutes; ours runs a first time that
may compile, and once more.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prover.bench import nodejs
from prover.bench.measure import Timing, measure
from prover.bench.peerfiles import Missing
from zk.formats import r1csfile
from zk.runtime import parallel

TIMEOUT_S = 3600  # for one command

Command = Sequence[str]


@dataclass(frozen=True)
class Program:
    """A program that takes snarkjs's arguments, and how often a step is timed after a first run."""

    name: str
    start: tuple[str, ...]
    threads: int
    runs: int

    def run(self, arguments: Command, folder: Path) -> None:
        """Runs a command in a folder.  Raises Missing when it fails."""
        what = f"{self.name} {' '.join(arguments[:2])}"
        try:
            done = subprocess.run([*self.start, *arguments], cwd=folder, capture_output=True, text=True,
                                  timeout=TIMEOUT_S, check=False, stdin=subprocess.DEVNULL)  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Missing(f"{what} cannot be run: {error}") from None
        if done.returncode:
            raise Missing(f"{what} failed: {(done.stderr.strip() or done.stdout.strip())[-200:]}")


def bench(r1cs: Path, power: int, home: Path, folder: Path) -> list[Timing]:
    """Timings of both programs: of preparing 2^power powers, and of the key for the circuit in a .r1cs file.

    Everything is written into `folder`.  Raises Missing when snarkjs is not there or a command fails.
    """
    ours = _ours(home)
    theirs = Program(nodejs.name(), tuple(nodejs.program()), os.cpu_count() or 1, 0)
    circuit = r1csfile.decode(r1cs.read_bytes(), str(r1cs))
    needed = max(1, (circuit.num_constraints + circuit.num_public).bit_length())
    for size in {power, needed}:
        _make_powers(ours, size, folder)
    ours.run(["powersoftau", "prepare", "phase2", f"powers{needed}.ptau", "prepared.ptau"], folder)
    found = []
    for program in (ours, theirs):
        for what, arguments in _steps(power, r1cs.resolve(), program.name.split()[0]):
            found.append(_timed(program, what.format(power=power, needed=needed), arguments, folder))
    return found


def _ours(home: Path) -> Program:
    start = (sys.executable, "-m", "prover.cli.main", "--home", str(home.resolve()))
    return Program("zksettle", start, parallel.threads(), 1)


def _make_powers(ours: Program, power: int, folder: Path) -> None:
    """powersP.ptau with one contribution."""
    ours.run(["powersoftau", "new", "bn128", str(power), "new.ptau"], folder)
    contribution = ["powersoftau", "contribute", "new.ptau", f"powers{power}.ptau", "--name=one", "-e=benchmark"]
    ours.run(contribution, folder)


def _steps(power: int, r1cs: Path, name: str) -> list[tuple[str, Command]]:
    """What is timed, in the order in which it can be done; the files that a program makes have its name."""
    first, last = f"{name}0.zkey", f"{name}1.zkey"
    return [
        ("powersoftau prepare phase2, 2^{power}",
         ["powersoftau", "prepare", "phase2", f"powers{power}.ptau", f"{name}.ptau"]),
        ("groth16 setup, 2^{needed}", ["groth16", "setup", str(r1cs), "prepared.ptau", first]),
        ("zkey contribute, 2^{needed}", ["zkey", "contribute", first, last, "--name=one", "-e=benchmark"]),
        ("zkey verify, 2^{needed}", ["zkey", "verify", str(r1cs), "prepared.ptau", last]),
    ]  # fmt: skip


def _timed(program: Program, what: str, arguments: Command, folder: Path) -> Timing:
    """A step from start to end; where it runs only once, that time is the first and the only one."""
    timing = measure(f"{program.name} {what}", "", lambda: program.run(arguments, folder), program.runs)
    return Timing(program.name, what, 1, program.threads, timing.first_s, timing.runs_s or (timing.first_s,))
