"""How much work each phase of a proof is, for whoever asks.  Nobody asking costs one look at a context variable.

Threads share a phase: a task handed to the pool belongs to the phase in which it was handed over.  The time told is
that of the processor, summed over threads, so that a thread which waits or was put aside counts for nothing.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Recorder:
    """Seconds of processor time by the name of the phase, in the order in which phases began."""

    def __init__(self) -> None:
        self.busy_s: dict[str, float] = {}
        self._lock = threading.Lock()

    def add(self, name: str, busy_s: float) -> None:
        """So much more work was done for a phase.  Threads may call this at once."""
        with self._lock:
            self.busy_s[name] = self.busy_s.get(name, 0.0) + busy_s


_recorder: ContextVar[Recorder | None] = ContextVar("recorder", default=None)
_name: ContextVar[str] = ContextVar("name", default="other")


@contextmanager
def record() -> Iterator[Recorder]:
    """Until the context ends, what this thread does in phases, and has done for them on the pool, is added up."""
    found = Recorder()
    token = _recorder.set(found)
    try:
        yield found
    finally:
        _recorder.reset(token)


@contextmanager
def phase(name: str) -> Iterator[None]:
    """What this thread does until the context ends is one phase's.  Phases do not nest."""
    recorder = _recorder.get()
    if recorder is None:
        yield
        return
    recorder.add(name, 0.0)
    token, began_s = _name.set(name), time.thread_time()
    try:
        yield
    finally:
        recorder.add(name, time.thread_time() - began_s)
        _name.reset(token)


def carried(function: Callable) -> Callable:
    """The function, for another thread to run as part of this thread's phase; itself when nobody records."""
    recorder, name = _recorder.get(), _name.get()
    if recorder is None:
        return function

    def timed(*arguments):
        began_s = time.thread_time()
        try:
            return function(*arguments)
        finally:
            recorder.add(name, time.thread_time() - began_s)

    return timed
