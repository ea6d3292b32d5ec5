"""The checkpoints of a ledger: a file beside its database with one line for each event, in the order of heights.

    00000000000000000012 7f…e1 settled                 height, digest of the event, and whether it was acknowledged

SQLite drops a damaged or cut write-ahead log from the first bad frame on without a word, and a database that was
replaced by an older copy is as sound as before.  A settled line says that somebody was told of the event, so a database
without that event is refused.  A digest covers all events before it, so the newest settled line speaks for all.

A line is written and synced as `pending` under the database's write lock, before the commit, while a full disk can
still be reported.  After the commit it is changed in place, which needs no space.  A pending line promises nothing: it
is of a process that ended before its commit, or before it could change the line.
"""

import errno
import os
import re
import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from settlement.events import Event
from zk.errors import FormatError

SUFFIX = "-checkpoints"
PENDING, SETTLED = b"pending", b"settled"

_LINE = re.compile(rb"(\d{20}) ([0-9a-f]{64}) (pending|settled)\n")
# One word half written over the other.
_HALF_MARKED = re.compile(rb"\d{20} [0-9a-f]{64} [ps]e[nt][dt][il][ne][gd]\n")
# What a system does not have, it does not need: Windows has no links that anybody may make, and no pipes with names.
_NO_LINK_NO_WAITING = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
LINE_BYTES = 20 + 1 + 64 + 1 + len(SETTLED) + 1


class EventsLost(FormatError):
    """The ledger lacks the event that was settled at `height`: its file was damaged or replaced by another one."""

    def __init__(self, message: str, height: int):
        super().__init__(message)
        self.height = height


@dataclass(frozen=True)
class Checkpoint:
    """An event that was acknowledged."""

    height: int
    digest: bytes


class Checkpoints:
    """The checkpoint file of the database at a path.  It need not exist; the next `reserve` makes it whole again."""

    def __init__(self, database: Path):
        self.path = database.with_name(database.name + SUFFIX)

    def exists(self) -> bool:
        """Whether there is a checkpoint file."""
        return self.path.exists()

    def newest(self) -> Checkpoint | None:
        """The newest settled event, or None.  Raises FormatError when the file is damaged or cannot be read."""
        try:
            with self._opened("rb") as file:
                return self._newest(file)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise FormatError(f"{self.path} cannot be read: {error.strerror}") from None

    def settled(self) -> list[Checkpoint]:
        """Every settled event, by height.  Raises FormatError when the file is damaged or cannot be read."""
        try:
            with self._opened("rb") as file:
                lines = (self._line(file, height) for height in range(_count(file)))
                return [Checkpoint(height, digest) for height, digest, state in filter(None, lines) if state == SETTLED]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise FormatError(f"{self.path} cannot be read: {error.strerror}") from None

    def check(self, newest: Checkpoint | None, event_at: Callable[[int], Event | None]) -> None:
        """Raises EventsLost when the database lacks the newest settled event, or has another one at its height."""
        if newest is None:
            return
        event = event_at(newest.height)
        if event is None or event.digest != newest.digest:
            problem = "is missing from" if event is None else "is not the one in"
            raise EventsLost(
                f"the settled event at height {newest.height} with digest {newest.digest.hex()} {problem} the ledger:"
                f" its file or its write-ahead log was damaged, or replaced by another copy. Restore the newest copy"
                f" (the settled events are listed in {self.path})",
                newest.height,
            )

    def reserve(self, block: Sequence[Event], events_from: Callable[[int], Iterable[Event]]) -> None:
        """Writes a pending line for each event that is about to be committed, and syncs them.

        Call it under the write lock.  `events_from` returns the committed events from a height on: lines that a missing
        file or an interrupted process left out are written too.  Raises EventsLost as `check` does, and OSError.
        """
        with self._opened_for_writing() as file:
            newest = self._newest(file)
            first = 0 if newest is None else newest.height
            committed = [earlier for earlier in events_from(first) if earlier.height < block[0].height]
            self.check(newest, {earlier.height: earlier for earlier in committed}.get)
            lines = [_encode(earlier, SETTLED) for earlier in committed[newest is not None :]]
            file.seek((block[0].height - len(lines)) * LINE_BYTES)
            file.write(b"".join([*lines, *(_encode(event, PENDING) for event in block)]))
            file.truncate()
            _sync(file.fileno())

    def acknowledge(self, block: Sequence[Event]) -> None:
        """Changes the events' lines to settled, after the commit, and syncs them.  Raises OSError."""
        with self.path.open("r+b", buffering=0) as file:
            for event in block:
                file.seek((event.height + 1) * LINE_BYTES - len(SETTLED) - 1)
                file.write(SETTLED)
            _sync(file.fileno())

    def set_aside(self, height: int) -> Path:
        """Gives the file another name, which says the height of the event that was lost, and returns it."""
        kept, number = self.path.with_name(f"{self.path.name}.lost-{height}"), 1
        while kept.exists():
            number += 1
            kept = kept.with_name(f"{self.path.name}.lost-{height}-{number}")
        return self.path.rename(kept)

    def _opened_for_writing(self) -> BinaryIO:
        if not os.path.lexists(self.path):
            os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o644))
            _sync_folder(self.path.parent)
        return self._opened("r+b")

    def _opened(self, mode: Literal["rb", "r+b"]) -> BinaryIO:
        """The open file.  Raises OSError for a link, which would have another file written to, a pipe or a device."""
        flags = os.O_RDWR if "+" in mode else os.O_RDONLY
        descriptor = os.open(self.path, flags | getattr(os, "O_BINARY", 0) | _NO_LINK_NO_WAITING)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return open(descriptor, mode)
        os.close(descriptor)
        raise OSError(errno.EINVAL, "Not a regular file", str(self.path))

    def _newest(self, file: BinaryIO) -> Checkpoint | None:
        for height in reversed(range(_count(file))):
            line = self._line(file, height)
            if line is not None and line[2] == SETTLED:
                return Checkpoint(height, line[1])
        return None

    def _line(self, file: BinaryIO, height: int) -> tuple[int, bytes, bytes] | None:
        """Height, digest and state in the line of a height.  None for a line whose writing was interrupted."""
        file.seek(height * LINE_BYTES)
        data = file.read(LINE_BYTES)
        match = _LINE.fullmatch(data)
        if match is not None and int(match[1]) == height:
            return height, bytes.fromhex(match[2].decode()), match[3]
        if _HALF_MARKED.fullmatch(data) and int(data[:20]) == height:
            return None  # not only the last line: those of a block are marked together
        if not file.read(1) and _is_interrupted(data):
            return None
        raise FormatError(
            f"line {height + 1} of {self.path} is damaged: move that file away and run `zksettle ledger audit --expect"
            " DIGEST` with the newest event that you know; the next event that settles writes the file again"
        )


def _encode(event: Event, state: bytes) -> bytes:
    return b"%020d %s %s\n" % (event.height, event.digest.hex().encode(), state)


def _is_interrupted(line: bytes) -> bool:
    """Whether a machine that stopped can have left this as the last line: a part, or bytes that were never written.

    A line that was settled had been synced whole before.
    """
    return len(line) < LINE_BYTES or (0 in line and not line.endswith(SETTLED + b"\n"))


def _count(file: BinaryIO) -> int:
    """The number of lines, a part of one among them."""
    return -(-file.seek(0, os.SEEK_END) // LINE_BYTES)


# Of a file's attributes the length alone matters, which this writes too.
_sync = getattr(os, "fdatasync", os.fsync)


def _sync_folder(folder: Path) -> None:
    """Makes a new file's name durable, where the system can sync a folder."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows opens no folders
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
