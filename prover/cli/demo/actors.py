"""The processes of `zksettle demo --network`: each acts for one machine, in a home of its own.

They run the same commands as a user would.  All are forked from this process, which has loaded everything by then, so
that none of them takes seconds to begin; a forked process has what it runs, and nothing of another's home.  What they
print goes into files, for a process that forks should not have threads that read.

None outlives this process: at its end they are told to end, and a pipe of which it holds the only other end closes when
it is killed.
"""

import json
import os
import re
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

import click

from prover.cli import main
from prover.cli.demo import stage
from prover.cli.frame import failure, passphrase
from prover.machine import files

END_S = 10
PATIENCE_S = 120
POLL_S = 0.01
_CRASHED = 70
_ENDING = ("SIGINT", "SIGTERM", "SIGHUP")


class Actor:
    """One process, and the files with what it prints."""

    def __init__(self, name: str, words: Sequence[str], pid: int, folder: Path):
        self.name, self.words, self.pid = name, words, pid
        self.out, self.err = _streams(folder, pid)
        self.code: int | None = None

    def poll(self) -> int | None:
        """The exit code, negative for a signal's number, or None while the process runs."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
        return self.code

    def wait(self, patience_s: float = PATIENCE_S) -> int:
        """The exit code, once it has ended.  Raises click.ClickException when it does not."""
        until_s = time.monotonic() + patience_s
        while (code := self.poll()) is None:
            self.check_time(until_s)
        return code

    def document(self) -> dict[str, Any]:
        """The JSON document of a command that ends.  Raises click.ClickException when it fails."""
        if self.wait() != 0:
            raise self.failed()
        return json.loads(self.out.read_text("utf-8"))

    def said(self, pattern: str) -> re.Match[str]:
        """The first match in what the command has printed, once there is one.  Raises as `first_said`."""
        return first_said([self], pattern)

    def printed(self) -> str:
        """What the command has printed."""
        return self.out.read_text("utf-8") if self.out.exists() else ""

    def kill(self) -> None:
        """Kills the process, which has no time to do anything about it."""
        os.kill(self.pid, signal.SIGKILL)
        self.wait()

    def check_time(self, until_s: float) -> None:
        """Waits a moment.  Raises click.ClickException when it is later than `until_s` by the monotonic clock."""
        if time.monotonic() > until_s:
            raise click.ClickException(f"{self.name} did not get on: zksettle {' '.join(self.words)}")
        time.sleep(POLL_S)

    def failed(self) -> click.ClickException:
        """What to raise when the process has ended and should not have."""
        said = self.err.read_text("utf-8").strip().splitlines() if self.err.exists() else []
        why = said[-1] if said else f"exit code {self.code}"
        return click.ClickException(f"{self.name} failed at `zksettle {' '.join(self.words)}`: {why}")


def first_said(actors: Sequence[Actor], pattern: str) -> re.Match[str]:
    """The first match in what one of these has printed, once there is one.

    Raises click.ClickException when one of them ends before that, or it takes too long.
    """
    until_s = time.monotonic() + PATIENCE_S
    while True:
        ended = [actor for actor in actors if actor.poll() is not None]
        for actor in actors:
            if (match := re.search(pattern, actor.printed())) is not None:
                return match
        if ended:
            raise ended[0].failed()
        actors[0].check_time(until_s)


class Actors:
    """All of them.  Use it in a `with` block, at whose end every process has ended.

    Each machine's home is FOLDER/NAME.  `keys` are the proving keys that homes share, for those who prove.
    """

    def __init__(self, folder: Path, keys: Path):
        self._folder, self._keys = folder, keys
        self._logs = folder / "logs"
        self._running: list[Actor] = []
        self._lifeline = -1, -1

    def __enter__(self) -> Self:
        files.make_folder(self._logs)
        self._lifeline = os.pipe()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with failure.uninterrupted():
            self.end()
            for handle in self._lifeline:
                os.close(handle)

    def home(self, name: str, *, proves: bool = True) -> Path:
        """The home of a machine, which is made when it is asked for first."""
        home = self._folder / name
        if not home.exists():
            files.make_folder(home)
            if proves:
                os.symlink(self._keys, home / "keys", target_is_directory=True)
        return home

    def run(self, name: str, *words: str) -> dict[str, Any]:
        """Runs a command on a machine, and returns its JSON document.  Raises click.ClickException when it fails."""
        return self.begin(name, *words, "--json").document()

    def begin(self, name: str, *words: str) -> Actor:
        """Begins a command on a machine, whose home must be there."""
        sys.stdout.flush()
        sys.stderr.flush()
        with _signals_later():
            pid = os.fork()
            if not pid:
                self._act(words, self._folder / name)
            actor = Actor(name, words, pid, self._logs)
            self._running.append(actor)
        return actor

    def end(self) -> None:
        """Ends every process that runs: asks first, and kills after END_S."""
        alive = [actor for actor in self._running if actor.poll() is None]
        for actor in alive:
            os.kill(actor.pid, signal.SIGTERM)
        until_s = time.monotonic() + END_S
        for actor in alive:
            while actor.poll() is None and time.monotonic() < until_s:
                time.sleep(POLL_S)
            if actor.poll() is None:
                actor.kill()

    def _act(self, words: Sequence[str], home: Path) -> NoReturn:
        """What the forked process does."""
        code = _CRASHED
        try:
            out, err = (os.open(path, os.O_WRONLY | os.O_CREAT, 0o600) for path in _streams(self._logs, os.getpid()))
            null = os.open(os.devnull, os.O_RDONLY)
            for handle, standard in ((null, 0), (out, 1), (err, 2)):
                os.dup2(handle, standard)
            sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w", buffering=1), open(2, "w", buffering=1)
            os.close(self._lifeline[1])
            threading.Thread(target=_end_with_parent, args=(self._lifeline[0],), daemon=True).start()
            signal.signal(signal.SIGINT, signal.default_int_handler)
            for number in (signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            failure.raise_on_signals()
            os.environ[passphrase.VARIABLE] = stage.PASSPHRASE
            code = main.main([*words, "--home", str(home)])
        except failure.Signalled as ended:
            code = failure.SIGNALLED + ended.number
        except BaseException:
            traceback.print_exc()
        finally:
            with suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)


@contextmanager
def _signals_later() -> Iterator[None]:
    """Delivers the signals that come in this block at its end.

    An interrupt within a fork would be lost: Python ignores what the functions raise that it calls then.
    """
    numbers = [getattr(signal, name) for name in _ENDING if hasattr(signal, name)]
    came: list[int] = []
    before = {number: signal.signal(number, lambda number, _: came.append(number)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in came:
            os.kill(os.getpid(), number)


def _streams(folder: Path, pid: int) -> tuple[Path, Path]:
    return folder / f"{pid}.out", folder / f"{pid}.err"


def _end_with_parent(lifeline: int) -> None:
    """Ends this process when the other end of the pipe closes, on which nothing is ever written."""
    os.read(lifeline, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(END_S)
    os._exit(_CRASHED)
