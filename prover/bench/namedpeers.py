"""Peers that are named on the command line: any prover, as a command.

A command's words may have names in braces: the case's files, the number of threads, and the files to write.  A command
with {proof} is timed from start to exit.  Any other is started once, loads its files, and writes a line; from then on
it answers every line that it reads with a line, all of them JSON objects:

    when its files are loaded   {"ready": true}, or {"ready": true, "works": ["prove", "verify"]}
    {"do": "prove"}             {"seconds": 0.123, "proof": {"pi_a": …, "pi_b": …, "pi_c": …}}
    {"do": "verify"}            {"seconds": 0.001}, for its own proof
    whatever it cannot do       {"failed": "has no memory left"}

It takes the seconds itself, so that neither pipes nor JSON count, writes a proof as snarkjs does, and ends when there
are no more lines.  What it writes on standard error is shown when it fails.  Its processor time is that of the process
that was started: a wrapper must replace itself (exec).
"""

import os
import shlex
import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from prover.bench import contenders, peerprocess, peerproofs
from prover.bench.contenders import Contender
from prover.bench.measure import thread_counts
from prover.bench.peerfiles import Case
from prover.bench.peerproofs import Check
from prover.machine import files
from zk.errors import FormatError

THREADS, PROOF = "{threads}", "{proof}"


@dataclass(frozen=True)
class Named:
    """A peer, and the words of its command."""

    name: str
    words: tuple[str, ...]

    def described(self) -> str:
        """The command, and the digest of each file that it names, which tell what program it was."""
        program = shutil.which(self.words[0])
        paths = [Path(word) for word in (program, *self.words[1:]) if word]
        digests = [f"{path.name} has SHA-256 {files.digest(path)}" for path in paths if path.is_file()]
        return "; ".join([shlex.join(self.words), *digests])


def parse(name: str, command: str) -> Named:
    """A peer of the command line.  Raises FormatError when the command is empty, or a quote is open."""
    try:
        words = tuple(shlex.split(command))
    except ValueError as error:
        raise FormatError(f"the command of {name} cannot be split into words: {error}") from None
    if not words:
        raise FormatError(f"the command of {name} is empty")
    return Named(name, words)


def enter(peer: Named, check: Check, case: Case, work: Path, running: ExitStack) -> list[Contender]:
    """It on one thread and on all, or on every core if its command does not take a number.

    `check` says whether a proof holds.  Raises Unavailable when it cannot run.
    """
    entered = []
    for threads in thread_counts() if _names(peer, THREADS) else [os.cpu_count() or 1]:
        outputs = peerproofs.outputs(running)
        words = _filled(peer.words, case, threads, outputs)
        if _names(peer, PROOF):
            entered.append(contenders.command(peer.name, words, threads, outputs.checked(peer.name, check)))
        else:
            entered += peerprocess.contenders(peer.name, words, None, threads, work, running, check)
    return entered


def _names(peer: Named, place: str) -> bool:
    return any(place in word for word in peer.words)


def _filled(words: tuple[str, ...], case: Case, threads: int, outputs: peerproofs.Outputs) -> list[str]:
    """The words with what stands for each name in braces.  Other braces stay, as in a script."""
    values = {"{zkey}": case.zkey, "{wtns}": case.wtns, "{verification_key}": case.verification_key,
              "{r1cs}": case.r1cs, THREADS: threads, PROOF: outputs.proof, "{public}": outputs.public}  # fmt: skip
    filled = []
    for word in words:
        for name, value in values.items():
            word = word.replace(name, str(value))
        filled.append(word)
    return filled
