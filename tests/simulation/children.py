"""Processes that act on a ledger and may be killed, or find the disk full, while they do.

What a child answered, it wrote into a pipe before it ended: a child that was killed answered nothing.
"""

import os
import resource
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from settlement.ledger import Ledger
from settlement.rejection import Rejected

Act = Callable[[Ledger], bytes]
"""Acts on a ledger, and returns what it acknowledges."""

STATEMENT, STEP, SYNC, ANSWER, NEVER = "statement", "step", "sync", "answer", "never"
_EFFECTS = frozenset((
    "fsync", "replace", "rename", "link", "unlink", "open", "write", "truncate", "flock", "execute", "executemany",
))  # fmt: skip
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

    def answer(tell: Callable[[bytes], object]) -> None:
        told = _act(path, act, kill, most_bytes)
        if kill.place == ANSWER:
            os.kill(os.getpid(), signal.SIGKILL)
        tell(told)

    return fork(answer)


def fork(answer: Callable[[Callable[[bytes], object]], None]) -> Child:
    """A child that runs `answer`, to which it gives a function that writes to the pipe, and ends with 0 after that."""
    read, write = os.pipe()
    number = os.fork()
    if number == 0:
        code = 1
        try:
            os.close(read)
            answer(lambda data: os.write(write, data))
            code = 0
        finally:
            os._exit(code)
    os.close(write)
    return Child(number, read)


def kill_at_effect(count: int) -> None:
    """Has this process killed before its `count`-th effect outside: a file, a lock or a statement of SQL."""
    calls = iter(range(count + 1))

    def profile(_: object, kind: str, function: object) -> None:
        if kind == "c_call" and getattr(function, "__name__", "") in _EFFECTS and next(calls) == count:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(profile)


def limit_files(most_bytes: int) -> None:
    """From now on this process can let no file grow above so many bytes, as on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))


def wait(child: Child) -> Answer:
    """What the child answered."""
    data, _ = read(child)
    kind, text = data[:1], data[1:]
    if kind == _ACKNOWLEDGED:
        return Answer(acknowledged=text)
    if kind == _REFUSED:
        return Answer(refused=text.decode())
    return Answer(failed=text.decode()) if kind == _FAILED else Answer()


def read(child: Child) -> tuple[bytes, bool]:
    """What the child wrote, and whether it lived to its end."""
    with os.fdopen(child.pipe, "rb") as pipe:
        data = pipe.read()
    return data, os.waitpid(child.number, 0)[1] == 0


def _act(path: Path, act: Act, kill: Kill, most_bytes: int | None) -> bytes:
    try:
        ledger = Ledger.open(path)
        _arm(ledger, kill)
        if most_bytes is not None:
            limit_files(most_bytes)
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
