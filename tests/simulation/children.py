"""Processes that act on a ledger and may be killed, or find the disk full, while they do.

What a child answered, it wrote into a pipe before it ended: a child that was killed answered nothing.
"""

import os
import resource
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from settlement.ledger import Ledger
from settlement.rejection import Rejected

Act = Callable[[Ledger], bytes]
"""Acts on a ledger, and returns what it acknowledges."""

STATEMENT, STEP, SYNC, ANSWER, NEVER = "statement", "step", "sync", "answer", "never"
_ACKNOWLEDGED, _REFUSED, _FAILED = b"A", b"R", b"F"


@dataclass(frozen=True)
class Kill:
    """When a child is killed: at its `count`-th SQL statement, step of SQLite's machine, or sync to disk."""

    place: str
    count: int = 0


@dataclass(frozen=True)
class Answer:
    """What a child told before it ended; all None when it was killed first."""

    acknowledged: bytes | None = None
    refused: str | None = None
    failed: str | None = None


@dataclass(frozen=True)
class Child:
    """A running child, and the end of the pipe from which its answer is read."""

    number: int
    pipe: int


def start(path: Path, act: Act, kill: Kill = Kill(NEVER), *, most_bytes: int | None = None) -> Child:  # noqa: B008
    """A child that opens the ledger and acts on it; no file can grow above `most_bytes`.

    The caller has closed its own connections: SQLite's must not cross a fork.
    """
    read, write = os.pipe()
    number = os.fork()
    if number == 0:
        try:
            os.close(read)
            answer = _act(path, act, kill, most_bytes)
            if kill.place == ANSWER:
                os.kill(os.getpid(), signal.SIGKILL)
            os.write(write, answer)
        finally:
            os._exit(0)
    os.close(write)
    return Child(number, read)


def wait(child: Child) -> Answer:
    """What the child answered."""
    with os.fdopen(child.pipe, "rb") as pipe:
        data = pipe.read()
    os.waitpid(child.number, 0)
    kind, text = data[:1], data[1:]
    if kind == _ACKNOWLEDGED:
        return Answer(acknowledged=text)
    if kind == _REFUSED:
        return Answer(refused=text.decode())
    return Answer(failed=text.decode()) if kind == _FAILED else Answer()


def _act(path: Path, act: Act, kill: Kill, most_bytes: int | None) -> bytes:
    try:
        ledger = Ledger.open(path)
        _arm(ledger, kill)
        if most_bytes is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
        return _ACKNOWLEDGED + act(ledger)
    except Rejected as error:
        return _REFUSED + error.rejection.name.encode()
    except Exception as error:
        return _FAILED + type(error).__name__.encode()


def _arm(ledger: Ledger, kill: Kill) -> None:
    """Has this process killed when it has come so far."""
    calls = iter(range(kill.count + 1))

    def call(*_: object) -> int:
        if next(calls) == kill.count:
            os.kill(os.getpid(), signal.SIGKILL)
        return 0

    connection = ledger._repository._connection
    if kill.place == STATEMENT:
        connection.set_trace_callback(call)
    elif kill.place == STEP:
        connection.set_progress_handler(call, 1)
    elif kill.place == SYNC:
        ordinary = os.fsync

        def sync(descriptor: int) -> None:
            call()
            ordinary(descriptor)

        os.fsync = sync
