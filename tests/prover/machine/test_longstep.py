"""A long step tells its memory and its time, and leaves a whole file or none."""

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from prover.cli.frame import failure, screen, watching
from prover.machine import files, hardware, longstep, tasks
from tests.patience import until

ROOT = Path(__file__).parents[3]

# A command as others write them: half a file, a report, and then it waits to be interrupted.
STEP = """
import sys, time
from contextlib import contextmanager
from pathlib import Path
from prover.cli.frame import failure, screen, watching
from prover.machine import files, longstep, tasks

output = Path(sys.argv[1])
try:
    with tasks.watched_by(watching.watcher(False)), longstep.begin("Waiting", 1 << 20) as report:
        with files.writing(output) as file:
            file.write(bytes(1 << 16))
            file.flush()
            report(1, 2)
            print("half", flush=True)
            time.sleep(600)
except KeyboardInterrupt as error:
    sys.exit(failure.report(error, screen.Screen()))
"""


def listening(monkeypatch) -> io.StringIO:
    """What is written on standard error from now on; it is no terminal."""
    err = io.StringIO()
    monkeypatch.setattr(sys, "stderr", err)
    return err


def test_an_interrupted_step_leaves_no_partial_file_and_keeps_the_old_one(tmp_path):
    output = tmp_path / "out.bin"
    output.write_bytes(b"before")
    with subprocess.Popen([sys.executable, "-c", STEP, str(output)], cwd=ROOT, env={**os.environ, "PYTHONPATH": "."},
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as step:  # fmt: skip
        assert step.stdout.readline() == "half\n"
        assert len(list(tmp_path.iterdir())) == 2, "the step is writing beside the file"
        step.send_signal(signal.SIGINT)
        said = step.communicate(timeout=300)[1]
    assert step.returncode == 130 and said.endswith("interrupted\n"), said
    assert list(tmp_path.iterdir()) == [output] and output.read_bytes() == b"before"


def test_a_file_appears_only_when_complete_and_is_readable_by_others(tmp_path):
    output = tmp_path / "out.bin"
    with files.writing(output) as file:
        file.write(b"12345")
        file.seek(1)
        assert file.read(2) == b"23" and not output.exists()
    assert list(tmp_path.iterdir()) == [output] and output.read_bytes() == b"12345"
    assert output.stat().st_mode & 0o777 == 0o644
    with files.writing(output, files.PRIVATE_FILE) as file:
        file.write(b"secret")
    assert output.stat().st_mode & 0o777 == 0o600


def test_a_step_that_fails_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError), files.writing(tmp_path / "out.bin") as file:
        file.write(b"part")
        _ = 1 / 0
    assert list(tmp_path.iterdir()) == []


def test_a_device_is_written_to_directly(tmp_path):
    with files.writing(Path(os.devnull)) as file:
        file.write(b"gone")
    assert not Path(os.devnull).is_file()
    with pytest.raises(OSError, match="missing/out.bin"), files.writing(tmp_path / "missing" / "out.bin"):
        pytest.fail("there is no folder to write in")


def test_memory_is_announced_before_a_step_and_refused_if_it_is_not_free(monkeypatch):
    output = listening(monkeypatch)
    monkeypatch.setattr(hardware, "free_memory_bytes", lambda: 2 * 10**9)
    with tasks.watched_by(watching.watcher(is_json=False)), longstep.begin("Summing", 1_340_000_000):
        assert output.getvalue() == "Summing: takes about 1.34 GB of memory; 2 GB are free\n"
    sentence = "Summing would take about 3 GB of memory, but only 2 GB are free"
    with pytest.raises(longstep.NotEnoughMemory, match=sentence), longstep.begin("Summing", 3 * 10**9):
        pytest.fail("there is not enough memory")
    assert failure.report(longstep.NotEnoughMemory(sentence), screen.Screen()) == failure.REFUSED
    assert output.getvalue().endswith(f"\n{sentence}\n")
    monkeypatch.setattr(hardware, "free_memory_bytes", lambda: None)
    with tasks.watched_by(watching.watcher(is_json=False)), longstep.begin("Summing", 3 * 10**9):
        assert output.getvalue().endswith("Summing: takes about 3 GB of memory\n")


def test_a_small_amount_of_memory_is_not_announced(monkeypatch):
    output = listening(monkeypatch)
    for memory, lines in ((longstep.ANNOUNCED_BYTES - 1, 0), (longstep.ANNOUNCED_BYTES, 1)):
        with tasks.watched_by(watching.watcher(is_json=False)), longstep.begin("Reading", memory):
            assert output.getvalue().count("\n") == lines


def test_free_memory_is_what_the_system_reports_within_the_containers_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(hardware, "CONTAINER_LIMITS", ())
    free = hardware.free_memory_bytes()
    assert free is None or free > 1 << 20
    for name, text in (("max", "5000"), ("current", "3000"), ("memory.stat", "anon 9\ninactive_file 700")):
        (tmp_path / name).write_text(text + "\n")
    monkeypatch.setattr(hardware, "CONTAINER_LIMITS", ((str(tmp_path), "max", "current", "inactive_file"),))
    assert hardware.free_memory_bytes() == 2700
    (tmp_path / "max").write_text("max\n")
    assert hardware.free_memory_bytes() != 2700


def test_the_remaining_time_is_extrapolated_from_what_is_done(monkeypatch):
    output = listening(monkeypatch)
    task = tasks.Task("work", "", total=8, done=2)
    assert watching.left_s(task, 10.0) == 30.0
    assert watching.left_s(tasks.Task("work", "", total=None, done=2), 10.0) is None
    assert watching.left_s(tasks.Task("work", "", total=8), 10.0) is None
    monkeypatch.setattr(watching, "BETWEEN_LINES_S", 0)
    with tasks.watched_by(watching.watcher(is_json=False)), tasks.task("work") as begun:
        begun.reach(1, 4)
    assert output.getvalue().startswith("work: 25%, about ") and output.getvalue().endswith(" left\n")


def test_a_terminal_shows_the_remaining_time(monkeypatch):
    output = listening(monkeypatch)
    output.isatty = lambda: True
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(watching, "NOTICEABLE_S", 0)
    with tasks.watched_by(watching.watcher(is_json=False)), tasks.task("work") as begun:
        begun.reach(1, 4)
        until(lambda: "about " in output.getvalue() and " left" in output.getvalue(), output.getvalue)
