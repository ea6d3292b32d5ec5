"""kill -9 at a chosen step of a function that changes files."""

import os
import signal
import sqlite3
import sys
from collections.abc import Callable


class Killer:
    """Ends the process at its `count`-th step: a call that touches files, or a statement of the database."""

    EVENTS = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.listdir", "os.scandir", "os.chmod",
              "tempfile.mkdtemp", "shutil.rmtree", "sqlite3.connect")  # fmt: skip

    def __init__(self, count: int):
        self.left = count

    def arm(self) -> None:
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
