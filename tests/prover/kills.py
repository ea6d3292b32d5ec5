"""kill -9 at a chosen step of a function that changes files, and the folders that a kill at each step would leave."""

import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path


class Killer:
    """Ends the process at its `count`-th step: a call that touches files, or a statement of the database."""

    EVENTS = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.listdir", "os.scandir", "os.chmod",
              "tempfile.mkdtemp", "shutil.rmtree", "sqlite3.connect")  # fmt: skip

    def __init__(self, count: int):
        self.left = count

    def arm(self) -> None:
        """Has every step of this process call `step` from now on, for good."""
        sys.addaudithook(lambda event, arguments: self.step() if event in self.EVENTS else None)
        connect, sync = sqlite3.connect, os.fsync

        def connected(*arguments, **options):
            connection = connect(*arguments, **options)
            connection.set_trace_callback(self.step)
            return connection

        def synced(handle):
            self.step()
            sync(handle)
            self.step()

        sqlite3.connect, os.fsync = connected, synced

    def step(self, *_: object) -> None:
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)


def lives(act: Callable[[], object], count: int) -> bool:
    """Whether a process that does `act` reaches its end before its `count`-th step, at which it is killed."""
    child = os.fork()
    if child == 0:
        try:
            Killer(count).arm()
            act()
        except BaseException:
            os._exit(1)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL or os.waitstatus_to_exitcode(status) == 0
    return not os.WIFSIGNALED(status)


class Copier(Killer):
    """Copies a folder before each step that finds it changed: what a process killed there would leave.

    A copy has what was written and not what a buffer of the process still held, as after kill -9.
    """

    def __init__(self, folder: Path, copies: Path):
        super().__init__(0)
        self.folder, self.copies = folder, copies
        self.steps = 0
        self.seen: dict[str, bytes] | None = None
        self.is_copying = False

    def step(self, *_: object) -> None:
        if self.is_copying:  # the copying takes steps too
            return
        self.is_copying = True
        try:
            found = content(self.folder)
            if found != self.seen:
                shutil.copytree(self.folder, self.copies / f"{self.steps:04}", symlinks=True)
                self.seen = found
            self.steps += 1
        finally:
            self.is_copying = False


def content(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, and every folder as if it were an empty file."""
    paths = sorted(folder.rglob("*"))
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b"" for path in paths}


def left(act: Callable[[], object], folder: Path, copies: Path) -> tuple[list[Path], int]:
    """Copies of the folder as kills at each step of `act` would leave it, in order, without repetitions, and the number
    of steps.  The last one is what `act` leaves."""
    copies.mkdir()
    child = os.fork()
    if child == 0:
        try:
            copier = Copier(folder, copies)
            copier.arm()
            act()
            copier.step()
            copier.is_copying = True
            (copies / "steps").write_text(str(copier.steps))
        except BaseException:
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    steps = copies / "steps"
    count = int(steps.read_text())
    steps.unlink()
    return sorted(copies.iterdir()), count
