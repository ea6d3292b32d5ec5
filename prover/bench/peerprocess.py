"""A peer as a process that does one piece of work for each line that it is told, and answers with the seconds.

It loads its files first, so that what is timed is the work alone.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from prover.bench import talk
from prover.bench.contenders import Contender
from prover.bench.peerfiles import TIMEOUT_S, Unavailable
from prover.bench.talk import Document, Side


def contenders(
    name: str, command: Sequence[str], asked: Document, threads: int, folder: Path, running: ExitStack
) -> list[Contender]:
    """Proofs and verifications by a process that lives as long as `running`.

    It answers `asked` when its files are loaded.  Raises Unavailable when it cannot.
    """
    try:
        side = running.enter_context(talk.process(f"{name} on {threads}", folder, asked, command))
    except OSError as error:
        raise Unavailable(f"{name} cannot be run: {error}") from None
    _answer(name, side)
    return [
        Contender(name, f"{work}, in process", threads, _asking(name, side, work), side.process_id)
        for work in ("prove", "verify")
    ]


def _asking(name: str, side: Side, work: str) -> Callable[[], float]:
    def run() -> float:
        try:
            side.tell(do=work)
        except RuntimeError as error:
            raise Unavailable(f"{name} failed: {error}") from None
        return _answer(name, side)["seconds"]

    return run


def _answer(name: str, side: Side) -> Document:
    """Its next answer.  Raises Unavailable when it ended, or says why it cannot do what it was told."""
    try:
        answer = side.hear(TIMEOUT_S)
    except RuntimeError as error:
        raise Unavailable(f"{name} failed: {error}") from None
    if "failed" in answer:
        raise Unavailable(f"{name} {answer['failed']}")
    return answer
