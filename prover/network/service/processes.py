"""Several processes that serve at one socket: their parent starts them, carries their news, and replaces who dies.

All of them accept from the same socket, so what waits there is lost with none of them.  The parent serves nothing, and
whatever becomes of a process, it looks at the database when it begins, as after any crash.

They are forked when everything is imported and compiled, which they then share; before that the parent has closed its
own connections to the ledger.
"""

import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from prover.network.service import logs, together
from settlement.errors import Unavailable

PAUSE_S = 1.0  # before a process is replaced, when it has not lived longer than that
END_S = 45.0  # longer than a process takes that finishes what it has begun
_MANY = 4096
_SIGNALS = (signal.SIGINT, signal.SIGTERM)

Serve = Callable[[int, socket.socket], None]
"""Serves as the process of this number with this bell, until a signal ends it."""


@dataclass
class _Process:
    number: int
    pid: int
    bell: socket.socket
    began_s: float
    is_ready: bool = False


def run(count: int, serve: Serve, ready: Callable[[], None], ended: Callable[[int], None]) -> None:
    """Keeps `count` processes serving until Ctrl-C or SIGTERM, and then waits until they have finished.

    Calls `ready` once all of them answer requests, and `ended` with the number of each that has died.  Raises
    errors.Unavailable when one ends before that.
    """
    logs.configure()
    with _signalled() as signals:
        parent = _Parent(serve, ended)
        try:
            for number in range(count):
                parent.start(number)
            parent.attend(signals, ready)
        finally:
            parent.end()


class _Parent:
    def __init__(self, serve: Serve, ended: Callable[[int], None]):
        self._serve, self._ended = serve, ended
        self._processes: dict[int, _Process] = {}
        self._selector = selectors.DefaultSelector()

    def start(self, number: int) -> None:
        ours, theirs = socket.socketpair()
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # until the process can end of one
        pid = os.fork()
        if pid == 0:
            self._become(number, ours, theirs)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        theirs.close()
        ours.setblocking(False)
        process = _Process(number, pid, ours, time.monotonic())
        self._processes[number] = process
        self._selector.register(ours, selectors.EVENT_READ, process)

    def _become(self, number: int, ours: socket.socket, theirs: socket.socket) -> None:
        """Serves, and ends this process without a step back into what the parent was doing."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for each in _SIGNALS:
                signal.signal(each, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            self._selector.close()
            for bell in (ours, *(process.bell for process in self._processes.values())):
                bell.close()  # or nobody would hear that its other end has died
            theirs.setblocking(False)
            self._serve(number, theirs)
            code = 0
        except BaseException as error:
            logs.failed(error)
        finally:
            os._exit(code)

    def attend(self, signals: socket.socket, ready: Callable[[], None]) -> None:
        """Answers bells until a signal comes."""
        self._selector.register(signals, selectors.EVENT_READ)
        is_ready = False
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is signals:
                    return
                process: _Process = key.data
                rings = _received(process.bell)
                if not rings:
                    self._replace(process, is_ready=is_ready)
                    continue
                process.is_ready = process.is_ready or together.READY in rings
                if not is_ready and all(each.is_ready for each in self._processes.values()):
                    is_ready = True
                    ready()
                if together.NEWS in rings:
                    self._tell(process)

    def _tell(self, who: _Process) -> None:
        for process in self._processes.values():
            if process is not who:
                try:
                    process.bell.send(together.NEWS)
                except OSError:  # it has not heard a thousand others yet, or has died
                    pass

    def _replace(self, process: _Process, *, is_ready: bool) -> None:
        code = self._buried(process)
        logs.told("process ended", number=process.number, code=code)
        if not is_ready:
            raise Unavailable("a process of the service ended before it served: the log says why")
        if time.monotonic() < process.began_s + PAUSE_S:
            time.sleep(PAUSE_S)
        self.start(process.number)

    def _buried(self, process: _Process) -> int:
        """How a process ended that has closed its bell: its exit code, or the signal with a minus."""
        self._selector.unregister(process.bell)
        process.bell.close()
        del self._processes[process.number]
        _, status = os.waitpid(process.pid, 0)
        self._ended(process.pid)
        return os.waitstatus_to_exitcode(status)

    def end(self) -> None:
        """Tells all that are left to end, and waits for them; those that take too long are killed."""
        for process in self._processes.values():
            os.kill(process.pid, signal.SIGTERM)
        until_s = time.monotonic() + END_S
        while self._processes:
            heard = self._selector.select(max(until_s - time.monotonic(), 0))
            if not heard:
                for process in self._processes.values():
                    os.kill(process.pid, signal.SIGKILL)
                until_s = time.monotonic() + END_S
            for key, _ in heard:
                if key.data is not None and not _received(key.data.bell):
                    self._buried(key.data)
        self._selector.close()


def _received(bell: socket.socket) -> bytes:
    """What a process rang; nothing when it has ended."""
    try:
        return bell.recv(_MANY)
    except OSError:
        return b""


@contextmanager
def _signalled() -> Iterator[socket.socket]:
    """A socket that can be read once SIGINT or SIGTERM has come."""
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setblocking(False)

    def nothing(number: int, frame: FrameType | None) -> None:
        """What matters is that Python wrote the signal's number to the socket."""

    fd = signal.set_wakeup_fd(theirs.fileno())
    handlers = {number: signal.signal(number, nothing) for number in _SIGNALS}
    try:
        yield ours
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(fd)
        ours.close()
        theirs.close()
