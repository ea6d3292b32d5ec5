"""`zksettle bench peers`: other provers and this one on the same files, in turns.

In process: key loaded, warm.  As a command: from files to files, start-up included; ours asks the prover service if one
runs in the home.  Every proof is verified.  Peers that cannot run are listed with the reason.
"""

import shlex
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from prover.bench import (
    casefiles,
    ceremonies,
    contenders,
    idleness,
    namedpeers,
    nodejs,
    peerproofs,
    peerreport,
    zksnake,
)
from prover.bench.contenders import COMMAND, PROVE, VERIFY, Contender, timed
from prover.bench.measure import thread_counts
from prover.bench.meters import Meter
from prover.bench.namedpeers import Named
from prover.bench.peerfiles import Case, Unavailable
from prover.bench.peerproofs import Check
from prover.bench.peerreport import OURS
from prover.bench.report import Measurements
from prover.circom import proofs, witnesses
from prover.machine import tasks, threadcount
from zk.errors import FormatError
from zk.fields import array
from zk.fields.prime import FR
from zk.runtime import parallel

WORKS = (PROVE, VERIFY, COMMAND)


@dataclass(frozen=True)
class Request:
    """What is to be compared: the circuits in folders, chains of these sizes, which works, and how often.

    With a `power` also the making of a key of the only circuit (`ceremonies`).
    """

    folders: Sequence[Path]
    log_sizes: Sequence[int]
    named: Sequence[Named]
    home: Path
    runs: int
    power: int | None = None
    works: Sequence[str] = WORKS


def bench(request: Request) -> Measurements:
    """Every peer that can run, and ours.

    Raises Unavailable when no peer can run, before anything is measured, and FormatError when a file is missing or
    malformed, or two circuits have one name.
    """
    with tempfile.TemporaryDirectory(prefix="zksettle-bench-") as name:
        work = Path(name)
        given = [Case(folder) for folder in request.folders]
        _check(given, request)
        available, notes = _available(request)
        cases = given + [_chain(log_size, work) for log_size in request.log_sizes]
        meter, timings, busy = Meter(), [], []
        for case in cases:
            busy.append(idleness.others())
            label = case.name if len(cases) > 1 else ""
            with ExitStack() as of_case:
                entered, check = _ours(case, request.home, of_case)
                for enter in available:
                    try:
                        entered += enter(check, case, work, of_case)
                    except Unavailable as error:
                        notes.append(f"{case.name}: {error}" if label else str(error))
                chosen = [contender for contender in entered if contender.work in request.works]
                measured, failed = contenders.rounds(chosen, request.runs, meter, label)
            timings += measured
            notes += [f"{label}: {failure}" if label else failure for failure in failed]
        if request.power is not None:
            timings += ceremonies.bench(cases[0].r1cs, request.power, request.home, work)
        said = [*peerreport.said_of_others(busy), *(f"Not measured: {note}." for note in notes), *meter.notes]
    return peerreport.report(timings, said, _around(request, cases))


def _check(given: Sequence[Case], request: Request) -> None:
    names = [case.name for case in given]
    if twice := [name for name in names if names.count(name) > 1]:
        raise FormatError(f"two of the folders are called {twice[0]}: give circuits names of their own")
    called = [OURS, *(named.name for named in request.named)]
    if twice := [name for name in called if called.count(name) > 1]:
        raise FormatError(f"two provers are called {twice[0]}: give peers names of their own")
    if request.power is not None and not given[0].r1cs.is_file():
        raise FormatError(f"{given[0].folder} has no {given[0].r1cs.name}, which --ceremony needs to make a key")


def _chain(log_size: int, work: Path) -> Case:
    with tasks.task(f"Making a key for 2^{log_size}"):
        return casefiles.write(log_size, work / f"chain{log_size}")


_Enter = Callable[[Check, Case, Path, ExitStack], list[Contender]]


def _available(request: Request) -> tuple[list[_Enter], list[str]]:
    """The peers that are installed, and for each other peer the reason why it is not.

    Raises Unavailable when there is none.
    """
    available: list[_Enter] = []
    notes = []
    for name, enter in ((nodejs.name, _snarkjs), (zksnake.name, _zksnake)):
        try:
            name()
            available.append(enter)
        except Unavailable as error:
            notes.append(str(error))
    available += [partial(namedpeers.enter, named) for named in request.named]
    if not request.named:
        notes.append("no other prover was named with --peer or --rapidsnark")
    if not available:
        raise Unavailable(f"there is nothing to compare with: {'; '.join(notes)}")
    return available, notes


def _ours(case: Case, home: Path, running: ExitStack) -> tuple[list[Contender], Check]:
    """This prover, and what says whether a proof of the case holds."""
    from zk.fields import conversion
    from zk.formats import snarkjs
    from zk.groth16 import prover, verifier

    proof, public = proofs.prove(case.zkey, case.wtns)  # checks both files
    key, witness = proofs.open_key(case.zkey), conversion.from_plain(FR, witnesses.read(case.wtns).values)
    verifying = snarkjs.decode_verifying_key(case.verification_key.read_bytes())
    if verifying != key.verifying:
        raise FormatError(f"{case.verification_key} is not the key in {case.zkey}")

    def prove(threads: int) -> float:
        with threadcount.limited_to(threads):
            return timed(lambda: prover.prove(key, witness))()

    check, outputs = peerproofs.checker(verifying, public), peerproofs.outputs(running)
    words = [sys.executable, "-m", "prover.cli.main", "--home", str(home), "groth16", "prove", str(case.zkey)]
    entered = [
        *(Contender(OURS, PROVE, threads, partial(prove, threads)) for threads in thread_counts()),
        Contender(OURS, VERIFY, parallel.threads(), timed(lambda: verifier.verify(verifying, public, proof))),
        contenders.command(OURS, [*words, str(case.wtns), *outputs.words], parallel.threads(),
                           outputs.checked(OURS, check)),
    ]  # fmt: skip
    return entered, check


def _snarkjs(check: Check, case: Case, work: Path, running: ExitStack) -> list[Contender]:
    entered: list[Contender] = []
    outputs = peerproofs.outputs(running)
    for threads in nodejs.thread_counts():
        entered += nodejs.in_process(case, threads, work, running)
    words = nodejs.command(case, *outputs.words)
    return [*entered, contenders.command(nodejs.name(), words, check=outputs.checked(nodejs.name(), check))]


def _zksnake(check: Check, case: Case, work: Path, running: ExitStack) -> list[Contender]:
    """It has a key of its own, and verifies its proofs itself."""
    witness = array.from_plain(witnesses.read(case.wtns).values)
    with tasks.task(f"{zksnake.name()} makes its key"):
        return zksnake.in_process(case, witness, work, running)


def _around(request: Request, cases: Sequence[Case]) -> dict[str, Any]:
    """The programs that were measured, and the digests of the files."""
    programs: dict[str, str] = {OURS: shlex.join([sys.executable, "-m", "prover.cli.main"])}
    try:
        programs[nodejs.name()] = f"{shlex.join(nodejs.program())}, node {nodejs.version()}"
    except Unavailable:
        pass
    try:
        programs[zksnake.name()] = sys.executable
    except Unavailable:
        pass
    programs |= {named.name: named.described() for named in request.named}
    return {"programs": programs, "files": {case.name: case.digests() for case in cases}}
