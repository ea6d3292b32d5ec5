"""Progress of tasks: bars on a terminal, plain lines in a pipe, both on standard error.

A plain line appears when a task with a note begins, when a task that took at least a second ends, and every ten seconds
in between.  The remaining time is extrapolated from the part that is done.
"""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from prover.cli.frame import screen
from prover.cli.frame.command import App
from prover.machine import tasks, units

if TYPE_CHECKING:
    from zk.runtime.progress import Progress

NOTICEABLE_S = 1.0
BETWEEN_LINES_S = 10.0


def watcher(is_json: bool) -> tasks.Watcher:
    """Bars if standard error is a terminal, else lines; with --json, nothing."""
    if screen.is_terminal(sys.stderr):
        return Bars()
    return Silence() if is_json else Lines()


def show_progress(app: App) -> AbstractContextManager[None]:
    """Shows the tasks of this command on standard error until the block ends."""
    return tasks.watched_by(watcher(app.screen.is_json))


@contextmanager
def long_step(app: App, what: str, memory_bytes: int) -> Iterator["Progress"]:
    """Runs a long step of a command (prover/machine/longstep.py); yields report(done, total).

    Ctrl-C ends it within about a second, and `files.writing` inside it leaves no partial file.
    """
    from prover.machine import longstep

    with show_progress(app), longstep.begin(what, memory_bytes) as report:
        yield report


class Silence:
    """Shows nothing."""

    def began(self, task: tasks.Task) -> None:
        pass

    advanced = ended = began


class Lines:
    """Plain lines."""

    def __init__(self) -> None:
        self._began_s: dict[tasks.Task, float] = {}
        self._said_s: dict[tasks.Task, float] = {}

    def began(self, task: tasks.Task) -> None:
        self._began_s[task] = self._said_s[task] = time.monotonic()
        if task.note:
            screen.tell(f"{task.what}: {task.note}")

    def advanced(self, task: tasks.Task) -> None:
        now_s = time.monotonic()
        left = left_s(task, now_s - self._began_s[task])
        if left and task.total and now_s - self._said_s[task] >= BETWEEN_LINES_S:
            self._said_s[task] = now_s
            screen.tell(f"{task.what}: {task.done / task.total:.0%}, about {units.seconds(left)} left")

    def ended(self, task: tasks.Task) -> None:
        del self._said_s[task]
        took_s = time.monotonic() - self._began_s.pop(task)
        if took_s >= NOTICEABLE_S:
            screen.tell(f"{task.what}: {units.seconds(took_s)}")


class Bars:
    """One bar per running task, removed when it ends; quick work shows none."""

    def __init__(self) -> None:
        self._display: Any = None
        self._rows: dict[tasks.Task, Any] = {}
        self._began_s: dict[tasks.Task, float] = {}
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()

    def began(self, task: tasks.Task) -> None:
        with self._lock:
            if task.note:
                self._hide()
                screen.tell(f"{task.what}: {task.note}", dim=True)
            if self._display is None:
                self._display = _display()
            self._rows[task] = self._display.add_task(screen.printable(task.what), total=task.total, left="")
            self._began_s[task] = time.monotonic()
            if self._timer is None:
                self._timer = threading.Timer(NOTICEABLE_S / 4, self._show)
                self._timer.daemon = True
                self._timer.start()

    def advanced(self, task: tasks.Task) -> None:
        left = left_s(task, time.monotonic() - self._began_s[task])
        remaining = f"about {units.seconds(left)} left" if left else ""
        self._display.update(self._rows[task], completed=task.done, total=task.total, left=remaining)

    def ended(self, task: tasks.Task) -> None:
        with self._lock:
            del self._began_s[task]
            self._display.remove_task(self._rows.pop(task))
            if not self._rows:
                self._hide()

    def _show(self) -> None:
        with self._lock:
            if self._timer is not None:
                self._display.start()

    def _hide(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._display.stop()


def left_s(task: tasks.Task, spent_s: float) -> float | None:
    """The estimated rest of a task after `spent_s`, both in seconds; None if unknown or finished."""
    if not task.total or not 0 < task.done < task.total:
        return None
    return spent_s * (task.total - task.done) / task.done


def _display() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    what, left = (TextColumn(text, markup=False) for text in ("{task.description}", "{task.fields[left]}"))
    columns = (SpinnerColumn(), what, BarColumn(), TimeElapsedColumn(), left)
    return Progress(*columns, console=Console(stderr=True), transient=True)
