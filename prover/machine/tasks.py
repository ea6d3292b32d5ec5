"""What long work tells whoever watches: the task it is at, and how far it is.

Work that may take longer than a second opens a `task`; nobody need watch.  The command line installs a watcher that
draws bars on a terminal and writes plain lines to a pipe.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol


@dataclass(eq=False)
class Task:
    """One piece of work.  `note` says in a sentence why it takes so long; `total` is None when the end is unknown."""

    what: str
    note: str
    total: int | None
    done: int = 0

    def advance(self, steps: int = 1) -> None:
        """So many more steps are done."""
        self.done += steps
        _watcher.get().advanced(self)

    def reach(self, done: int, total: int) -> None:
        """So many steps of so many are done."""
        self.done, self.total = done, total
        _watcher.get().advanced(self)


class Watcher(Protocol):
    """Told of tasks as they begin, advance and end; tasks may nest."""

    def began(self, task: Task) -> None: ...

    def advanced(self, task: Task) -> None: ...

    def ended(self, task: Task) -> None: ...


class _Nobody:
    def began(self, task: Task) -> None:
        pass

    advanced = ended = began


class Stopwatch:
    """A watcher that passes everything on to another, and keeps how long each task took, in seconds, by its name."""

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


_NOBODY = _Nobody()
_watcher: ContextVar[Watcher] = ContextVar("watcher", default=_NOBODY)


@contextmanager
def task(what: str, note: str = "", total: int | None = None) -> Iterator[Task]:
    """Tells the watcher that this work is going on until the context ends."""
    begun, watcher = Task(what, note, total), _watcher.get()
    watcher.began(begun)
    try:
        yield begun
    finally:
        watcher.ended(begun)


@contextmanager
def watched_by(watcher: Watcher) -> Iterator[None]:
    """Until the context ends, tasks of this thread are told to `watcher`."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)
