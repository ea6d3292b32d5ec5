"""Tasks: how long work reports its progress to a watcher.

Work that may take longer than a second opens a `task`.  A watcher is optional; the command line installs one that draws
bars on a terminal and writes plain lines to a pipe.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol


@dataclass(eq=False)
class Task:
    """A piece of work.  `note` explains in a sentence why it takes long; `total` is None if it is unknown."""

    what: str
    note: str
    total: int | None
    done: int = 0

    def advance(self, steps: int = 1) -> None:
        """Reports that `steps` more steps are done."""
        self.done += steps
        _watcher.get().advanced(self)

    def reach(self, done: int, total: int) -> None:
        """Reports that `done` of `total` steps are done."""
        self.done, self.total = done, total
        _watcher.get().advanced(self)


class Watcher(Protocol):
    """Is notified when tasks begin, advance and end; tasks may nest."""

    def began(self, task: Task) -> None: ...

    def advanced(self, task: Task) -> None: ...

    def ended(self, task: Task) -> None: ...


class _Ignore:
    def began(self, task: Task) -> None:
        pass

    advanced = ended = began


class Stopwatch:
    """A watcher that forwards to another one and records how long each task took, in seconds, by name."""

    def __init__(self, watcher: Watcher):
        self.took_s: dict[str, list[float]] = {}
        self._watcher = watcher
        self._began_s: dict[Task, float] = {}

    def began(self, task: Task) -> None:
        self._began_s[task] = time.perf_counter()
        self._watcher.began(task)

    def advanced(self, task: Task) -> None:
        self._watcher.advanced(task)

    def ended(self, task: Task) -> None:
        self._watcher.ended(task)
        self.took_s.setdefault(task.what, []).append(time.perf_counter() - self._began_s.pop(task))


_IGNORE = _Ignore()
_watcher: ContextVar[Watcher] = ContextVar("watcher", default=_IGNORE)


@contextmanager
def task(what: str, note: str = "", total: int | None = None) -> Iterator[Task]:
    """Reports to the watcher that this work lasts until the block ends."""
    running, watcher = Task(what, note, total), _watcher.get()
    watcher.began(running)
    try:
        yield running
    finally:
        watcher.ended(running)


@contextmanager
def watched_by(watcher: Watcher) -> Iterator[None]:
    """Makes `watcher` the watcher of this thread's tasks until the block ends."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)
