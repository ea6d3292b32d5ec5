"""The work of each phase of a proof.  With no recorder installed, the cost is one context-variable lookup.

A task that a phase hands to the thread pool counts for that phase.  Times are processor times, summed over threads, so
a thread that waits or is preempted adds nothing.
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
        """Add work to a phase.  Threads may call this at once."""
        with self._lock:
            self.busy_s[name] = self.busy_s.get(name, 0.0) + busy_s


_recorder: ContextVar[Recorder | None] = ContextVar("recorder", default=None)
_name: ContextVar[str] = ContextVar("name", default="other")


@contextmanager
def record() -> Iterator[Recorder]:
    """Record the phases of this thread, and what the pool does for them, until the context ends."""
    recorder = Recorder()
    token = _recorder.set(recorder)
    try:
        yield recorder
    finally:
        _recorder.reset(token)


@contextmanager
def phase(name: str) -> Iterator[None]:
    """Count what this thread does until the context ends as one phase's work.  Phases do not nest."""
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


def in_phase(function: Callable) -> Callable:
    """The function, timed as part of this thread's phase when another thread runs it; itself without a recorder."""
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
