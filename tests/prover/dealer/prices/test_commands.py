"""A command is begun and looked at later: it never holds anything up, and ends when it must."""

import os
import sys
import time

import pytest

from prover.dealer.prices import commands, written
from prover.dealer.prices.commands import Command
from zk.errors import FormatError


@pytest.fixture
def run(tmp_path):
    """Makes commands of Python text, which end with the test."""
    made = []

    def make(text: str, timeout_ms: int = 60_000, every_ms: int = 1_000) -> Command:
        made.append(Command([sys.executable, "-c", text], tmp_path, every_ms, timeout_ms))
        return made[-1]

    yield make
    for each in made:
        each.close()


def ended(command: Command, now_ms: int = 0) -> None:
    """Waits until the command that runs has ended, without looking at what it wrote."""
    with pytest.raises(FormatError, match="has not ended yet"):
        command.read(now_ms)
    os.waitid(os.P_PID, command._running.process.pid, os.WEXITED | os.WNOWAIT)


def test_the_newest_output_is_read_and_the_next_run_begins_when_it_is_due(run, tmp_path):
    command = run("import os; print(os.getcwd(), end='')")
    ended(command)
    assert command.read(1).decode() == str(tmp_path.resolve()) and command._running is None
    command.read(1_000)
    assert command._running is not None and command.read(1_000)


def test_a_command_that_fails_says_why_in_its_own_words(run):
    command = run("import sys; sys.exit('no\\tfeed\\x1b[2J')")
    ended(command)
    with pytest.raises(FormatError, match=r"failed with exit code 1: no feed \[2J$"):
        command.read(1)


def test_a_command_that_is_late_is_killed_with_all_that_it_began(run, tmp_path):
    text = "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    command = run(text + "open('pid', 'w').write(f'{p.pid}\\n'); time.sleep(600)", timeout_ms=500)
    with pytest.raises(FormatError, match="has not ended yet"):
        command.read(0)
    pid = tmp_path / "pid"
    while not pid.exists() or not pid.read_text().endswith("\n"):
        time.sleep(0.01)
    with pytest.raises(FormatError, match="has not ended yet"):
        command.read(499)
    with pytest.raises(FormatError, match="did not end within 0.5 seconds"):
        command.read(500)
    is_gone = False
    while not is_gone:
        try:
            with open(f"/proc/{pid.read_text().strip()}/stat") as file:
                is_gone = file.read().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            is_gone = True
        time.sleep(0.01)


def test_a_command_that_writes_without_end_is_killed(run, monkeypatch):
    monkeypatch.setattr(written, "MAX_BYTES", 1_000)
    command = run("print('x' * 2000)")
    ended(command)
    with pytest.raises(FormatError, match="more than 1000 bytes"):
        command.read(1)


def test_a_command_that_is_not_there_is_told_and_tried_again(tmp_path):
    command = Command(["./no-such-program"], tmp_path, 1_000, 1_000)
    with pytest.raises(FormatError, match="cannot be run: No such file"):
        command.read(0)


def test_secrets_of_the_environment_are_not_passed_on():
    assert commands.without_secrets({"PATH": "/bin", "ZKSETTLE_PASSPHRASE": "secret"}) == {"PATH": "/bin"}
