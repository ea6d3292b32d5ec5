"""A file on disk, opened to be read part by part while nobody changes it."""

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zk.errors import FormatError

_STAYS = ("st_size", "st_mtime_ns", "st_ctime_ns")


@contextmanager
def opened(path: Path) -> Iterator[io.BufferedReader]:
    """A regular file, which stays what it is until the block ends.

    Raises FormatError when it is missing or unreadable, when it is a folder, a device or a pipe, which would be waited
    for without end, and after the block when it has changed meanwhile.
    """
    try:
        file = open(path, "rb", opener=lambda name, flags: os.open(name, flags | getattr(os, "O_NONBLOCK", 0)))
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
        if any(getattr(before, name) != getattr(after, name) for name in _STAYS):
            raise FormatError(f"{path} changed while it was read")
