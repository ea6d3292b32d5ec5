"""A peer as a process that does one piece of work for each line that it is told, and answers with the seconds.

It loads its files first, so that what is timed is the work alone.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from prover.bench import talk
from prover.bench.contenders import PROVE, VERIFY, Contender
from prover.bench.peerfiles import TIMEOUT_S, Unavailable
from prover.bench.peerproofs import Check
from prover.bench.talk import Document, Side

WORKS = {"prove": PROVE, "verify": VERIFY}


def contenders(
    name: str, command: Sequence[str], asked: Document | None, threads: int, folder: Path, running: ExitStack,
    check: Check | None = None,
) -> list[Contender]:  # fmt: skip
    """What a process that lives as long as `running` can do: it says so when its files are loaded.

    It is told `asked` first.  With `check`, its proofs are given to it.  Raises Unavailable when it cannot run.
    """
    process = f"process of {name} for {threads} thread{'' if threads == 1 else 's'}"
    try:
        side = running.enter_context(talk.process(process, folder, asked, command))
    except OSError as error:
        raise Unavailable(f"{name} cannot be run: {error}") from None
    works = _answer(name, side).get("works", ["prove"])
    if not isinstance(works, list) or not all(work in [*WORKS] for work in works):
        raise Unavailable(f"{name} offers {works}, and a peer can only {' and '.join(WORKS)}")
    return [_contender(name, side, work, threads, check if work == "prove" else None) for work in works]


def _contender(name: str, side: Side, work: str, threads: int, check: Check | None) -> Contender:
    proof: list[Any] = [None]

    def run() -> float:
        try:
            side.tell(do=work)
        except RuntimeError as error:
            raise Unavailable(f"{name} failed: {error}") from None
        answer = _answer(name, side)
        proof[0], seconds = answer.get("proof"), answer.get("seconds")
        if not isinstance(seconds, float) or not 0 < seconds <= TIMEOUT_S:
            raise Unavailable(f"{name} says that it took {seconds} seconds")
        return seconds

    checked = None if check is None else lambda: check(name, proof[0])
    return Contender(name, WORKS[work], threads, run, side.process_id, checked)


def _answer(name: str, side: Side) -> Document:
    """Its next answer.  Raises Unavailable when it ended, or says why it cannot do what it was told."""
    try:
        answer = side.hear(TIMEOUT_S)
    except RuntimeError as error:
        raise Unavailable(f"{name} failed: {error}") from None
    if "failed" in answer:
        raise Unavailable(f"{name} {answer['failed']}")
    return answer
