"""Opens a file that must not change while it is read part by part."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from zk.errors import FormatError

_UNCHANGED = ("st_size", "st_mtime_ns", "st_ctime_ns")


@contextmanager
def opened(path: Path) -> Iterator[BufferedReader]:
    """A regular file, open until the block ends.

    Raises FormatError when the file is missing or unreadable, is not a regular file (reading a pipe or a device could
    wait for ever), and at the end of the block when it has changed in the meantime.
    """
    try:
        file = open(path, "rb", opener=_open_without_waiting)
    except IsADirectoryError:
        raise FormatError(f"{path} is not a file") from None
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror}") from None
    with file:
        before = os.fstat(file.fileno())
        if not stat.S_ISREG(before.st_mode):
            raise FormatError(f"{path} is not a file")
        yield file
        after = os.fstat(file.fileno())
        if any(getattr(before, name) != getattr(after, name) for name in _UNCHANGED):
            raise FormatError(f"{path} changed while it was read")


def _open_without_waiting(path: str, flags: int) -> int:
    """A file descriptor.  Opening a pipe does not wait for its writer."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
