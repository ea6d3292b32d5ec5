"""Tasks as they go by: bars on a terminal, plain lines in a pipe, both on standard error.

A plain line is written when a task that says why it is slow begins, and when any task that took a second ends.
"""

import sys
import threading
import time
from typing import Any

import click

from prover.cli import screen
from prover.machine import progress

NOTICEABLE_S = 1.0


def watcher(is_json: bool) -> progress.Watcher:
    """Bars where standard error is a terminal, else lines; a program that reads JSON gets no lines."""
    if screen.is_terminal(sys.stderr):
        return Bars()
    return Silence() if is_json else Lines()


class Silence:
    """Shows nothing."""

    def began(self, task: progress.Task) -> None:
        pass

    advanced = ended = began


class Lines:
    """Plain lines."""

    def __init__(self) -> None:
        self._began_s: dict[progress.Task, float] = {}

    def began(self, task: progress.Task) -> None:
        self._began_s[task] = time.monotonic()
        if task.note:
            click.echo(f"{task.what}: {task.note}", err=True)

    def advanced(self, task: progress.Task) -> None:
        pass

    def ended(self, task: progress.Task) -> None:
        took_s = time.monotonic() - self._began_s.pop(task)
        if took_s >= NOTICEABLE_S:
            click.echo(f"{task.what}: {screen.seconds(took_s)}", err=True)


class Bars:
    """One bar for each task under way, gone when it ends; work that is done at once shows none."""

    def __init__(self) -> None:
        self._display: Any = None
        self._rows: dict[progress.Task, Any] = {}
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()

    def began(self, task: progress.Task) -> None:
        with self._lock:
            if task.note:
                self._hide()
                click.secho(f"{task.what}: {task.note}", err=True, dim=True)
            if self._display is None:
                self._display = _display()
            self._rows[task] = self._display.add_task(task.what, total=task.total)
            if self._timer is None:
                self._timer = threading.Timer(NOTICEABLE_S / 4, self._show)
                self._timer.daemon = True
                self._timer.start()

    def advanced(self, task: progress.Task) -> None:
        self._display.update(self._rows[task], completed=task.done, total=task.total)

    def ended(self, task: progress.Task) -> None:
        with self._lock:
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


def _display() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)
