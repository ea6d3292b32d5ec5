"""Several processes that serve at one socket: their parent starts them, carries their news, and replaces who dies.

All of them accept from the same socket, so what waits there is lost with none of them.  The parent serves nothing, and
whatever becomes of a process, it looks at the database when it begins, as after any crash.

They are forked when everything is imported and compiled, which they then share; before that the parent has closed its
own connections to the ledger.

The system says who has died (SIGCHLD, waitpid), not a bell: the parent waits for nobody who is still ending, and tries
again when there is no room for another process.
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

PAUSE_S = 1.0  # before a process is replaced that has not lived longer, and before one is started that could not be
END_S = 45.0  # longer than a process takes that finishes what it has begun
_MANY = 4096
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_ALL_SIGNALS = (*_SIGNALS, signal.SIGCHLD)

Serve = Callable[[int, socket.socket], None]
"""Serves as the process of this number with this bell, until a signal ends it."""


@dataclass
class _Process:
    number: int
    pid: int
    bell: socket.socket
    began_s: float
    is_ready: bool = False
    is_silent: bool = False  # has closed its bell


def run(count: int, serve: Serve, ready: Callable[[], None], ended: Callable[[int], None]) -> None:
    """Keeps `count` processes serving until Ctrl-C or SIGTERM, and then waits until they have finished.

    Calls `ready` once all of them answer requests, and `ended` with the number of each that has died.  Raises
    errors.Unavailable when one ends before that.
    """
    logs.configure()
    with _signalled() as signals:
        parent = _Parent(serve, ended, signals)
        try:
            for number in range(count):
                parent.start(number)
            parent.attend(ready)
        finally:
            parent.end()


class _Parent:
    def __init__(self, serve: Serve, ended: Callable[[int], None], signals: socket.socket):
        self._serve, self._ended, self._signals = serve, ended, signals
        self._processes: dict[int, _Process] = {}
        self._vacant: dict[int, float] = {}
        """When a process of this number is to be started, on the monotonic clock."""
        self._is_ending = False
        self._selector = selectors.DefaultSelector()
        self._selector.register(signals, selectors.EVENT_READ)

    def start(self, number: int) -> None:
        """Starts the process of this number.  Raises OSError when there is no room for it."""
        ours, theirs = socket.socketpair()
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # until the process can end of one
        try:
            pid = os.fork()
            if pid == 0:
                self._become(number, ours, theirs)
        except OSError:
            ours.close()
            raise
        finally:
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
            for each in _ALL_SIGNALS:
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

    def attend(self, ready: Callable[[], None]) -> None:
        """Answers bells, and replaces who has died, until a signal comes."""
        is_ready = False
        while True:
            for key, _ in self._selector.select(self._pause_s()):
                if key.data is not None:
                    self._hear(key.data)
                elif not set(_SIGNALS).isdisjoint(_received(self._signals) or b""):
                    return
            for process in self._buried():
                if not is_ready:
                    raise Unavailable("a process of the service ended before it served: the log says why")
                self._vacant[process.number] = process.began_s + PAUSE_S
            self._fill()
            if not is_ready and all(each.is_ready for each in self._processes.values()):
                is_ready = True
                ready()

    def _hear(self, process: _Process) -> None:
        rings = _received(process.bell)
        if rings == b"":
            self._selector.unregister(process.bell)  # it is ending, and says nothing more
            process.is_silent = True
        elif rings:
            process.is_ready = process.is_ready or together.READY in rings
            if together.NEWS in rings:
                self._tell(process)

    def _tell(self, who: _Process) -> None:
        for process in self._processes.values():
            if process is not who:
                try:
                    process.bell.send(together.NEWS)
                except OSError:  # it has not heard a thousand others yet, or has died
                    pass

    def _pause_s(self) -> float | None:
        """How long nothing is to be started; None when nothing is."""
        return max(min(self._vacant.values()) - time.monotonic(), 0) if self._vacant else None

    def _fill(self) -> None:
        """Starts the processes whose time has come."""
        for number, start_s in list(self._vacant.items()):
            if time.monotonic() < start_s:
                continue
            try:
                self.start(number)
                del self._vacant[number]
            except OSError as error:
                logs.failed(error)
                self._vacant[number] = time.monotonic() + PAUSE_S

    def _buried(self) -> list[_Process]:
        """The processes that have died since the last time, of which the log tells when nobody asked them to."""
        dead = []
        for process in list(self._processes.values()):
            pid, status = os.waitpid(process.pid, os.WNOHANG)
            if not pid:
                continue
            if not process.is_silent:
                self._hear(process)  # what it rang last
            if not process.is_silent:
                self._selector.unregister(process.bell)
            process.bell.close()
            del self._processes[process.number]
            dead.append(process)
            if not self._is_ending:
                logs.told("process ended", number=process.number, code=os.waitstatus_to_exitcode(status))
            try:
                self._ended(process.pid)
            except Exception as error:  # what was counted matters less than who serves
                logs.failed(error)
        return dead

    def end(self) -> None:
        """Tells all that are left to end, and waits for them; those that take too long are killed."""
        self._is_ending = True
        number = signal.SIGTERM
        while self._processes:
            for process in self._processes.values():
                os.kill(process.pid, number)
            until_s, number = time.monotonic() + END_S, signal.SIGKILL
            self._buried()  # whose signal was read with the one that ends all
            while self._processes and (left_s := until_s - time.monotonic()) > 0:
                for key, _ in self._selector.select(left_s):
                    if key.data is None:
                        _received(self._signals)
                    else:
                        self._hear(key.data)
                self._buried()
        self._selector.close()


def _received(end: socket.socket) -> bytes | None:
    """What came; nothing when the other end is closed, and None when it is not and said nothing."""
    try:
        return end.recv(_MANY)
    except BlockingIOError:
        return None
    except OSError:
        return b""


@contextmanager
def _signalled() -> Iterator[socket.socket]:
    """A socket that has the number of each signal that came: SIGINT, SIGTERM, or SIGCHLD when a process has ended."""
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setblocking(False)

    def nothing(number: int, frame: FrameType | None) -> None:
        """What matters is that Python wrote the signal's number to the socket."""

    fd = signal.set_wakeup_fd(theirs.fileno())
    handlers = {number: signal.signal(number, nothing) for number in _ALL_SIGNALS}
    try:
        yield ours
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(fd)
        ours.close()
        theirs.close()
