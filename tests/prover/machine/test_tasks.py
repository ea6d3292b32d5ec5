"""Tasks report to a watcher, if there is one."""

import io
import sys

import pytest

from prover.cli.frame import watching
from prover.machine import tasks


class Recorder:
    def __init__(self):
        self.events = []

    def began(self, task):
        self.events.append(("began", task.what, task.total))

    def advanced(self, task):
        self.events.append(("advanced", task.what, task.done))

    def ended(self, task):
        self.events.append(("ended", task.what, task.done))


def work():
    with tasks.task("outer", total=2) as outer:
        with tasks.task("inner", note="it is slow"):
            outer.advance()
        outer.reach(2, 2)


def test_tasks_nest_and_are_reported_in_order():
    recorder = Recorder()
    with tasks.watched_by(recorder):
        work()
    work()
    assert recorder.events == [
        ("began", "outer", 2), ("began", "inner", None), ("advanced", "outer", 1), ("ended", "inner", 0),
        ("advanced", "outer", 2), ("ended", "outer", 2),
    ]  # fmt: skip


def test_a_task_ends_when_its_work_fails():
    recorder = Recorder()
    with tasks.watched_by(recorder), pytest.raises(ZeroDivisionError), tasks.task("division"):
        _ = 1 / 0
    assert [event for event, *_ in recorder.events] == ["began", "ended"]


def test_a_stopwatch_records_how_long_each_task_took():
    stopwatch = tasks.Stopwatch(Recorder())
    with tasks.watched_by(stopwatch):
        work()
        work()
    assert {name: len(took) for name, took in stopwatch.took_s.items()} == {"outer": 2, "inner": 2}
    assert all(0 <= value < 10 for took in stopwatch.took_s.values() for value in took)


def test_a_pipe_gets_a_line_for_each_slow_task_with_the_reason(monkeypatch):
    err = io.StringIO()
    monkeypatch.setattr(sys, "stderr", err)
    with tasks.watched_by(watching.watcher(is_json=False)):
        work()
    assert err.getvalue() == "inner: it is slow\n"
    monkeypatch.setattr(watching, "NOTICEABLE_S", 0)
    with tasks.watched_by(watching.watcher(is_json=False)):
        work()
    assert "outer: " in err.getvalue() and "\x1b" not in err.getvalue()


def test_a_program_that_reads_json_gets_no_lines(monkeypatch):
    err = io.StringIO()
    monkeypatch.setattr(sys, "stderr", err)
    with tasks.watched_by(watching.watcher(is_json=True)):
        work()
    assert err.getvalue() == ""


def test_a_terminal_gets_bars_that_leave_nothing_behind(monkeypatch):
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    bars = watching.watcher(is_json=False)
    assert isinstance(bars, watching.Bars)
    with tasks.watched_by(bars):
        work()
        work()
    assert bars._rows == {} and bars._timer is None
