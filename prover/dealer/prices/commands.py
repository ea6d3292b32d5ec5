"""A command of the user's that writes prices, run beside the desk: it is begun, and looked at again later.

It is a list of arguments, and no shell reads them.  It gets no input, no secrets from the environment, and a time in
which it must end; then it is killed, with all that it began.  What it writes goes to files without names, so that it
can neither wait for a reader nor fill the memory of the desk.
"""

import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from prover.dealer.prices import written
from zk.errors import FormatError

SECRET_PREFIX = "ZKSETTLE_"
"""Variables with this prefix are not passed on: a passphrase may be among them."""
MAX_COMPLAINT = 200


@dataclass(frozen=True)
class _Running:
    """A command that was begun, and the files that it writes to."""

    process: "subprocess.Popen[bytes]"
    begun_ms: int
    output: IO[bytes]
    complaints: IO[bytes]

    @property
    def has_ended(self) -> bool:
        """Whether it has; its process stays, so that its number cannot be another's before `end`."""
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self.process.pid, flags) is not None

    @property
    def num_bytes(self) -> int:
        """The larger of what it wrote to its files."""
        return max(os.fstat(file.fileno()).st_size for file in (self.output, self.complaints))

    def end(self) -> int:
        """Kills it, with what it left running, and returns its exit code."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        return self.process.wait()

    def close(self) -> None:
        """Closes its files, which then are gone."""
        self.output.close()
        self.complaints.close()


class Command:
    """The command.  `read` begins it when the last one is `every_ms` old, and returns the newest output."""

    def __init__(self, arguments: Sequence[str], folder: Path, every_ms: int, timeout_ms: int):
        self._arguments, self._folder = tuple(arguments), folder
        self._every_ms, self._timeout_ms = every_ms, timeout_ms
        self._running: _Running | None = None
        self._next_ms = 0
        self._last: bytes | FormatError = FormatError("it has not ended yet")

    def read(self, now_ms: int) -> bytes:
        """What it wrote last.  Raises FormatError when it failed, took too long, or has not ended for the first time.

        Never waits.
        """
        if self._running is not None:
            self._look(self._running, now_ms)
        if self._running is None and now_ms >= self._next_ms:
            self._begin(now_ms)
        if isinstance(self._last, FormatError):
            raise self._last
        return self._last

    def close(self) -> None:
        """Ends the command."""
        if self._running is not None:
            self._running.end()
            self._running.close()
            self._running = None

    def _begin(self, now_ms: int) -> None:
        self._next_ms = now_ms + self._every_ms
        output, complaints = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        try:
            process = subprocess.Popen(
                self._arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=complaints, cwd=self._folder,
                env=without_secrets(os.environ), start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            self._last = FormatError(f"it cannot be run: {error.strerror}")
            output.close()
            complaints.close()
            return
        self._running = _Running(process, now_ms, output, complaints)

    def _look(self, running: _Running, now_ms: int) -> None:
        """Takes what a command that has ended wrote, and ends one that is late or writes too much."""
        has_ended = running.has_ended
        if running.num_bytes > written.MAX_BYTES:
            running.end()
            self._last = FormatError(f"it wrote more than {written.MAX_BYTES} bytes")
        elif has_ended:
            self._last = _outcome(running.end(), running)
        elif now_ms >= running.begun_ms + self._timeout_ms:
            running.end()
            self._last = FormatError(f"it did not end within {self._timeout_ms / 1000:g} seconds")
        else:
            return
        running.close()
        self._running = None


def _outcome(code: int, running: _Running) -> bytes | FormatError:
    """What it wrote, or that it failed."""
    if code == 0:
        running.output.seek(0)
        return running.output.read(written.MAX_BYTES)
    running.complaints.seek(0)
    text = running.complaints.read(MAX_COMPLAINT).decode("utf-8", "replace")
    words = "".join(each if each.isprintable() else " " for each in text).strip()
    return FormatError(f"it failed with exit code {code}" + (f": {words}" if words else ""))


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that a command gets."""
    return {name: value for name, value in environment.items() if not name.startswith(SECRET_PREFIX)}
