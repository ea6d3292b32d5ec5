"""The journal of a dealer: what it decided and why, for its owner to read.

    {"time": "2026-11-22 11:30:05.250 UTC", "ms": 1795347005250, "event": "placed", "why": "…", …}

One line of JSON for each decision, readable by its owner alone.  It has amounts, prices and ids of orders, and no
secret.  A line that a crash cut off is completed to an empty one, and readers skip it.  A file that has grown to
MAX_BYTES gets a number at the end of its name, and a new one begins.
"""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prover.machine import clock, files
from zk.errors import FormatError
from zk.formats import strictjson

MAX_BYTES = 64 << 20
MAX_LINE = 64 << 10
_HEAD = ("time", "ms", "event", "why")

Number = str | int | bool | None | list[str] | list[int]
"""What a line may have beside its time, event and reason."""


@dataclass(frozen=True)
class Line:
    """A line: when, what kind of event, why, and its numbers by name."""

    ms: int
    event: str
    why: str
    numbers: dict[str, Any]


class Journal:
    """An open journal.  Only the daemon that holds the wallet's lock writes to it."""

    def __init__(self, path: Path, tell: Callable[[Line], None] = lambda _: None):
        """Opens the file, or begins it; `tell` is told each line.

        Raises OSError, and FormatError for a folder, a pipe or a device.
        """
        self.path, self._tell = path, tell
        files.make_folder(path.parent)
        if path.exists():
            files.check_regular(path)
        self._handle = self._open()
        self._end_torn_line()
        self._is_dirty = False

    def write(self, now_ms: int, event: str, why: str, **numbers: Number) -> None:
        """Adds a line.  It outlives the process at once, and the machine after `sync`."""
        line = {"time": _time(now_ms), "ms": now_ms, "event": event, "why": why, **numbers}
        data = json.dumps(line, ensure_ascii=False).encode() + b"\n"
        if os.fstat(self._handle).st_size + len(data) > MAX_BYTES:
            self._begin_another()
        os.write(self._handle, data)
        self._is_dirty = True
        self._tell(Line(now_ms, event, why, numbers))

    def sync(self) -> None:
        """Makes all lines durable."""
        if self._is_dirty:
            os.fsync(self._handle)
            self._is_dirty = False

    def close(self) -> None:
        """Closes the file."""
        self.sync()
        os.close(self._handle)

    def _open(self) -> int:
        return os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, files.PRIVATE_FILE)

    def _end_torn_line(self) -> None:
        size = os.fstat(self._handle).st_size
        if size and os.pread(self._handle, 1, size - 1) != b"\n":
            os.write(self._handle, b"\n")

    def _begin_another(self) -> None:
        os.fsync(self._handle)
        os.close(self._handle)
        number = 1
        while (older := self.path.with_name(f"{self.path.name}.{number}")).exists():
            number += 1
        self.path.rename(older)
        self._handle = self._open()


def read(path: Path, since_ms: int = 0) -> Iterator[Line]:
    """The lines since a time, the oldest first, without those that a crash cut off.

    Raises FormatError when there is no such file.
    """
    files.check_regular(path)
    with path.open("rb") as file:
        for data in file:
            line = _parse(data)
            if line is not None and line.ms >= since_ms:
                yield line


def _parse(data: bytes) -> Line | None:
    try:
        found = strictjson.loads(data, "the line", MAX_LINE)
    except FormatError:
        return None
    if not isinstance(found, dict):
        return None
    ms, event, why = found.get("ms"), found.get("event"), found.get("why")
    if type(ms) is not int or not isinstance(event, str) or not isinstance(why, str):
        return None
    return Line(ms, event, why, {name: value for name, value in found.items() if name not in _HEAD})


def _time(ms: int) -> str:
    return clock.text(ms).replace(" UTC", f".{ms % 1000:03} UTC")
